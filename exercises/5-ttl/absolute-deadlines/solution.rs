//! Absolute deadlines: four ways to say when become one moment.
//!
//! `EXPIRE key 30`, `PX 500` and `EXPIREAT key 1700000000` all end in a number of milliseconds since 1970, before anything
//! else happens: from there on memory and log know moments only (E5). The number comes from a client, so every step of the
//! sum can run over, and an overflow must be an error reply and never a deadline in the distant past, which would delete the
//! key.
//!
//! Write three methods of `TimeForm`: `to_unix_ms` does the sum, `unix_ms` is what EXPIRE and its like ask, `deadline_ms` what
//! the options of SET ask. What must hold:
//!
//! - E5, outcomes: what comes out is a moment, and does not depend on when somebody looks at it.
//! - No argument makes it panic, or wrap around.
//!
//! Given: the forms, the errors, and `parse_integer`, which reads a whole number of 64 bits, or gives `None`.
//!
//! Run `cargo learn absolute-deadlines`.

pub use heapwood_treap::strings::parse_integer;

/// Milliseconds in a second.
const MS_PER_S: i64 = 1000;

/// How a command or an option says when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeForm {
    /// In seconds, rather than milliseconds.
    pub seconds: bool,
    /// From now, rather than since 1970.
    pub relative: bool,
}

/// Why a time was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeError {
    /// Not a whole number of 64 bits.
    NotAnInteger,
    /// Cannot be counted in milliseconds since 1970 in 64 bits, or is not positive where it must be.
    Invalid {
        /// The command's name in lower case.
        command: &'static str,
    },
}

impl TimeForm {
    /// The time in Unix milliseconds, which may lie before 1970: for EXPIRE and its like, where zero and less are legal.
    ///
    /// # Errors
    /// [`TimeError`] when `argument` is no whole number or too large; `command` is named in it.
    pub fn unix_ms(self, argument: &[u8], now_ms: u64, command: &'static str) -> Result<i64, TimeError> {
        let number = parse_integer(argument).ok_or(TimeError::NotAnInteger)?;
        self.to_unix_ms(number, now_ms).ok_or(TimeError::Invalid { command })
    }

    /// The time as a deadline, where an argument of zero or less is refused, as by `SET … EX`. A moment that has passed is
    /// none of its business.
    ///
    /// # Errors
    /// [`TimeError`] when `argument` is no whole number, not positive or too large; `command` is named in it.
    pub fn deadline_ms(self, argument: &[u8], now_ms: u64, command: &'static str) -> Result<u64, TimeError> {
        let number = parse_integer(argument).ok_or(TimeError::NotAnInteger)?;
        let unix_ms = if number > 0 { self.to_unix_ms(number, now_ms) } else { None };
        unix_ms.and_then(|ms| u64::try_from(ms).ok()).ok_or(TimeError::Invalid { command })
    }

    /// The moment in Unix milliseconds that `number` stands for in this form; `None` when it does not fit into 64 bits with a
    /// sign.
    fn to_unix_ms(self, number: i64, now_ms: u64) -> Option<i64> {
        let ms = if self.seconds { number.checked_mul(MS_PER_S)? } else { number };
        let base_ms = if self.relative { i64::try_from(now_ms).ok()? } else { 0 };
        ms.checked_add(base_ms)
    }
}

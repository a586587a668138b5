//! Times as commands give them: seconds or milliseconds, from now or since 1970.

use std::fmt;

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

/// Why a time was refused; `Display` is the error reply.
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

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnInteger => f.write_str("ERR value is not an integer or out of range"),
            Self::Invalid { command } => {
                write!(f, "ERR invalid expire time in '{command}' command")
            }
        }
    }
}

impl std::error::Error for TimeError {}

impl TimeForm {
    /// EXPIRE, EX.
    const IN_SECONDS: Self = Self { seconds: true, relative: true };
    /// PEXPIRE, PX.
    const IN_MS: Self = Self { seconds: false, relative: true };
    /// EXPIREAT, EXAT.
    const AT_SECONDS: Self = Self { seconds: true, relative: false };
    /// PEXPIREAT, PXAT.
    const AT_MS: Self = Self { seconds: false, relative: false };

    /// The form that EXPIRE, PEXPIRE, EXPIREAT or PEXPIREAT takes, with the command's name in lower case.
    pub fn of_command(name: &[u8]) -> Option<(Self, &'static str)> {
        Some(match name.to_ascii_lowercase().as_slice() {
            b"expire" => (Self::IN_SECONDS, "expire"),
            b"pexpire" => (Self::IN_MS, "pexpire"),
            b"expireat" => (Self::AT_SECONDS, "expireat"),
            b"pexpireat" => (Self::AT_MS, "pexpireat"),
            _ => return None,
        })
    }

    /// The form of the option EX, PX, EXAT or PXAT.
    pub fn of_option(name: &[u8]) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_slice() {
            b"ex" => Self::IN_SECONDS,
            b"px" => Self::IN_MS,
            b"exat" => Self::AT_SECONDS,
            b"pxat" => Self::AT_MS,
            _ => return None,
        })
    }

    /// The time in Unix milliseconds, which may lie before 1970.
    ///
    /// # Errors
    /// [`TimeError`] when `argument` is no whole number or too large; `command` is named in it.
    pub fn unix_ms(self, argument: &[u8], now_ms: u64, command: &'static str) -> Result<i64, TimeError> {
        let number = parse_integer(argument).ok_or(TimeError::NotAnInteger)?;
        self.to_unix_ms(number, now_ms).ok_or(TimeError::Invalid { command })
    }

    /// The time as a deadline, where zero and less are refused, as by `SET … EX`.
    ///
    /// # Errors
    /// [`TimeError`] when `argument` is no whole number, not positive or too large; `command` is named in it.
    pub fn deadline_ms(self, argument: &[u8], now_ms: u64, command: &'static str) -> Result<u64, TimeError> {
        let number = parse_integer(argument).ok_or(TimeError::NotAnInteger)?;
        let unix_ms = if number > 0 { self.to_unix_ms(number, now_ms) } else { None };
        unix_ms.and_then(|ms| u64::try_from(ms).ok()).ok_or(TimeError::Invalid { command })
    }

    /// `None` when the sum does not fit.
    fn to_unix_ms(self, number: i64, now_ms: u64) -> Option<i64> {
        let ms = if self.seconds { number.checked_mul(MS_PER_S)? } else { number };
        let base_ms = if self.relative { i64::try_from(now_ms).ok()? } else { 0 };
        ms.checked_add(base_ms)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    #[test]
    fn every_command_says_when_in_its_own_form() {
        let ms = |name: &[u8], argument: &[u8]| {
            let (form, command) = TimeForm::of_command(name).unwrap();
            form.unix_ms(argument, NOW_MS, command)
        };
        assert_eq!(ms(b"EXPIRE", b"5"), Ok(1_700_000_005_000));
        assert_eq!(ms(b"pexpire", b"5"), Ok(1_700_000_000_005));
        assert_eq!(ms(b"ExpireAt", b"5"), Ok(5000));
        assert_eq!(ms(b"PEXPIREAT", b"-5"), Ok(-5));
        assert_eq!(TimeForm::of_command(b"TTL"), None);
    }

    #[test]
    fn a_time_beyond_64_bits_is_invalid_in_the_command_that_gave_it() {
        let (seconds, command) = TimeForm::of_command(b"EXPIRE").unwrap();
        let invalid = Err(TimeError::Invalid { command: "expire" });
        for argument in ["9223372036854775807", "-9223372036854775808", "9223372036854775"] {
            assert_eq!(seconds.unix_ms(argument.as_bytes(), NOW_MS, command), invalid, "{argument}");
        }
        let text = TimeError::Invalid { command }.to_string();
        assert_eq!(text, "ERR invalid expire time in 'expire' command");
    }

    #[test]
    fn an_option_of_set_wants_a_positive_time() {
        let form = TimeForm::of_option(b"eX").unwrap();
        assert_eq!(form.deadline_ms(b"2", 1000, "set"), Ok(3000));
        for argument in ["0", "-1", "9223372036854775807"] {
            let refused = form.deadline_ms(argument.as_bytes(), 1000, "set");
            assert_eq!(refused, Err(TimeError::Invalid { command: "set" }), "{argument}");
        }
        assert_eq!(form.deadline_ms(b"1.5", 1000, "set"), Err(TimeError::NotAnInteger));
        assert_eq!(TimeForm::of_option(b"KEEPTTL"), None);
    }
}

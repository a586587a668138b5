pub use heapwood_treap::strings::parse_integer;

const MS_PER_S: i64 = 1000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeForm {
    pub seconds: bool,
    pub relative: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeError {
    NotAnInteger,
    Invalid { command: &'static str },
}

impl TimeForm {
    pub fn unix_ms(self, argument: &[u8], now_ms: u64, command: &'static str) -> Result<i64, TimeError> {
        let number = parse_integer(argument).ok_or(TimeError::NotAnInteger)?;
        let unix_ms = if number > 0 { self.to_unix_ms(number, now_ms) } else { None };
        unix_ms.ok_or(TimeError::Invalid { command })
    }

    pub fn deadline_ms(self, argument: &[u8], now_ms: u64, command: &'static str) -> Result<u64, TimeError> {
        let number = parse_integer(argument).ok_or(TimeError::NotAnInteger)?;
        let unix_ms = if number > 0 { self.to_unix_ms(number, now_ms) } else { None };
        unix_ms.and_then(|ms| u64::try_from(ms).ok()).ok_or(TimeError::Invalid { command })
    }

    fn to_unix_ms(self, number: i64, now_ms: u64) -> Option<i64> {
        let ms = if self.seconds { number.checked_mul(MS_PER_S)? } else { number };
        let base_ms = if self.relative { i64::try_from(now_ms).ok()? } else { 0 };
        ms.checked_add(base_ms)
    }
}

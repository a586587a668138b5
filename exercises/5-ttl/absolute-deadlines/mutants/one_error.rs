#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeError {
    NotAnInteger,
    Invalid { command: &'static str },
}

impl TimeForm {
    pub fn unix_ms(self, argument: &[u8], now_ms: u64, command: &'static str) -> Result<i64, TimeError> {
        let number = parse_integer(argument).ok_or(TimeError::Invalid { command })?;
        self.to_unix_ms(number, now_ms).ok_or(TimeError::Invalid { command })
    }

    pub fn deadline_ms(self, argument: &[u8], now_ms: u64, command: &'static str) -> Result<u64, TimeError> {
        let number = parse_integer(argument).ok_or(TimeError::Invalid { command })?;
        let unix_ms = if number > 0 { self.to_unix_ms(number, now_ms) } else { None };
        unix_ms.and_then(|ms| u64::try_from(ms).ok()).ok_or(TimeError::Invalid { command })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeError {
    NotAnInteger,
    Invalid { command: &'static str },
}

impl TimeForm {
    fn to_unix_ms(self, number: i64, now_ms: u64) -> Option<i64> {
        let ms = if self.seconds { number.checked_mul(MS_PER_S)? } else { number };
        let base_ms = i64::try_from(now_ms).ok()?;
        ms.checked_add(base_ms)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeError {
    NotAnInteger,
    Invalid { command: &'static str },
}

impl TimeForm {
    fn to_unix_ms(self, number: i64, now_ms: u64) -> Option<i64> {
        let base_ms = if self.relative { i64::try_from(now_ms).ok()? } else { 0 };
        let sum = number.checked_add(base_ms)?;
        if self.seconds { sum.checked_mul(MS_PER_S) } else { Some(sum) }
    }
}

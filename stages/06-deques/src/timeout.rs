//! The time-out of a blocking pop.

use std::fmt;

/// Milliseconds in a second.
const MS_PER_S: f64 = 1000.0;

/// Why a time-out was refused; `Display` is the error reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeoutError {
    /// Not a number.
    NotANumber,
    /// Below zero.
    Negative,
    /// Ends after the last millisecond that 63 bits can count.
    OutOfRange,
}

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "ERR timeout is not a float or out of range",
            Self::Negative => "ERR timeout is negative",
            Self::OutOfRange => "ERR timeout is out of range",
        })
    }
}

impl std::error::Error for TimeoutError {}

/// When a wait of `seconds` (a decimal number, fractions allowed, rounded up to a millisecond) that
/// begins now ends, on the clock that `now_ms` was read from; `None` for 0, which is for ever.
///
/// # Errors
/// [`TimeoutError`], with Redis's texts.
pub fn deadline_ms(seconds: &[u8], now_ms: u64) -> Result<Option<u64>, TimeoutError> {
    let text = std::str::from_utf8(seconds).map_err(|_| TimeoutError::NotANumber)?;
    let number: f64 = text.parse().map_err(|_| TimeoutError::NotANumber)?;
    if number.is_nan() {
        return Err(TimeoutError::NotANumber);
    }
    if number < 0.0 {
        return Err(TimeoutError::Negative);
    }
    let wait_ms = (number * MS_PER_S).ceil();
    if wait_ms == 0.0 {
        return Ok(None);
    }
    let room_ms = (i64::MAX as u64).saturating_sub(now_ms);
    if wait_ms >= room_ms as f64 {
        return Err(TimeoutError::OutOfRange);
    }
    Ok(Some(now_ms + wait_ms as u64))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn waits(text: &str) -> Result<Option<u64>, TimeoutError> {
        deadline_ms(text.as_bytes(), 1000)
    }

    #[test]
    fn fractions_are_rounded_up_to_a_millisecond() {
        assert_eq!(waits("2"), Ok(Some(3000)));
        assert_eq!(waits("0.25"), Ok(Some(1250)));
        assert_eq!(waits("0.0001"), Ok(Some(1001)));
        assert_eq!(waits("1e1"), Ok(Some(11_000)));
    }

    #[test]
    fn zero_is_for_ever() {
        assert_eq!(waits("0"), Ok(None));
        assert_eq!(waits("0.0"), Ok(None));
    }

    #[test]
    fn what_is_no_time_out_is_refused() {
        for text in ["", "abc", "1s", "nan", " 1", "١"] {
            assert_eq!(waits(text), Err(TimeoutError::NotANumber), "{text:?}");
        }
        for text in ["-1", "-0.5", "-1e-9", "-inf"] {
            assert_eq!(waits(text), Err(TimeoutError::Negative), "{text:?}");
        }
        for text in ["1e30", "9223372036854775807", "inf"] {
            assert_eq!(waits(text), Err(TimeoutError::OutOfRange), "{text:?}");
        }
    }
}

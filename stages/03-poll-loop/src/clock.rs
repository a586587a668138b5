//! The time. The loop reads it once a round and passes it on, so that everything in a round
//! happens at one moment and tests can choose that moment.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One moment, on both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970: what deadlines that survive a restart are written in.
    pub unix_ms: u64,
    /// Milliseconds of a clock that nobody sets: what time-outs are measured with.
    pub mono_ms: u64,
}

/// Where the loop gets the time from.
pub trait Clock {
    /// The time now. Neither part ever goes back.
    fn now(&mut self) -> Now;
}

/// The system's clocks. The wall clock never goes back: while it is behind the latest moment
/// already seen, that moment stands still, so nothing that expired comes back.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    last_unix_ms: u64,
}

impl SystemClock {
    /// A clock that has already seen `unix_ms`, for instance before a restart; or 0.
    pub fn with_floor(unix_ms: u64) -> Self {
        Self { started: Instant::now(), last_unix_ms: unix_ms }
    }
}

impl Clock for SystemClock {
    fn now(&mut self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.last_unix_ms = self.last_unix_ms.max(millis(wall));
        Now { unix_ms: self.last_unix_ms, mono_ms: millis(self.started.elapsed()) }
    }
}

/// A duration in whole milliseconds; longer than 500 million years is as long as that.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_never_goes_behind_its_floor() {
        let far_future_ms = 10_000_000_000_000;
        let mut clock = SystemClock::with_floor(far_future_ms);
        assert_eq!(clock.now().unix_ms, far_future_ms);
    }
}

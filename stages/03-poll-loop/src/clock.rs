//! The time. The loop reads it once a round and passes it on, so that everything in a round
//! happens at one moment and tests can choose that moment.

use std::sync::{Arc, Mutex, PoisonError};
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
    /// A clock that has seen nothing yet.
    pub fn new() -> Self {
        Self::with_floor(0)
    }

    /// A clock that has already seen `unix_ms`, for instance before a restart.
    pub fn with_floor(unix_ms: u64) -> Self {
        Self { started: Instant::now(), last_unix_ms: unix_ms }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&mut self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.last_unix_ms = self.last_unix_ms.max(millis(wall));
        Now { unix_ms: self.last_unix_ms, mono_ms: millis(self.started.elapsed()) }
    }
}

/// A clock that tests set. Clones share the time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<Mutex<Now>>,
}

impl ManualClock {
    /// A clock that stands at `unix_ms`; its monotonic part begins at 0.
    pub fn at(unix_ms: u64) -> Self {
        let now = Now { unix_ms, mono_ms: 0 };
        Self { now: Arc::new(Mutex::new(now)) }
    }

    /// Moves both parts forward. A loop that waits notices within a second, or when woken.
    pub fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.unix_ms += millis(by);
        now.mono_ms += millis(by);
    }

    /// Sets the wall clock alone, as an administrator might.
    pub fn set_unix_ms(&self, unix_ms: u64) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.unix_ms = unix_ms;
    }
}

impl Clock for ManualClock {
    fn now(&mut self) -> Now {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn clones_of_a_manual_clock_share_the_time() {
        let clock = ManualClock::at(1_000);
        let mut other = clock.clone();
        clock.advance(Duration::from_millis(5));
        let expected = Now { unix_ms: 1_005, mono_ms: 5 };
        assert_eq!(other.now(), expected);
        clock.set_unix_ms(9);
        assert_eq!(other.now().unix_ms, 9);
    }
}

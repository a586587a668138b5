//! A clock that was set back: it may not go back, and it should not stand still either.
//!
//! The server's clock gives the later of the wall clock and what it gave last. That keeps expired keys gone, and it has a
//! price: when somebody sets the wall clock back by an hour, time stands still for an hour, and a session of one minute lasts
//! 61. A *slewed* clock pays less. While the wall clock is behind, it goes on at half the pace of the monotonic clock, which
//! nobody can set, until the wall clock has caught up. Programs that keep a machine's time right do it in the same way.
//!
//! Write `new`, `read` and `wait_ms`. What must hold:
//!
//! - E2, on time: what has expired stays expired, so no reading is earlier than one before it, or than the floor.
//! - While the wall clock is not behind, a reading is the wall clock's.
//! - While it is behind, two milliseconds of the monotonic clock make one here, none of them lost, however often it is read.
//! - After `wait_ms` the deadline has come, and a millisecond earlier it had not: too short a wait, and the event loop turns
//!   in a busy circle; too long, and the key goes late.
//!
//! Given: the fields. You may add others, or use them in another way. Both clocks come in as arguments.
//!
//! Run `cargo learn slewed-clock`.

/// Unix time that never goes back.
#[derive(Clone, Debug)]
pub struct SlewedClock {
    /// What was read last from the wall clock, and from the monotonic one.
    wall_ms: u64,
    mono_ms: u64,
    /// The latest moment given.
    given_ms: u64,
    /// What is left over when two milliseconds make one: 0 or 1.
    odd_ms: u64,
}

impl SlewedClock {
    /// A clock that has given `floor_ms` before, as the latest moment in a log, and now begins with the clocks at `wall_ms`
    /// and `mono_ms`.
    pub fn new(floor_ms: u64, wall_ms: u64, mono_ms: u64) -> Self {
        Self { wall_ms, mono_ms, given_ms: floor_ms.max(wall_ms), odd_ms: 0 }
    }

    /// The time, at a moment at which the wall clock says `wall_ms` and the monotonic clock `mono_ms`, which is never earlier
    /// than at the reading before. It is the wall clock's, or where that is later, the reading before plus half of what has
    /// passed on the monotonic clock since then. A millisecond that is left over counts at the next reading, unless the wall
    /// clock has caught up by then.
    pub fn read(&mut self, wall_ms: u64, mono_ms: u64) -> u64 {
        let passed_ms = mono_ms.saturating_sub(self.mono_ms) + self.odd_ms;
        let slewed_ms = self.given_ms + passed_ms / 2;
        (self.wall_ms, self.mono_ms) = (wall_ms, mono_ms);
        (self.given_ms, self.odd_ms) =
            if wall_ms >= slewed_ms { (wall_ms, 0) } else { (slewed_ms, passed_ms % 2) };
        self.given_ms
    }

    /// How long to wait on the monotonic clock, from the last reading on, until a reading gives `deadline_ms` or more, when
    /// nobody touches the wall clock meanwhile: 0 where it has come. A `deadline_ms` is at most `i64::MAX`.
    pub fn wait_ms(&self, deadline_ms: u64) -> u64 {
        let slewing_ms = (2 * deadline_ms.saturating_sub(self.given_ms)).saturating_sub(self.odd_ms);
        slewing_ms.min(deadline_ms.saturating_sub(self.wall_ms))
    }
}

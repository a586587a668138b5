#[derive(Clone, Debug)]
pub struct SlewedClock {
    wall_ms: u64,
    mono_ms: u64,
    given_ms: u64,
    odd_ms: u64,
}

impl SlewedClock {
    pub fn new(floor_ms: u64, wall_ms: u64, mono_ms: u64) -> Self {
        Self { wall_ms, mono_ms, given_ms: wall_ms, odd_ms: 0 }
    }

    pub fn read(&mut self, wall_ms: u64, mono_ms: u64) -> u64 {
        let passed_ms = mono_ms.saturating_sub(self.mono_ms) + self.odd_ms;
        let slewed_ms = self.given_ms + passed_ms / 2;
        (self.wall_ms, self.mono_ms) = (wall_ms, mono_ms);
        (self.given_ms, self.odd_ms) =
            if wall_ms >= slewed_ms { (wall_ms, 0) } else { (slewed_ms, passed_ms % 2) };
        self.given_ms
    }

    pub fn wait_ms(&self, deadline_ms: u64) -> u64 {
        let slewing_ms = (2 * deadline_ms.saturating_sub(self.given_ms)).saturating_sub(self.odd_ms);
        slewing_ms.min(deadline_ms.saturating_sub(self.wall_ms))
    }
}

impl SlewedClock {
    pub fn read(&mut self, wall_ms: u64, mono_ms: u64) -> u64 {
        let passed_ms = mono_ms.saturating_sub(self.mono_ms) + self.odd_ms;
        let slewed_ms = self.given_ms + passed_ms / 2;
        (self.wall_ms, self.mono_ms) = (wall_ms, mono_ms);
        (self.given_ms, self.odd_ms) = if wall_ms >= slewed_ms { (wall_ms, 0) } else { (slewed_ms, 0) };
        self.given_ms
    }
}

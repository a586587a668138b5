impl SlewedClock {
    pub fn wait_ms(&self, deadline_ms: u64) -> u64 {
        let slewing_ms = (2 * deadline_ms.saturating_sub(self.given_ms)).saturating_sub(self.odd_ms);
        slewing_ms
    }
}

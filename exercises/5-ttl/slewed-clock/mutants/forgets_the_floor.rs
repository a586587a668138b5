impl SlewedClock {
    pub fn new(floor_ms: u64, wall_ms: u64, mono_ms: u64) -> Self {
        Self { wall_ms, mono_ms, given_ms: wall_ms, odd_ms: 0 }
    }
}

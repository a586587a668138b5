impl Connection {
    /// Whether it has been quiet for too long: neither sent nor taken anything. Once it is on its way
    /// out only what it takes counts, and the time begins anew with each phase.
    pub fn is_overdue(&self, now: Now, options: &LoopOptions) -> bool {
        let blocked = self.output.pending() > options.soft_output_bytes;
        let patience = match self.phase {
            Phase::Open if blocked && self.is_full(options) => Some(options.stall_timeout),
            Phase::Open => options.idle_timeout,
            Phase::Closing => Some(options.stall_timeout),
            Phase::Lingering | Phase::Ended => Some(LINGER),
        };
        let quiet_ms = now.mono_ms.saturating_sub(self.last_io_mono_ms);
        patience.is_some_and(|patience| quiet_ms > millis(patience))
    }
}

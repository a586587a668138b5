impl Connection {
    /// Whether its next request may be executed. One that does not take its replies gets no more
    /// of them (P4).
    pub fn may_execute(&self, options: &LoopOptions) -> bool {
        self.phase == Phase::Open && !self.rests && self.output.pending() <= options.soft_output_bytes
    }
}

impl Connection {
    /// Whether it takes no more input (P4): it holds one largest request, and some ahead of it. A
    /// client with small requests (before authentication) gets little.
    pub fn is_full(&self, options: &LoopOptions) -> bool {
        let twice = self.limits.max_body_bytes.saturating_mul(2);
        let limit = options.input_bytes.min(twice.saturating_add(options.read_bytes_per_round));
        self.input.len() >= limit
    }
}

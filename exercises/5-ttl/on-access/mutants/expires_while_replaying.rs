impl<R: Record + Expires> Keyspace<R> {
    pub fn is_due(&self, deadline_ms: u64, now_ms: u64) -> bool {
        deadline_ms <= now_ms
    }
}

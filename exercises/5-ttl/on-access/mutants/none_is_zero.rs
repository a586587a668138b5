impl<R: Record + Expires> Keyspace<R> {
    pub fn is_expired(&self, slot: Slot, now_ms: u64) -> bool {
        self.is_due(self.keys.record(slot).deadline_ms().unwrap_or_default(), now_ms)
    }
}

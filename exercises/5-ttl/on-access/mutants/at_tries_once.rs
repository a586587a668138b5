impl<R: Record + Expires> Keyspace<R> {
    pub fn at(&mut self, index: u64, now_ms: u64) -> Option<Slot> {
        let slot = self.keys.at(index)?;
        if !self.is_expired(slot, now_ms) {
            return Some(slot);
        }
        let key = self.keys.record(slot).key().to_vec();
        self.remove_expired(&key);
        self.keys.at(index)
    }
}

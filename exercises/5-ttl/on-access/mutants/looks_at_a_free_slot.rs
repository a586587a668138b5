impl<R: Record + Expires> Keyspace<R> {
    pub fn find(&mut self, key: &[u8], hint: Option<Slot>, now_ms: u64) -> Option<Slot> {
        let slot =
            hint.filter(|&slot| self.keys.record(slot).key() == key).or_else(|| self.keys.find(key))?;
        if self.is_expired(slot, now_ms) {
            self.remove_expired(key);
            return None;
        }
        Some(slot)
    }
}

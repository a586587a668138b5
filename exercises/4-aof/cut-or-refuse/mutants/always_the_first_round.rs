impl Scan {
    pub fn was_on_disk(&self, offset: u64) -> bool {
        offset < self.synced || offset == 0
    }
}

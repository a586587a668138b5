impl Scan {
    /// Whether what stood at `offset` had been on disk, so that no crash can have damaged it. The first round was before its file
    /// had a name.
    pub fn was_on_disk(&self, offset: u64) -> bool {
        offset <= self.synced || (offset == 0 && self.rounds > 0)
    }
}

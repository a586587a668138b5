impl Scan {
    /// Counts a valid round, whose line this is.
    pub fn add(&mut self, line: RoundLine) {
        self.rounds += 1;
        self.rounds_before_damage += u64::from(self.damage.is_empty());
        self.first.get_or_insert(line);
        self.last = Some(line);
        if self.damage.is_empty() {
            self.synced = self.synced.max(line.synced);
        }
        self.now_unix_ms = self.now_unix_ms.max(line.now_unix_ms);
    }
}

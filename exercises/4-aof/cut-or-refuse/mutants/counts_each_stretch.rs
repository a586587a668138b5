impl Scan {
    /// Counts bytes that are no valid round; with `has_line`, a line at their beginning can still be read. What touches earlier
    /// damage is one with it, and adds a round only if it has a line. What does not is damage of its own, of one round.
    pub fn add_damage(&mut self, bytes: Range<u64>, has_line: bool) {
        let rounds = u64::from(has_line || self.damage.is_empty());
        self.damage.push(Damage { start: bytes.start, end: bytes.end, rounds });
    }
}

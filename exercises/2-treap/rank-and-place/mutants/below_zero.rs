impl<R: Record> Treap<R> {
    pub fn count(&self, start: Bound<&[u8]>, end: Bound<&[u8]>) -> u64 {
        let before_start = match start {
            Bound::Unbounded => 0,
            Bound::Included(key) => self.weight_below(key, false),
            Bound::Excluded(key) => self.weight_below(key, true),
        };
        let up_to_end = match end {
            Bound::Unbounded => self.total_weight(),
            Bound::Included(key) => self.weight_below(key, true),
            Bound::Excluded(key) => self.weight_below(key, false),
        };
        up_to_end - before_start
    }
}

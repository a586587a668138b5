impl<R: Record> Treap<R> {
    pub fn weigh(&self, key: &[u8]) -> (u64, Option<u32>) {
        let mut probe = Probe::new(key);
        let (mut at, mut before) = (self.root, 0);
        while let Some(node) = self.arena.get(at) {
            let [left, right] = node.children;
            match probe.compare(node) {
                Ordering::Less => at = left,
                Ordering::Greater => {
                    before += u64::from(node.weight - self.arena.weight(right));
                    at = right;
                }
                Ordering::Equal => {
                    return (before, Some(self.counted(at)));
                }
            }
        }
        (before, None)
    }
}

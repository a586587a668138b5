impl<R: Record> Treap<R> {
    pub fn weigh(&self, key: &[u8]) -> (u64, Option<u32>) {
        let mut probe = Probe::new(key);
        let (mut at, mut before) = (self.root, 0);
        while let Some(node) = self.arena.get(at) {
            let [left, right] = node.children;
            match probe.compare(node) {
                Ordering::Less => at = left,
                Ordering::Greater => {
                    before += u64::from(self.arena.weight(left)) + 1;
                    at = right;
                }
                Ordering::Equal => {
                    return (before + u64::from(self.arena.weight(left)), Some(self.counted(at)));
                }
            }
        }
        (before, None)
    }

    pub fn at(&self, mut index: u64) -> Option<Slot> {
        let mut at = self.root;
        while let Some(node) = self.arena.get(at) {
            let [left, right] = node.children;
            let before = u64::from(self.arena.weight(left));
            let through = before + 1;
            if index < before {
                at = left;
            } else if index < through {
                break;
            } else {
                index -= through;
                at = right;
            }
        }
        Slot::of(at)
    }
}

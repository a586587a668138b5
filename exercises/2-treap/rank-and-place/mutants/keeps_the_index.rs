impl<R: Record> Treap<R> {
    pub fn at(&self, mut index: u64) -> Option<Slot> {
        let mut at = self.root;
        while let Some(node) = self.arena.get(at) {
            let [left, right] = node.children;
            let before = u64::from(self.arena.weight(left));
            let through = u64::from(node.weight - self.arena.weight(right));
            if index < before {
                at = left;
            } else if index < through {
                break;
            } else {
                at = right;
            }
        }
        Slot::of(at)
    }
}

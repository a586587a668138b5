impl Treap {
    pub fn rise(&mut self, node: u32) {
        while let Some(parent) = self.path.pop() {
            if self.arena[parent.node].priority >= self.arena[node].priority {
                break;
            }
            let side = usize::from(self.arena[parent.node].children[1] == node);
            self.rotate(parent, side);
            if self.path.is_empty() {
                self.root = node;
            }
        }
    }
}

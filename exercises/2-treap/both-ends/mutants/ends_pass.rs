impl<R: Record> Range<'_, R> {
    pub fn advance(&mut self, end: usize) -> Option<Slot> {
        let node = self.waiting[end].pop()?;
        if self.waiting[1 - end].last() == Some(&node) {
            self.waiting[1 - end].pop();
        }
        let mut at = self.arena[node].children[1 - end];
        while let Some(node) = self.arena.get(at) {
            self.waiting[end].push(at);
            at = node.children[end];
        }
        Some(Slot(node))
    }
}

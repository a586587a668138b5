impl<R: Record> Range<'_, R> {
    pub fn advance(&mut self, end: usize) -> Option<Slot> {
        let node = self.waiting[end].pop()?;
        if self.waiting[1 - end].last() == Some(&node) {
            self.waiting = Default::default();
            return Some(Slot(node));
        }
        let mut at = self.arena[node].children[1 - end];
        if at != NIL {
            self.waiting[end].push(at);
        }
        Some(Slot(node))
    }
}

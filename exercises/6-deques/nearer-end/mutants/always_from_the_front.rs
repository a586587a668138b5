impl Deque {
    fn seek(&self, index: usize) -> (usize, usize) {
        if index < self.len {
            let (mut block, mut before) = (0, 0);
            while before + self.blocks[block].count() <= index {
                before += self.blocks[block].count();
                block += 1;
            }
            return (block, before);
        }
        let (mut block, mut before) = (self.blocks.len(), self.len);
        while before > index {
            block -= 1;
            before -= self.blocks[block].count();
        }
        (block, before)
    }
}

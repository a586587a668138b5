impl Deque {
    pub fn range(&self, start: usize, count: usize) -> Elements<'_> {
        let left = count.min(self.len.saturating_sub(start));
        let (block, before) = self.seek(start);
        let run = self.blocks.get(block).map_or(&[][..], |block| block.run_from(start - before));
        Elements { blocks: self.blocks.range(block + 1..), run, left }
    }
}

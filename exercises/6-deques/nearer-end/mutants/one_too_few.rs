impl Block {
    pub fn run_from(&self, index: usize) -> &[u8] {
        let without = |run, end| split(run, end).map_or(run, |(_, rest)| rest);
        if index <= self.count() / 2 {
            return (0..index).fold(self.run(), |run, _| without(run, End::Front));
        }
        let before = (index + 1..self.count()).fold(self.run(), |run, _| without(run, End::Back));
        &self.run()[before.len()..]
    }
}

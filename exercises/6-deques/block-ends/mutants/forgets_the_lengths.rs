impl Block {
    pub fn discard(&mut self, end: End) -> Option<usize> {
        let (element, _) = split(self.run(), end)?;
        let (len, taken) = (element.len(), element.len() as u32);
        match end {
            End::Front => self.start += taken,
            End::Back => self.end -= taken,
        }
        self.count -= 1;
        Some(len)
    }
}

impl<'a> Iterator for Elements<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        self.left = self.left.checked_sub(1)?;
        if self.run.is_empty() {
            return None;
        }
        let (element, rest) = split(self.run, End::Front)?;
        self.run = rest;
        Some(element)
    }
}

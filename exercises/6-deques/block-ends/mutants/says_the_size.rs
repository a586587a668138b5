impl Block {
    pub fn push(&mut self, end: End, element: &[u8]) -> Option<usize> {
        let (need, before) = (encoded_len(element.len()), self.capacity());
        if !self.make_room(end, need) {
            return None;
        }
        if end == End::Front {
            self.start -= need as u32;
            write_element(&mut self.bytes[self.start as usize..][..need], element);
        } else {
            write_element(&mut self.bytes[self.end as usize..][..need], element);
            self.end += need as u32;
        }
        self.count += 1;
        let _ = before;
        Some(self.capacity())
    }
}

impl<'a> FrameReplies<'a> {
    /// Whether `bytes` more fit. When they do not, what was written of the reply is dropped, and so is
    /// all that follows: from then on the answer is no.
    fn room(&mut self, bytes: usize) -> bool {
        if bytes <= self.limit - self.out.len() {
            return true;
        }
        self.too_big = true;
        self.out.truncate(self.start + LENGTH_BYTES);
        false
    }
}

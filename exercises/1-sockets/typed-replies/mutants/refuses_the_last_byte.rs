impl<'a> FrameReplies<'a> {
    /// Whether `bytes` more fit. When they do not, what was written of the reply is dropped, and so is
    /// all that follows: from then on the answer is no.
    fn room(&mut self, bytes: usize) -> bool {
        if bytes < self.limit - self.out.len() && !self.too_big {
            return true;
        }
        self.too_big = true;
        self.out.truncate(self.start + LENGTH_BYTES);
        false
    }
}

impl Replies for FrameReplies<'_> {
    /// Whether `values` more values with `bytes` bytes in all can still be part of this reply. Each value is taken to have
    /// a header of `VALUE_HEADER_BYTES`; a reply that did not fit has no room for any.
    fn fits(&self, bytes: usize, values: usize) -> bool {
        let wanted = values.saturating_mul(VALUE_HEADER_BYTES).saturating_add(bytes);
        !self.too_big && wanted < self.limit - self.out.len()
    }
}

impl<'a> FrameReplies<'a> {
    /// A value of `tag` that is a length, as four bytes, and as many bytes of content.
    fn text(&mut self, tag: u8, content: &[u8]) {
        self.value(tag, ((content.len() + VALUE_HEADER_BYTES) as u32).to_be_bytes(), content, 0);
    }
}

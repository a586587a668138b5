impl<'a> FrameReplies<'a> {
    /// A value of `tag`, `head` and `content`, before which there is to be room also for the
    /// `following` values that it announces: each of those has at least its tag. Where there is no room, nothing.
    fn value<const N: usize>(&mut self, tag: u8, head: [u8; N], content: &[u8], _following: usize) {
        // Each announced value has at least its tag, so that a count that fits also fits into 32 bits.
        if self.room(1 + N + content.len()) {
            let mut tagged = [tag; MAX_HEAD_BYTES];
            tagged[1..=N].copy_from_slice(&head);
            self.out.reserve(1 + N + content.len());
            self.out.extend_from_slice(&tagged[..=N]);
            self.out.extend_from_slice(content);
        }
    }
}

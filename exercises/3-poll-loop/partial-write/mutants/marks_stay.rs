impl Output {
    /// `count` bytes have been sent: at most as many as are sendable. Bytes that `give_back` removes from the front are gone
    /// from `bytes`, and every place in `bytes` that is kept elsewhere is then that much nearer to the front.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
        debug_assert!(
            self.marks.front().is_none_or(|mark| self.sent <= mark.1),
            "P3: a reply left before its commit"
        );
        let removed = give_back(&mut self.bytes, self.sent);
        self.sent -= removed;
    }
}

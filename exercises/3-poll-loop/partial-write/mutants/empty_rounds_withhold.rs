impl Output {
    /// The current round is over: lets every reply leave up to the `durable` round. If the current round is not durable and
    /// has written nothing here, its mark goes as well.
    pub fn release(&mut self, durable: RoundId) {
        while self.marks.front().is_some_and(|mark| mark.0 <= durable) {
            self.marks.pop_front();
        }
    }
}

impl<R> Turns<R> {
    /// A client has left: its requests are forgotten.
    pub fn leave(&mut self, client: Client) {
        self.waiting.remove(&client);
    }
}

impl Store {
    /// Executes one request of a client: its name and arguments, one at least. It is answered by one reply.
    pub fn execute(&mut self, args: &[&[u8]], replies: &mut dyn Replies) {
        self.record(args);
        if let Err(error) = self.run(args, replies) {
            replies.error(&error);
        }
    }

    /// Adds values at the back, and records it.
    fn append(&mut self, found: Option<Slot>, key: &[u8], values: &[&[u8]]) -> Result<usize, String> {
        let each = values.iter().copied();
        let length = lists::push(&mut self.keys, found, key, End::Back, each).map_err(text)?;
        Ok(length)
    }

    /// Takes values from the front, answers, and records how many they were. Without a count it answers a single value.
    fn pop(&mut self, key: &[u8], count: Option<u64>, replies: &mut dyn Replies) {
        let found = self.find(key);
        lists::pop(&mut self.keys, found, End::Front, count, replies);
    }
}

impl Store {
    /// Takes values from the front, answers, and records how many they were. Without a count it answers a single value.
    fn pop(&mut self, key: &[u8], count: Option<u64>, replies: &mut dyn Replies) {
        let found = self.find(key);
        let taken = lists::pop(&mut self.keys, found, End::Back, count, replies);
        if taken > 0 {
            self.record(&[b"LPOP", key, taken.to_string().as_bytes()]);
        }
    }
}

impl Store {
    /// QPUSH.
    fn push(
        &mut self,
        key: &[u8],
        limit: usize,
        values: &[&[u8]],
        replies: &mut dyn Replies,
    ) -> Result<(), String> {
        let found = self.find(key);
        let length = lists::deque(&self.keys, found).map_err(text)?.len();
        if length >= limit {
            return Err(full(length, limit, values.len()));
        }
        let length = self.append(found, key, values)?;
        replies.integer(length as i64);
        Ok(())
    }
}

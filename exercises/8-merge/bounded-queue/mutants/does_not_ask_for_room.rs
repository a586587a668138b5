impl Store {
    /// QKEEP.
    fn keep(
        &mut self,
        key: &[u8],
        limit: usize,
        values: &[&[u8]],
        replies: &mut dyn Replies,
    ) -> Result<(), String> {
        let found = self.find(key);
        let queue = lists::deque(&self.keys, found).map_err(text)?;
        let surplus = (queue.len() + values.len()).saturating_sub(limit);
        // In this order: the queue is never empty in between, and keeps its deadline, here and at a replay.
        let length = self.append(found, key, values)?;
        replies.array(2);
        replies.integer((length - surplus) as i64);
        if surplus == 0 {
            replies.array(0);
        } else {
            self.pop(key, Some(surplus as u64), replies);
        }
        Ok(())
    }
}

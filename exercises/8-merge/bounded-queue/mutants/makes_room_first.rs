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
        let surplus = (queue.len() + values.len()).saturating_sub(limit).min(queue.len());
        let dropped = queue.iter().chain(values.iter().copied()).take(surplus);
        let dropped_bytes: usize = dropped.map(<[u8]>::len).sum();
        if !replies.fits(size_of::<i64>() + dropped_bytes, 3 + surplus) {
            return Err(lists::TOO_BIG.into());
        }
        let length = queue.len() + values.len();
        replies.array(2);
        replies.integer((length - surplus) as i64);
        if surplus == 0 {
            replies.array(0);
        } else {
            self.pop(key, Some(surplus as u64), replies);
        }
        let found = self.find(key);
        self.append(found, key, values)?;
        Ok(())
    }
}

impl Server {
    fn range(&self, start: &[u8], end: &[u8]) -> Reply {
        let from_start = self.store.keys().skip_while(|key| key.as_slice() < start);
        let keys = from_start.take_while(|key| end.is_empty() || key.as_slice() < end);
        Reply::Keys(keys.cloned().collect())
    }
}

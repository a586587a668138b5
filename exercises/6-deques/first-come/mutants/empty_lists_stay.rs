impl<C: Copy + Eq + Hash> Waiters<C> {
    fn serve_one(
        &mut self,
        keyspace: &mut Keyspace<Value>,
        key: &Arc<[u8]>,
        now_ms: u64,
        deliver: &mut impl FnMut(Served<'_, C>) -> Delivery,
    ) -> Option<()> {
        let client = *self.queues.get(key)?.values().next()?;
        let end = self.clients.get(&client)?.end;
        let slot = keyspace.find(key, None, now_ms)?;
        let element = lists::deque(keyspace, Some(slot)).ok()?.peek(end)?;
        let delivery = deliver(Served { client, key, element, end });
        self.remove(client);
        if delivery == Delivery::Taken {
            keyspace.tree_mut().update(slot, |record| record.boxed_mut().map(|deque| deque.discard(end)));
        }
        Some(())
    }
}

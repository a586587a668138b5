impl<C: Copy + Eq + Hash> Waiters<C> {
    pub fn remove(&mut self, client: C) -> bool {
        let Some(waiting) = self.clients.remove(&client) else {
            return false;
        };
        for key in waiting.keys.first() {
            if let Some(queue) = self.queues.get_mut(key) {
                queue.remove(&waiting.ticket);
                if queue.is_empty() {
                    self.queues.remove(key);
                }
            }
        }
        true
    }
}

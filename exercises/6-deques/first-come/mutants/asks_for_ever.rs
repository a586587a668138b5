use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use heapwood_deques::{Delivery, End, Served, Value, lists};
use heapwood_ttl::Keyspace;

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    end: End,
    keys: Vec<Arc<[u8]>>,
}

#[derive(Debug)]
pub struct Waiters<C> {
    clients: HashMap<C, Waiting>,
    queues: HashMap<Arc<[u8]>, BTreeMap<u64, C>>,
    next_ticket: u64,
    ready: VecDeque<Arc<[u8]>>,
}

impl<C> Default for Waiters<C> {
    fn default() -> Self {
        Self { clients: HashMap::new(), queues: HashMap::new(), next_ticket: 0, ready: VecDeque::new() }
    }
}

impl<C: Copy + Eq + Hash> Waiters<C> {
    pub fn queue(&self, key: &[u8]) -> Vec<C> {
        self.queues.get(key).into_iter().flat_map(|queue| queue.values().copied()).collect()
    }

    pub fn contains(&self, client: C) -> bool {
        self.clients.contains_key(&client)
    }

    pub fn queues(&self) -> usize {
        self.queues.len()
    }

    pub fn add<'a>(&mut self, client: C, end: End, keys: impl IntoIterator<Item = &'a [u8]>) {
        self.remove(client);
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let mut shared_keys = Vec::new();
        for key in keys {
            let known = self.queues.get_key_value(key).map(|(shared, _)| Arc::clone(shared));
            let shared = known.unwrap_or_else(|| Arc::from(key));
            self.queues.entry(Arc::clone(&shared)).or_default().insert(ticket, client);
            shared_keys.push(shared);
        }
        self.clients.insert(client, Waiting { ticket, end, keys: shared_keys });
    }

    pub fn remove(&mut self, client: C) -> bool {
        let Some(waiting) = self.clients.remove(&client) else {
            return false;
        };
        for key in &waiting.keys {
            if let Some(queue) = self.queues.get_mut(key) {
                queue.remove(&waiting.ticket);
                if queue.is_empty() {
                    self.queues.remove(key);
                }
            }
        }
        true
    }

    pub fn key_ready(&mut self, key: &[u8]) {
        if let Some((shared, _)) = self.queues.get_key_value(key)
            && self.ready.back() != Some(shared)
        {
            self.ready.push_back(Arc::clone(shared));
        }
    }

    pub fn serve(
        &mut self,
        keyspace: &mut Keyspace<Value>,
        now_ms: u64,
        mut deliver: impl FnMut(Served<'_, C>) -> Delivery,
    ) {
        while let Some(key) = self.ready.pop_front() {
            while self.serve_one(keyspace, &key, now_ms, &mut deliver).is_some() {}
        }
    }

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
        if delivery == Delivery::Taken {
            self.remove(client);
            keyspace.tree_mut().update(slot, |record| record.boxed_mut().map(|deque| deque.discard(end)));
            lists::remove_if_empty(keyspace, slot);
        }
        Some(())
    }
}

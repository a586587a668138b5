//! First come, first served: one element wakes one waiter, the one that has waited longest.
//!
//! BLPOP and BRPOP make a client wait, perhaps for several lists at once. `Waiters` is the server's note of who waits for
//! what. After each command the server calls `serve`, which offers what has come to those who wait; `deliver` writes a reply
//! and says whether the element was taken.
//!
//! Write `remove`, `serve` and `serve_one`. What must hold:
//!
//! - D3, one ticket: a client stands in the queue of each of its keys under one ticket, or in no queue. An empty queue goes.
//! - D4, first come: an element is offered to the waiter with the lowest ticket among those of its key, and to the next one
//!   only when it was refused. Whoever was offered one waits no more.
//! - D5, handover: an element leaves its list when its waiter has taken it, and not before; an empty list leaves the keyspace.
//!
//! Given: `add` and `key_ready`. From the stage: `keyspace.find(key, None, now_ms)` gives the slot of a living key,
//! `lists::deque(keyspace, Some(slot))` gives `Ok` of its list, which has `peek(end)`, or an error where the key holds a string;
//! `lists::remove_if_empty(keyspace, slot)` takes an empty list away. A record is changed in place with `keyspace.tree_mut().update(slot, |record| …)`, where
//! `record.boxed_mut()` is its list, if it is one, which has `discard(end)`.
//!
//! Run `cargo learn first-come`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use heapwood_deques::{Delivery, End, Served, Value, lists};
use heapwood_ttl::Keyspace;

/// What is known of a client that waits.
#[derive(Debug)]
struct Waiting {
    ticket: u64,
    end: End,
    keys: Vec<Arc<[u8]>>,
}

/// The clients that wait for elements, each for one or more keys.
#[derive(Debug)]
pub struct Waiters<C> {
    clients: HashMap<C, Waiting>,
    /// Who waits for a key, in the order of their tickets.
    queues: HashMap<Arc<[u8]>, BTreeMap<u64, C>>,
    next_ticket: u64,
    /// Keys at which a list may have come into being since the last `serve`.
    ready: VecDeque<Arc<[u8]>>,
}

impl<C> Default for Waiters<C> {
    fn default() -> Self {
        Self { clients: HashMap::new(), queues: HashMap::new(), next_ticket: 0, ready: VecDeque::new() }
    }
}

impl<C: Copy + Eq + Hash> Waiters<C> {
    /// Who waits for `key`, in the order in which they will be served. For the cases: the stage's gives an iterator.
    pub fn queue(&self, key: &[u8]) -> Vec<C> {
        self.queues.get(key).into_iter().flat_map(|queue| queue.values().copied()).collect()
    }

    /// Whether this client waits.
    pub fn contains(&self, client: C) -> bool {
        self.clients.contains_key(&client)
    }

    /// For how many keys there is a queue, be it an empty one. For the cases: the stage has no such method.
    pub fn queues(&self) -> usize {
        self.queues.len()
    }

    /// Puts a client at the end of the queue of each key, under one ticket (D3). A client that waits already is moved.
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

    /// Takes a client out of every queue (D3): it was served, its time is up, or it is gone. A queue that has become empty
    /// goes. False when it did not wait.
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

    /// Notes that a list may have come into being at `key`.
    pub fn key_ready(&mut self, key: &[u8]) {
        if let Some((shared, _)) = self.queues.get_key_value(key)
            && self.ready.back() != Some(shared)
        {
            self.ready.push_back(Arc::clone(shared));
        }
    }

    /// Serves the waiters of the keys noted since the last call, one key after the other, each until it has no waiter or no
    /// element any more.
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

    /// Offers the next element of `key` to its first waiter (D4), from the end that this one wants, and removes it once it is
    /// taken (D5). `None` when there is no waiter, no living list, or no element; a key may also hold a string.
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
            lists::remove_if_empty(keyspace, slot);
        }
        Some(())
    }
}

//! Who waits for an element of which list, and in which order they are served.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use heapwood_ttl::Keyspace;

use crate::{End, Value, lists};

/// What is known of a client that waits.
#[derive(Debug)]
struct Waiting {
    ticket: u64,
    end: End,
    keys: Vec<Arc<[u8]>>,
}

/// What a waiter got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served<'a, C> {
    /// The waiter; whatever becomes of the element, it waits no more afterwards.
    pub client: C,
    /// The list.
    pub key: &'a [u8],
    /// The element, still in the list until [`Delivery`] says that it was taken.
    pub element: &'a [u8],
    /// The end of the list it comes from: the log gets an LPOP or an RPOP.
    pub end: End,
}

/// What became of an element that was offered to a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is in the waiter's output; it leaves the list.
    Taken,
    /// The waiter got something else, such as an error, or is gone; the element is offered to the
    /// next one.
    Refused,
}

/// The clients that wait for elements, each for one or more keys.
///
/// A ticket is drawn on arrival, and a key's waiters stand in the order of their tickets.
///
/// - **D3, one ticket**: a client stands in the queue of each of its keys under one ticket, or in
///   no queue.
/// - **D4, first come**: an element is offered to the waiter with the lowest ticket among those of
///   its key, and to the next one only when it was refused.
/// - **D5, handover**: an element leaves its list when its waiter has taken it, and not before.
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
    /// Nobody waits.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many clients wait.
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Whether this client waits.
    pub fn contains(&self, client: C) -> bool {
        self.clients.contains_key(&client)
    }

    /// Puts a client at the end of the queue of each key, under one ticket (D3). A client that
    /// waits already is moved. O(log waiters) a key.
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

    /// Takes a client out of every queue (D3): it was served, its time is up, or it is gone. False
    /// when it did not wait. O(log waiters) a key.
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

    /// Who waits for `key`, in the order in which they will be served, for pictures and for the
    /// curious.
    pub fn queue(&self, key: &[u8]) -> impl Iterator<Item = C> {
        self.queues.get(key).into_iter().flat_map(|queue| queue.values().copied())
    }

    /// Notes that a list may have come into being at `key`: after a push, a rename, whatever makes
    /// lists. O(1), and nothing at all when nobody waits for that key.
    pub fn key_ready(&mut self, key: &[u8]) {
        if let Some((shared, _)) = self.queues.get_key_value(key)
            && self.ready.back() != Some(shared)
        {
            self.ready.push_back(Arc::clone(shared));
        }
    }

    /// Serves the waiters of the keys noted since the last call: to be called after each command.
    /// `deliver` gets each element before it leaves its list. O(log n) a key, and O(log waiters) a
    /// key of each waiter served.
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

    /// Offers the next element of `key` to its first waiter (D4), and removes it once it is taken
    /// (D5). `None` when there is no waiter or no element.
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

#[cfg(test)]
mod tests;

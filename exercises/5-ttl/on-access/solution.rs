//! Expiry on access: a key whose deadline has come is gone for every lookup.
//!
//! `Keyspace` is chapter 5's: one treap with the records, sorted by key, and one with their deadlines, sorted by time.
//! Every command of the server finds its key through one of the lookups below, so a key cannot outlive its deadline in
//! any reply, also while nobody has cleared it away yet.
//!
//! Write the six methods at the end: whether a deadline has come (`is_due`, `is_expired`), the three lookups `find`, `peek`
//! and `at`, and `remove_expired`, by which two of them remove. What must hold:
//!
//! - E1, in step: a record has a deadline exactly when the second treap has an entry of that deadline and key.
//! - E2, on time: no lookup returns a key whose deadline has come; from that millisecond on it is gone.
//! - E3, handed on: every key that expired is handed on once, by `drain_expired`, in the order in which they went.
//! - E4, replay: while a log is replayed (`replaying`) nothing expires.
//!
//! Given: the two treaps, `put`, `remove`, `set_deadline` and `drain_expired`. A treap finds a key with `find(key)`, the
//! key at a position with `at(index)`, and gives the record at a slot with `record(slot)`, which panics where the slot is
//! free; `holds(slot, key)` says of any slot whether that key is there.
//!
//! Run `cargo learn on-access`.

use heapwood_treap::{Full, Record, Slot, Treap};
use heapwood_ttl::Expires;

/// An entry of the deadline treap: eight bytes of deadline, big-endian, then the key.
#[derive(Debug)]
pub struct Due(Box<[u8]>);

impl Due {
    pub(crate) fn new(deadline_ms: u64, key: &[u8]) -> Self {
        Self([&deadline_ms.to_be_bytes(), key].concat().into())
    }
}

impl Record for Due {
    fn key(&self) -> &[u8] {
        &self.0
    }
}

/// Keys that can expire, and their deadlines.
#[derive(Default)]
pub struct Keyspace<R: Record + Expires> {
    keys: Treap<R>,
    deadlines: Treap<Due>,
    /// Gone, and not yet handed on.
    expired: Vec<R>,
    replaying: bool,
}

impl<R: Record + Expires> Keyspace<R> {
    /// No keys; priorities from `seed`.
    pub fn with_seed(seed: u64) -> Self {
        Self {
            keys: Treap::with_seed(seed),
            deadlines: Treap::with_seed(!seed),
            expired: Vec::new(),
            replaying: false,
        }
    }

    /// The records in key order, expired ones that are not yet removed among them.
    pub fn tree(&self) -> &Treap<R> {
        &self.keys
    }

    /// How many keys are stored, expired ones that are not yet removed included.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is stored.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many keys have a deadline.
    pub fn deadline_count(&self) -> usize {
        self.deadlines.len()
    }

    /// Stores a record with its deadline, if it has one; a record that it replaces is returned.
    ///
    /// # Errors
    /// [`Full`] when there is no room for another record.
    pub fn put(&mut self, record: R) -> Result<(Slot, Option<R>), Full> {
        let deadline_ms = record.deadline_ms();
        let (slot, old) = self.keys.insert(record)?;
        let key = self.keys.record(slot).key();
        Self::strike_deadline(&mut self.deadlines, old.as_ref().and_then(Expires::deadline_ms), key);
        Self::enter_deadline(&mut self.deadlines, deadline_ms, key);
        Ok((slot, old))
    }

    /// Takes a record out, with its deadline still in it, and its deadline's entry too (E1).
    pub fn remove(&mut self, key: &[u8]) -> Option<R> {
        let record = self.keys.remove(key)?;
        Self::strike_deadline(&mut self.deadlines, record.deadline_ms(), key);
        Some(record)
    }

    /// Gives the record at `slot` a deadline, another one, or none, in both treaps (E1).
    pub fn set_deadline(&mut self, slot: Slot, deadline_ms: Option<u64>) {
        let record = self.keys.record(slot);
        let (key, before_ms) = (record.key(), record.deadline_ms());
        Self::strike_deadline(&mut self.deadlines, before_ms, key);
        Self::enter_deadline(&mut self.deadlines, deadline_ms, key);
        self.keys.update(slot, |record| record.set_deadline_ms(deadline_ms));
    }

    fn enter_deadline(deadlines: &mut Treap<Due>, deadline_ms: Option<u64>, key: &[u8]) {
        if let Some(deadline_ms) = deadline_ms {
            deadlines.insert(Due::new(deadline_ms, key)).expect("there are never more deadlines than keys");
        }
    }

    fn strike_deadline(deadlines: &mut Treap<Due>, deadline_ms: Option<u64>, key: &[u8]) {
        if let Some(deadline_ms) = deadline_ms {
            deadlines.remove(Due::new(deadline_ms, key).key());
        }
    }

    /// While `true`, nothing expires (E4).
    pub fn set_replaying(&mut self, replaying: bool) {
        self.replaying = replaying;
    }

    /// Hands over the records that have expired since the last call, in the order in which they went (E3).
    pub fn drain_expired(&mut self, take: impl FnMut(R)) {
        self.expired.drain(..).for_each(take);
    }

    /// Whether a deadline has come: a deadline that is `now_ms` has. Never while a log is replayed (E4).
    pub fn is_due(&self, deadline_ms: u64, now_ms: u64) -> bool {
        !self.replaying && deadline_ms <= now_ms
    }

    /// Whether the record at `slot` has expired and only waits to be removed. A record without a deadline never has.
    pub fn is_expired(&self, slot: Slot, now_ms: u64) -> bool {
        self.keys.record(slot).deadline_ms().is_some_and(|deadline_ms| self.is_due(deadline_ms, now_ms))
    }

    /// Finds a key. One whose deadline has come is removed and noted, and not found (E2). `hint` is a slot at which the key
    /// was met earlier: the key may have been removed since, and the slot may be free or another key's. Then it counts nothing.
    pub fn find(&mut self, key: &[u8], hint: Option<Slot>, now_ms: u64) -> Option<Slot> {
        let slot = hint.filter(|&slot| self.keys.holds(slot, key)).or_else(|| self.keys.find(key))?;
        if self.is_expired(slot, now_ms) {
            self.remove_expired(key);
            return None;
        }
        Some(slot)
    }

    /// Finds a key and changes nothing: an expired one is passed over (E2) and stays.
    pub fn peek(&self, key: &[u8], now_ms: u64) -> Option<Slot> {
        self.keys.find(key).filter(|&slot| !self.is_expired(slot, now_ms))
    }

    /// The key at this position in key order, 0 the first. Expired keys that are met there are removed and noted, and the
    /// next ones take their place, so that no reply names one (E2).
    pub fn at(&mut self, index: u64, now_ms: u64) -> Option<Slot> {
        loop {
            let slot = self.keys.at(index)?;
            if !self.is_expired(slot, now_ms) {
                return Some(slot);
            }
            let key = self.keys.record(slot).key().to_vec();
            self.remove_expired(&key);
        }
    }

    /// Removes the key from both treaps (E1) and notes its record, to be handed on (E3). Nothing where there is no such key.
    pub fn remove_expired(&mut self, key: &[u8]) {
        let record = self.remove(key);
        self.expired.extend(record);
    }
}

//! The keys and their deadlines: two treaps kept in step.

use std::ops::Bound;

use heapwood_treap::{Clearing, Full, Record, Slot, Treap};

use crate::expires::{Due, Expires};

/// How many due keys a round removes at most beside its requests: under a millisecond's work with a million keys.
pub const EXPIRED_PER_ROUND: usize = 256;

/// Keys that can expire.
///
/// The records are in one treap, sorted by key. Those that have a deadline are in a second one too, sorted by deadline,
/// so that the next key to go is its first entry. Between calls these hold:
///
/// - **E1, in step**: a record has a deadline exactly when the second treap has an entry of that deadline and key.
/// - **E2, on time**: no lookup returns a key whose deadline has come; from that millisecond on it is gone.
/// - **E3, handed on**: every key that expired is handed on once, by [`drain_expired`](Self::drain_expired), so that
///   the log gets its DEL.
/// - **E4, replay**: while a log is replayed nothing expires: its DELs say which keys did, and what else is due goes
///   after the replay.
///
/// Time is given with each call, in Unix milliseconds, and never read here.
#[derive(Default)]
pub struct Keyspace<R: Record + Expires> {
    pub(crate) keys: Treap<R>,
    pub(crate) deadlines: Treap<Due>,
    /// Gone, and not yet handed on.
    expired: Vec<R>,
    replaying: bool,
}

impl<R: Record + Expires> Keyspace<R> {
    /// No keys; priorities from a generator seeded by the operating system.
    pub fn new() -> Self {
        Self { keys: Treap::new(), deadlines: Treap::new(), expired: Vec::new(), replaying: false }
    }

    /// No keys; priorities from `seed`, for tests and pictures.
    pub fn with_seed(seed: u64) -> Self {
        Self { keys: Treap::with_seed(seed), deadlines: Treap::with_seed(!seed), ..Self::new() }
    }

    /// The records in key order, expired ones that are not yet removed among them.
    pub fn tree(&self) -> &Treap<R> {
        &self.keys
    }

    /// The records, to be changed in ways that leave every deadline and every record with a deadline in place: inserting
    /// new records without one, or changing a value. For anything else there are [`put`](Self::put),
    /// [`remove`](Self::remove) and [`set_deadline`](Self::set_deadline).
    pub fn tree_mut(&mut self) -> &mut Treap<R> {
        &mut self.keys
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

    /// Every deadline and its key, the next to come first. O(1) an entry on the average.
    pub fn schedule(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let entries = self.deadlines.range(Bound::Unbounded, Bound::Unbounded);
        entries.map(|slot| self.deadlines.record(slot)).map(|due| (due.deadline_ms(), due.expiring_key()))
    }

    /// Stores a record, with its deadline if it has one. A record it replaces is returned, and that one's deadline is
    /// forgotten (E1): to keep it, copy it to the new record first. O(log n).
    ///
    /// # Errors
    /// [`Full`] when there is no room for another record; nothing has changed then.
    pub fn put(&mut self, record: R) -> Result<(Slot, Option<R>), Full> {
        let deadline_ms = record.deadline_ms();
        let (slot, old) = self.keys.insert(record)?;
        let key = self.keys.record(slot).key();
        let old_deadline_ms = old.as_ref().and_then(Expires::deadline_ms);
        if old_deadline_ms != deadline_ms {
            Self::strike_deadline(&mut self.deadlines, old_deadline_ms, key);
            Self::enter_deadline(&mut self.deadlines, deadline_ms, key);
        }
        Ok((slot, old))
    }

    /// Takes a record out, with its deadline still in it, and forgets that deadline here (E1). O(log n).
    pub fn remove(&mut self, key: &[u8]) -> Option<R> {
        let record = self.keys.remove(key)?;
        Self::strike_deadline(&mut self.deadlines, record.deadline_ms(), key);
        Some(record)
    }

    /// Gives the record at `slot` a deadline, another one, or none, in both treaps (E1). O(log n).
    pub fn set_deadline(&mut self, slot: Slot, deadline_ms: Option<u64>) {
        let record = self.keys.record(slot);
        let before_ms = record.deadline_ms();
        if before_ms == deadline_ms {
            return;
        }
        let key = record.key();
        Self::strike_deadline(&mut self.deadlines, before_ms, key);
        Self::enter_deadline(&mut self.deadlines, deadline_ms, key);
        self.keys.update(slot, |record| record.set_deadline_ms(deadline_ms));
    }

    /// Enters a deadline, if there is one.
    fn enter_deadline(deadlines: &mut Treap<Due>, deadline_ms: Option<u64>, key: &[u8]) {
        if let Some(deadline_ms) = deadline_ms {
            deadlines.insert(Due::new(deadline_ms, key)).expect("there are never more deadlines than keys");
        }
    }

    /// Strikes a deadline out, if there was one.
    fn strike_deadline(deadlines: &mut Treap<Due>, deadline_ms: Option<u64>, key: &[u8]) {
        if let Some(deadline_ms) = deadline_ms {
            deadlines.remove(Due::new(deadline_ms, key).key());
        }
    }

    /// While `true`, nothing expires (E4).
    pub fn set_replaying(&mut self, replaying: bool) {
        self.replaying = replaying;
    }

    /// Whether a deadline has come. Never during replay (E4).
    pub fn is_due(&self, deadline_ms: u64, now_ms: u64) -> bool {
        !self.replaying && deadline_ms <= now_ms
    }

    /// Whether the record at `slot` has expired and only waits to be removed.
    pub fn is_expired(&self, slot: Slot, now_ms: u64) -> bool {
        self.keys.record(slot).deadline_ms().is_some_and(|deadline_ms| self.is_due(deadline_ms, now_ms))
    }

    /// Finds a key: the *expiry on access*. One whose deadline has come is removed and noted, and not found (E2). `hint`
    /// is where a batched descent found the key earlier; it is used only when the key is still there. O(log n), O(1) with
    /// a good hint.
    pub fn find(&mut self, key: &[u8], hint: Option<Slot>, now_ms: u64) -> Option<Slot> {
        let slot = hint.filter(|&slot| self.keys.holds(slot, key)).or_else(|| self.keys.find(key))?;
        if self.is_expired(slot, now_ms) {
            self.remove_expired(key);
            return None;
        }
        Some(slot)
    }

    /// Finds a key and changes nothing: an expired one is passed over (E2) and stays. O(log n).
    pub fn peek(&self, key: &[u8], now_ms: u64) -> Option<Slot> {
        self.keys.find(key).filter(|&slot| !self.is_expired(slot, now_ms))
    }

    /// The key at this position in key order, 0 the first. Expired keys that are met there are removed and noted, so that
    /// no reply names one (E2). O(log n), and again for each key removed.
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

    /// The keys between two ends in key order, from either side, expired ones left out (E2). O(log n), then O(1) a key on
    /// the average, expired ones counted.
    pub fn range(
        &self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        now_ms: u64,
    ) -> impl DoubleEndedIterator<Item = Slot> {
        self.keys.range(start, end).filter(move |&slot| !self.is_expired(slot, now_ms))
    }

    /// Removes the key as expired, and notes it to be handed on (E3). For commands that meet an expired key by position
    /// rather than by name. O(log n).
    pub fn remove_expired(&mut self, key: &[u8]) {
        let record = self.remove(key);
        self.expired.extend(record);
    }

    /// Removes up to `max_keys` keys whose deadline has come and says how many: the *active expiry*, for the end of each
    /// round. O(log n) a key.
    pub fn expire_due(&mut self, now_ms: u64, max_keys: usize) -> usize {
        for removed in 0..max_keys {
            let Some(first) = self.deadlines.first() else {
                return removed;
            };
            let due = self.deadlines.record(first);
            if !self.is_due(due.deadline_ms(), now_ms) {
                return removed;
            }
            let key = due.expiring_key().to_vec();
            self.remove_expired(&key);
        }
        max_keys
    }

    /// When the next key expires. O(log n).
    pub fn next_deadline(&self) -> Option<u64> {
        self.deadlines.first().map(|first| self.deadlines.record(first).deadline_ms())
    }

    /// Hands over the records that have expired since the last call, in the order in which they went (E3): their keys
    /// belong in the log, as `DEL`, before anything that is logged after they were found missing.
    pub fn drain_expired(&mut self, take: impl FnMut(R)) {
        self.expired.drain(..).for_each(take);
    }

    /// Whether [`drain_expired`](Self::drain_expired) has something to hand over.
    pub fn has_expired(&self) -> bool {
        !self.expired.is_empty()
    }

    /// Empties the keyspace at once; what was in it is dropped a step at a time by the result's owner. Records that had
    /// expired before are still handed over by [`drain_expired`](Self::drain_expired).
    pub fn clear(&mut self) -> Cleared<R> {
        Cleared {
            keys: std::mem::take(&mut self.keys).into_clearing(),
            deadlines: std::mem::take(&mut self.deadlines).into_clearing(),
        }
    }

    /// Checks both treaps, and that they agree (E1). O(n log n), for tests.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        self.keys.check()?;
        self.deadlines.check()?;
        let mut with_deadline = 0;
        for slot in self.keys.range(Bound::Unbounded, Bound::Unbounded) {
            let record = self.keys.record(slot);
            let Some(deadline_ms) = record.deadline_ms() else {
                continue;
            };
            with_deadline += 1;
            if self.deadlines.find(Due::new(deadline_ms, record.key()).key()).is_none() {
                return Err(format!("E1: no entry for the deadline {deadline_ms} of {:?}", record.key()));
            }
        }
        let entries = self.deadlines.len();
        if with_deadline == entries {
            return Ok(());
        }
        Err(format!("E1: {with_deadline} records have a deadline, but there are {entries} entries"))
    }
}

/// What a keyspace held before it was cleared, dropped in bounded steps.
pub struct Cleared<R: Record> {
    keys: Clearing<R>,
    deadlines: Clearing<Due>,
}

impl<R: Record> Cleared<R> {
    /// Gives up to `max_records` records to `take`; true when nothing is left.
    pub fn step(&mut self, max_records: usize, take: impl FnMut(R)) -> bool {
        self.deadlines.step(max_records, drop) && self.keys.step(max_records, take)
    }
}

#[cfg(test)]
mod tests;

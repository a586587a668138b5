//! Where large values go to be freed a step at a time.

use std::collections::VecDeque;

use heapwood_treap::{Body, Slot};
use heapwood_ttl::{Cleared, Keyspace};

use crate::Value;
use crate::deque::{Deque, Freeing};

/// How many units of [`Graveyard::step`] a round spends at most: well under a millisecond.
pub const UNITS_PER_ROUND: usize = 512;

/// A value of at most this many bytes is freed where it is; anything larger is buried.
const BURIAL_BYTES: usize = 256 * 1024;

/// Values that nobody can reach any more and that take long to free: deques of many blocks, long strings, whole
/// keyspaces. Burying is O(1); [`step`](Self::step), called each round, does the work.
#[derive(Default)]
pub struct Graveyard {
    deques: VecDeque<Freeing>,
    strings: VecDeque<Value>,
    keyspaces: VecDeque<Cleared<Value>>,
}

impl Graveyard {
    /// An empty graveyard.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record that was removed or replaced.
    pub fn bury(&mut self, mut record: Value) {
        if let Some(deque) = record.take_boxed() {
            self.bury_deque(*deque);
        } else if record.allocated_bytes() > BURIAL_BYTES {
            self.strings.push_back(record);
        }
    }

    /// Takes a deque.
    pub fn bury_deque(&mut self, deque: Deque) {
        if deque.allocated_bytes() > BURIAL_BYTES {
            self.deques.push_back(deque.into_freeing());
        }
    }

    /// Takes what a cleared keyspace held.
    pub fn bury_keyspace(&mut self, cleared: Cleared<Value>) {
        self.keyspaces.push_back(cleared);
    }

    /// Takes the deque out of a record that stays and is about to become a string, which would drop it on the spot.
    pub fn bury_deque_of(&mut self, keyspace: &mut Keyspace<Value>, slot: Slot) {
        if matches!(keyspace.tree().record(slot).body(), Body::Boxed(_))
            && let Some(deque) = keyspace.tree_mut().update(slot, Value::take_boxed)
        {
            self.bury_deque(*deque);
        }
    }

    /// Frees up to `max_units` blocks, records or long strings; true when nothing is left to free.
    pub fn step(&mut self, max_units: usize) -> bool {
        let mut left = max_units;
        while left > 0 {
            if let Some(freeing) = self.deques.front_mut() {
                left -= freeing.step(left);
                if freeing.is_done() {
                    self.deques.pop_front();
                }
            } else if self.strings.pop_front().is_some() {
                left -= 1;
            } else if let Some(cleared) = self.keyspaces.front_mut() {
                if cleared.step(left) {
                    self.keyspaces.pop_front();
                }
                left = 0;
            } else {
                break;
            }
        }
        self.is_empty()
    }

    /// Whether nothing is left to free.
    pub fn is_empty(&self) -> bool {
        self.deques.is_empty() && self.strings.is_empty() && self.keyspaces.is_empty()
    }
}

//! Where large values go to be freed a step at a time.

use std::collections::VecDeque;

use heapwood_treap::{Body, Slot, StringValue};
use heapwood_ttl::{Cleared, Keyspace};

use crate::Value;
use crate::deque::FREED_BYTES;

/// How many units of [`Graveyard::step`] a round spends at most: about a millisecond's work.
pub const UNITS_PER_ROUND: usize = 512;

/// A value of at most this many bytes is freed where it is; anything larger is buried.
const BURIAL_BYTES: usize = 64 * 1024;

/// Values that nobody can reach any more and that take long to free: deques of many blocks, long
/// strings, whole keyspaces. Burying is O(1); [`step`](Self::step), called each round, does the
/// work.
#[derive(Default)]
pub struct Graveyard {
    records: VecDeque<Value>,
    keyspaces: VecDeque<Cleared<Value>>,
}

impl Graveyard {
    /// An empty graveyard.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record that was removed or replaced.
    pub fn bury(&mut self, record: Value) {
        let bytes = match record.body() {
            Body::String(string) => string.len(),
            Body::Boxed(deque) => deque.allocated_bytes(),
        };
        if bytes > BURIAL_BYTES {
            self.records.push_back(record);
        }
    }

    /// Takes what a cleared keyspace held.
    pub fn bury_keyspace(&mut self, cleared: Cleared<Value>) {
        self.keyspaces.push_back(cleared);
    }

    /// Takes the deque, if there is one, out of a record that stays and is about to become a
    /// string, which would drop it on the spot.
    pub fn bury_deque_of(&mut self, keyspace: &mut Keyspace<Value>, slot: Slot) {
        if let Some(deque) = keyspace.tree_mut().update(slot, Value::take_boxed) {
            self.bury(Value::boxed(b"", *deque));
        }
    }

    /// Frees up to `max_units` blocks, records or pieces of a long string; true when nothing is
    /// left to free.
    pub fn step(&mut self, max_units: usize) -> bool {
        for _ in 0..max_units {
            if self.is_empty() {
                break;
            }
            self.free_one();
        }
        self.is_empty()
    }

    fn free_one(&mut self) {
        if let Some(record) = self.records.front_mut() {
            if free_some(record) {
                self.records.pop_front();
            }
        } else if let Some(mut cleared) = self.keyspaces.pop_front()
            && !cleared.step(1, |record| self.bury(record))
        {
            self.keyspaces.push_front(cleared);
        }
    }

    /// Whether nothing is left to free.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.keyspaces.is_empty()
    }
}

/// Frees a block, or a piece of a string; true when nothing is left.
fn free_some(record: &mut Value) -> bool {
    if let Some(deque) = record.boxed_mut() {
        return deque.free_some();
    }
    let left = record.as_string().map_or(0, |string| string.len().saturating_sub(FREED_BYTES));
    record.truncate(left);
    left == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Deque, End};

    fn long_deque(elements: usize) -> Deque {
        let mut deque = Deque::new();
        (0..elements).for_each(|_| deque.push(End::Back, &[7; 1000]));
        deque
    }

    #[test]
    fn a_long_deque_is_freed_over_several_steps() {
        let mut graveyard = Graveyard::new();
        graveyard.bury(Value::boxed(b"k", long_deque(4000)));
        let mut steps = 1;
        while !graveyard.step(100) {
            steps += 1;
        }
        assert!((10..=11).contains(&steps), "{steps} steps for 1,000 blocks");
    }

    #[test]
    fn small_values_are_not_kept() {
        let mut graveyard = Graveyard::new();
        graveyard.bury(Value::boxed(b"k", long_deque(10)));
        graveyard.bury(Value::string(b"k", b"short"));
        assert!(graveyard.is_empty());
    }

    #[test]
    fn a_cleared_keyspace_is_freed_over_several_steps_and_so_are_its_long_deques() {
        let mut keyspace = Keyspace::with_seed(1);
        for number in 0..300_u32 {
            keyspace.put(Value::string(&number.to_be_bytes(), b"")).unwrap();
        }
        keyspace.put(Value::boxed(b"long", long_deque(4000))).unwrap();
        let mut graveyard = Graveyard::new();
        graveyard.bury_keyspace(keyspace.clear());
        assert!(keyspace.is_empty());
        let mut steps = 1;
        while !graveyard.step(100) {
            steps += 1;
        }
        assert!(steps >= 13, "{steps} steps for 300 records and 1,000 blocks");
    }

    #[test]
    fn a_long_string_is_freed_over_several_steps() {
        let mut graveyard = Graveyard::new();
        graveyard.bury(Value::string(b"k", &vec![1; 100 * FREED_BYTES]));
        let steps = 1 + (0..).take_while(|_| !graveyard.step(10)).count();
        assert_eq!(steps, 10);
    }

    #[test]
    fn a_deque_that_becomes_a_string_is_buried_first() {
        let mut keyspace = Keyspace::with_seed(1);
        let (slot, _) = keyspace.put(Value::boxed(b"k", long_deque(4000))).unwrap();
        let mut graveyard = Graveyard::new();
        graveyard.bury_deque_of(&mut keyspace, slot);
        assert!(!graveyard.is_empty());
        assert!(matches!(keyspace.tree().record(slot).body(), Body::String(b"")));
    }
}

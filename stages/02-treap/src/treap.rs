//! The treap itself: search, insert, rotate, remove.
//!
//! Invariants, all checked by [`Treap::check`]:
//!
//! - **T1, order**: left of a node are smaller keys, right of it larger ones.
//! - **T2, heap**: no child has a higher priority than its parent.
//! - **T3, weight**: a node's weight is that of its record and of its children together.
//! - **T4, window**: a node's window skips exactly what the bounds of its interval share.
//! - **T5, slots**: every slot is in the tree or on the list of free ones.

use std::cmp::Ordering;
use std::fmt;

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

use crate::arena::{Arena, NIL, Node, Slot};
use crate::record::Record;
use crate::window::{self, Bounds, OPEN, Probe, Window};

/// The most records of a treap: links have 32 bits, and one value of them means "none".
pub const MAX_RECORDS: u32 = u32::MAX - 1;

/// There is no room for another record: links, and weights of all records together, have 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full {
    /// How many records are there.
    pub records: u32,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FULL no room for another key beside {}; delete some first", self.records)
    }
}

impl std::error::Error for Full {}

/// An ordered map from keys to records that stays balanced by chance.
///
/// Searches, insertions and removals take O(log n) expected steps, about 1.4 log₂ n each, and O(1) expected rotations.
/// Nothing here recurses, so depth costs no stack.
pub struct Treap<R: Record> {
    pub(crate) arena: Arena<R>,
    pub(crate) root: u32,
    pub(crate) records: u32,
    pub(crate) max_records: u32,
    pub(crate) priorities: StdRng,
    pub(crate) path: Path,
}

/// The way from the root to the node at work: what replaces links to parents. One vector is used again and again.
#[derive(Default)]
pub(crate) struct Path {
    pub(crate) steps: Vec<Step>,
}

/// A node on a path, with the bounds of its interval.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) node: u32,
    bounds: Bounds,
}

impl Path {
    /// Walks from the root towards `key`, noting the way. Gives the node that has the key, the last step then, or
    /// [`NIL`] and the bounds of the empty place where it belongs.
    pub(crate) fn trace<R: Record>(&mut self, arena: &Arena<R>, root: u32, key: &[u8]) -> (u32, Bounds) {
        self.steps.clear();
        let mut probe = Probe::new(key);
        let (mut at, mut bounds) = (root, OPEN);
        while let Some(node) = arena.get(at) {
            self.steps.push(Step { node: at, bounds });
            let side = match probe.compare(node) {
                Ordering::Less => 0,
                Ordering::Greater => 1,
                Ordering::Equal => break,
            };
            bounds[1 - side] = at;
            at = node.children[side];
        }
        (at, bounds)
    }
}

impl<R: Record> Default for Treap<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Record> Treap<R> {
    /// An empty treap whose priorities nobody can foresee: their seed is the operating system's.
    pub fn new() -> Self {
        Self::with_generator(StdRng::from_os_rng())
    }

    /// An empty treap whose shape can be repeated: the same seed and the same calls give the same tree.
    pub fn with_seed(seed: u64) -> Self {
        Self::with_generator(StdRng::seed_from_u64(seed))
    }

    fn with_generator(priorities: StdRng) -> Self {
        let (arena, path) = (Arena::EMPTY, Path::default());
        Self { arena, root: NIL, records: 0, max_records: MAX_RECORDS, priorities, path }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records as usize
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Where the record with this key is. O(log n).
    pub fn find(&self, key: &[u8]) -> Option<Slot> {
        let mut probe = Probe::new(key);
        let mut at = self.root;
        while let Some(node) = self.arena.get(at) {
            match probe.compare(node) {
                Ordering::Less => at = node.children[0],
                Ordering::Greater => at = node.children[1],
                Ordering::Equal => break,
            }
        }
        Slot::of(at)
    }

    /// The record with this key. O(log n).
    pub fn get(&self, key: &[u8]) -> Option<&R> {
        self.find(key).map(|slot| self.record(slot))
    }

    /// The record at a slot. O(1).
    ///
    /// # Panics
    /// When the slot is free: slots of earlier searches are to be asked about with [`holds`](Self::holds) first.
    pub fn record(&self, slot: Slot) -> &R {
        self.arena[slot.0].live()
    }

    /// Whether this slot, perhaps found before other changes, holds the record with this key now. O(1).
    ///
    /// Keys are unique and a live slot is in the tree, so a true answer is as good as a search.
    pub fn holds(&self, slot: Slot, key: &[u8]) -> bool {
        let record = self.arena.get(slot.0).and_then(|node| node.record.as_ref());
        record.is_some_and(|record| record.key() == key)
    }

    /// Changes a record in its place: all but its key. O(1), or O(log n) when its weight changes.
    ///
    /// # Panics
    /// When the slot is free, as [`record`](Self::record) does.
    pub fn update<T>(&mut self, slot: Slot, change: impl FnOnce(&mut R) -> T) -> T {
        let record = self.arena[slot.0].record.as_mut().expect("a slot in use");
        let before = record.weight();
        let result = change(record);
        let delta = record.weight().wrapping_sub(before);
        if delta != 0 {
            let key = self.arena[slot.0].live().key();
            self.path.trace(&self.arena, self.root, key);
            self.add_weight(delta);
        }
        result
    }

    /// Puts a record in, in place of one with the same key, which is given back. O(log n).
    ///
    /// # Errors
    /// [`Full`] when there is no room; the record is dropped then.
    pub fn insert(&mut self, record: R) -> Result<(Slot, Option<R>), Full> {
        let (found, bounds) = self.path.trace(&self.arena, self.root, record.key());
        if found != NIL {
            return Ok((Slot(found), Some(self.replace(found, record))));
        }
        let weight = record.weight();
        if self.records >= self.max_records || self.arena.weight(self.root).checked_add(weight).is_none() {
            return Err(Full { records: self.records });
        }
        let window = window::between(&self.arena, record.key(), bounds);
        let priority = self.priorities.next_u32();
        self.add_weight(weight);
        let node =
            self.arena.put(Node { window, record: Some(record), children: [NIL, NIL], priority, weight });
        self.records += 1;
        self.hang(node, bounds);
        self.rise(node);
        Ok((Slot(node), None))
    }

    /// Takes the record with this key out. O(log n).
    pub fn remove(&mut self, key: &[u8]) -> Option<R> {
        let (found, _) = self.path.trace(&self.arena, self.root, key);
        if found == NIL {
            return None;
        }
        let weight = self.arena[found].live().weight();
        self.add_weight(weight.wrapping_neg());
        self.sink();
        self.records -= 1;
        self.arena.take(found)
    }

    /// Puts a record in the place of one with the same key; the path ends there.
    fn replace(&mut self, found: u32, record: R) -> R {
        let weight = record.weight();
        let old = self.arena[found].record.replace(record).expect("a node in the tree has a record");
        self.add_weight(weight.wrapping_sub(old.weight()));
        old
    }

    /// Adds to the weights of all subtrees on the path. Subtracts by wrapping around.
    fn add_weight(&mut self, delta: u32) {
        for step in &self.path.steps {
            let weight = &mut self.arena[step.node].weight;
            *weight = weight.wrapping_add(delta);
        }
    }

    /// Links a new leaf to the end of the path.
    fn hang(&mut self, leaf: u32, bounds: Bounds) {
        match self.path.steps.last() {
            None => self.root = leaf,
            Some(parent) => self.arena[parent.node].children[usize::from(bounds[0] == parent.node)] = leaf,
        }
    }

    /// Rotates a new leaf up until its parent's priority is at least its own.
    fn rise(&mut self, node: u32) {
        while let Some(parent) = self.path.steps.pop() {
            if self.arena[parent.node].priority >= self.arena[node].priority {
                break;
            }
            let side = usize::from(self.arena[parent.node].children[1] == node);
            self.rotate(parent, side);
            self.relink(parent.node, node);
        }
    }

    /// Rotates the last node of the path down until it is a leaf, and unlinks it. Only then is it nobody's bound.
    fn sink(&mut self) {
        let mut down = self.path.steps.pop().expect("the path ends at the node to remove");
        loop {
            let [left, right] = self.arena[down.node].children;
            let side = match (self.arena.get(left), self.arena.get(right)) {
                (None, None) => break,
                (Some(left), Some(right)) => usize::from(right.priority > left.priority),
                (left, _) => usize::from(left.is_none()),
            };
            let up = self.rotate(down, side);
            self.relink(down.node, up);
            self.path.steps.push(Step { node: up, bounds: down.bounds });
            down.bounds[side] = up;
        }
        self.relink(down.node, NIL);
    }

    /// Rotates the child at `side` above its parent, `down`. The caller makes the link that led to the one lead to the other.
    ///
    /// ```text
    ///        down               up
    ///        /  \              /  \
    ///      up    c    side 0  a    down
    ///     /  \        ────▶        /  \
    ///    a    b                   b    c
    /// ```
    fn rotate(&mut self, down: Step, side: usize) -> u32 {
        let Step { node: down, mut bounds } = down;
        let up = self.arena[down].children[side];
        let inner = self.arena[up].children[1 - side];
        self.arena[down].children[side] = inner;
        self.arena[up].children[1 - side] = down;

        let whole = self.arena[down].weight;
        let without_up = whole.wrapping_sub(self.arena[up].weight);
        self.arena[down].weight = without_up.wrapping_add(self.arena.weight(inner));
        self.arena[up].weight = whole;

        let skip = self.arena[down].window.skip();
        self.arena[up].window = Window::new(self.arena[up].live().key(), skip);
        bounds[side] = up;
        self.arena[down].window = window::between(&self.arena, self.arena[down].live().key(), bounds);
        up
    }

    /// Makes the link that led from the end of the path to `from` lead to `to`.
    pub(crate) fn relink(&mut self, from: u32, to: u32) {
        match self.path.steps.last() {
            None => self.root = to,
            Some(parent) => {
                let children = &mut self.arena[parent.node].children;
                children[usize::from(children[1] == from)] = to;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Packed;

    #[test]
    fn a_full_treap_refuses_new_keys_and_still_replaces() {
        let mut treap: Treap<Packed> = Treap::with_seed(1);
        treap.max_records = 2;
        treap.insert(Packed::string(b"a", b"1")).unwrap();
        treap.insert(Packed::string(b"b", b"1")).unwrap();
        let refused = treap.insert(Packed::string(b"c", b"1")).map(|(slot, _)| slot);
        assert_eq!(refused, Err(Full { records: 2 }));
        assert!(treap.insert(Packed::string(b"a", b"2")).unwrap().1.is_some());
        treap.check().unwrap();
        assert!(treap.remove(b"a").is_some());
        assert!(treap.insert(Packed::string(b"c", b"1")).is_ok());
    }

    struct Heavy(&'static [u8]);

    impl Record for Heavy {
        fn key(&self) -> &[u8] {
            self.0
        }

        fn weight(&self) -> u32 {
            1 << 31
        }
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        let mut treap = Treap::with_seed(1);
        assert!(treap.insert(Heavy(b"a")).is_ok());
        assert_eq!(treap.insert(Heavy(b"b")).map(|_| ()), Err(Full { records: 1 }));
        treap.check().unwrap();
        assert!(Treap::from_sorted([Heavy(b"a"), Heavy(b"b")], 1).is_err());
    }
}

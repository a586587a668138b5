//! The treap itself: search, insert, rotate, remove.
//!
//! Invariants, all checked by [`Treap::check`]:
//!
//! - **T1, order**: left of a node are smaller keys, right of it larger ones.
//! - **T2, heap**: no child has a higher priority than its parent.
//! - **T3, weight**: a node's weight is what its record counts for and its children weigh, together.
//! - **T4, window**: a node's window skips exactly what the bounds of its interval share.
//! - **T5, slots**: every slot is in the tree or on the list of free ones.

use std::cmp::Ordering;
use std::fmt;

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

use crate::arena::{Arena, NIL, Node, Slot};
use crate::record::Record;
use crate::window::{self, Bounds, OPEN, Probe, Window};

/// The most records of a treap: links have 32 bits, and one value of them means "nowhere".
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
    pub(crate) priorities: StdRng,
    /// The way from the root to the node at work, in place of links to parents. One vector serves all calls.
    pub(crate) path: Vec<Step>,
}

/// A node on a path, with the bounds of its interval.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) node: u32,
    pub(crate) bounds: Bounds,
}

/// Walks from the root towards `key`, noting the way. Gives the node that has the key, the last step then, or [`NIL`] and
/// the bounds of the empty place where it belongs.
pub(crate) fn trace<R: Record>(
    arena: &Arena<R>,
    root: u32,
    key: &[u8],
    path: &mut Vec<Step>,
) -> (u32, Bounds) {
    path.clear();
    let mut probe = Probe::new(key);
    let (mut at, mut bounds) = (root, OPEN);
    while let Some(node) = arena.get(at) {
        path.push(Step { node: at, bounds });
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

impl<R: Record> Default for Treap<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Record> Treap<R> {
    /// An empty treap whose priorities nobody can foresee: their seed is the operating system's.
    pub fn new() -> Self {
        Self { priorities: StdRng::from_os_rng(), ..Self::with_seed(0) }
    }

    /// An empty treap whose shape can be repeated: the same seed and the same calls give the same tree.
    pub fn with_seed(seed: u64) -> Self {
        let priorities = StdRng::seed_from_u64(seed);
        Self { arena: Arena::EMPTY, root: NIL, records: 0, priorities, path: Vec::new() }
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
    /// All weights together stay below 2^32: where a record in its place becomes too heavy for that, by this or by
    /// [`insert`](Self::insert), it counts for as much as there is room for, until its weight changes again.
    ///
    /// # Panics
    /// When the slot is free, as [`record`](Self::record) does.
    pub fn update<T>(&mut self, slot: Slot, change: impl FnOnce(&mut R) -> T) -> T {
        let record = self.arena[slot.0].record.as_mut().expect("a slot in use");
        let before = record.weight();
        let result = change(record);
        if record.weight() != before {
            let key = self.arena[slot.0].live().key();
            trace(&self.arena, self.root, key, &mut self.path);
            self.reweigh(slot.0);
        }
        result
    }

    /// Puts a record in, in place of one with the same key, which is given back. O(log n).
    ///
    /// # Errors
    /// [`Full`] when there is no room; the record is dropped then.
    pub fn insert(&mut self, record: R) -> Result<(Slot, Option<R>), Full> {
        let (found, bounds) = trace(&self.arena, self.root, record.key(), &mut self.path);
        if found != NIL {
            let old = self.arena[found].record.replace(record);
            self.reweigh(found);
            return Ok((Slot(found), old));
        }
        let weight = record.weight();
        self.check_room(self.arena.weight(self.root), weight)?;
        self.add_weight(weight);
        let node = self.plant(record, bounds);
        self.link(bounds, node);
        self.rise(node);
        Ok((Slot(node), None))
    }

    /// Takes the record with this key out. O(log n).
    pub fn remove(&mut self, key: &[u8]) -> Option<R> {
        let (found, _) = trace(&self.arena, self.root, key, &mut self.path);
        if found == NIL {
            return None;
        }
        self.add_weight(self.counted(found).wrapping_neg());
        self.sink();
        self.records -= 1;
        self.arena.take(found)
    }

    /// Whether another record has room beside those that weigh `total`. Gives the new total.
    pub(crate) fn check_room(&self, total: u32, weight: u32) -> Result<u32, Full> {
        let sum = total.checked_add(weight).filter(|_| self.records < MAX_RECORDS);
        sum.ok_or(Full { records: self.records })
    }

    /// Makes a leaf for a record between `bounds`, with a priority drawn at random, and links it nowhere yet.
    pub(crate) fn plant(&mut self, record: R, bounds: Bounds) -> u32 {
        let window = window::between(&self.arena, record.key(), bounds);
        let (priority, weight) = (self.priorities.next_u32(), record.weight());
        self.records += 1;
        self.arena.put(Node { window, children: [NIL, NIL], record: Some(record), priority, weight })
    }

    /// What the record of a node counts for: its weight, or less where all weights would not fit 32 bits.
    pub(crate) fn counted(&self, node: u32) -> u32 {
        let [left, right] = self.arena[node].children.map(|child| self.arena.weight(child));
        self.arena[node].weight - left - right
    }

    /// Lets the changed record at the end of the path count for its weight, as far as there is room.
    fn reweigh(&mut self, node: u32) {
        let counted = self.counted(node);
        let room = u32::MAX - (self.arena.weight(self.root) - counted);
        let weight = self.arena[node].live().weight().min(room);
        self.add_weight(weight.wrapping_sub(counted));
    }

    /// Adds to the weights of all subtrees on the path, so that T3 holds with a change at its end. Subtracts by wrapping
    /// around.
    fn add_weight(&mut self, delta: u32) {
        for step in &self.path {
            let weight = &mut self.arena[step.node].weight;
            *weight = weight.wrapping_add(delta);
        }
    }

    /// Links a node, or nothing, below the end of the path, on the side where the interval with these bounds is: right
    /// of a node that is its lower bound.
    pub(crate) fn link(&mut self, bounds: Bounds, to: u32) {
        match self.path.last() {
            None => self.root = to,
            Some(parent) => self.arena[parent.node].children[usize::from(bounds[0] == parent.node)] = to,
        }
    }

    /// Rotates a new leaf up until T2 holds. A parent with the same priority stays above it.
    fn rise(&mut self, node: u32) {
        while let Some(parent) = self.path.pop() {
            if self.arena[parent.node].priority >= self.arena[node].priority {
                break;
            }
            let side = usize::from(self.arena[parent.node].children[1] == node);
            self.rotate(parent, side);
            self.link(parent.bounds, node);
        }
    }

    /// Rotates the last node of the path down until it is a leaf, and unlinks it. The child with the higher priority goes
    /// up, so that T2 holds between the two. A node bounds only what is below it (T4): with a leaf no window changes.
    fn sink(&mut self) {
        let mut down = self.path.pop().expect("the path ends at the node to remove");
        loop {
            let [left, right] = self.arena[down.node].children;
            let side = match (self.arena.get(left), self.arena.get(right)) {
                (None, None) => break,
                (Some(left), Some(right)) => usize::from(right.priority > left.priority),
                (left, _) => usize::from(left.is_none()),
            };
            let up = self.rotate(down, side);
            self.link(down.bounds, up);
            self.path.push(Step { node: up, bounds: down.bounds });
            down.bounds[side] = up;
        }
        self.link(down.bounds, NIL);
    }

    /// Rotates the child at `side` above its parent, `down`. The caller makes the link that led to the one lead to the
    /// other. O(1): no other node's children, weight or window changes.
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
        // T1: what lies between the two keys stays between them.
        let inner = self.arena[up].children[1 - side];
        self.arena[down].children[side] = inner;
        self.arena[up].children[1 - side] = down;

        // T3: the upper of the two weighs what the upper one weighed before.
        let whole = self.arena[down].weight;
        self.arena[down].weight = whole - self.arena[up].weight + self.arena.weight(inner);
        self.arena[up].weight = whole;

        // T4: the one that goes up takes over the interval; the other gets it as a bound.
        let skip = self.arena[down].window.skip();
        self.arena[up].window = Window::new(self.arena[up].live().key(), skip);
        bounds[side] = up;
        self.arena[down].window = window::between(&self.arena, self.arena[down].live().key(), bounds);
        up
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
        treap.insert(Packed::string(b"a", b"1")).unwrap();
        treap.insert(Packed::string(b"b", b"1")).unwrap();
        treap.records = MAX_RECORDS;
        let refused = treap.insert(Packed::string(b"c", b"1")).map(|(slot, _)| slot);
        assert_eq!(refused, Err(Full { records: MAX_RECORDS }));
        assert!(treap.insert(Packed::string(b"a", b"2")).unwrap().1.is_some());
        treap.records = 2;
        treap.check().unwrap();
        assert!(treap.remove(b"a").is_some());
        assert!(treap.insert(Packed::string(b"c", b"1")).is_ok());
    }

    struct Heavy(&'static [u8], u32);

    impl Record for Heavy {
        fn key(&self) -> &[u8] {
            self.0
        }

        fn weight(&self) -> u32 {
            self.1
        }
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        let mut treap = Treap::with_seed(1);
        assert!(treap.insert(Heavy(b"a", 1 << 31)).is_ok());
        assert_eq!(treap.insert(Heavy(b"b", 1 << 31)).map(|_| ()), Err(Full { records: 1 }));
        treap.check().unwrap();
        assert!(Treap::from_sorted([Heavy(b"a", 1 << 31), Heavy(b"b", 1 << 31)], 1).is_err());
    }

    #[test]
    fn a_record_that_becomes_too_heavy_counts_for_what_there_is_room_for() {
        let mut treap = Treap::with_seed(1);
        for key in [b"a", b"b", b"c"] {
            treap.insert(Heavy(key, 10)).unwrap();
        }
        let slot = treap.find(b"a").unwrap();
        treap.update(slot, |record| record.1 = u32::MAX);
        treap.check().unwrap();
        assert_eq!(
            (treap.total_weight(), treap.rank(b"b")),
            (u64::from(u32::MAX), Some(u64::from(u32::MAX) - 20))
        );
        treap.insert(Heavy(b"c", u32::MAX)).unwrap();
        treap.check().unwrap();
        assert_eq!(treap.count(std::ops::Bound::Included(b"c"), std::ops::Bound::Unbounded), 10);
        assert!(treap.remove(b"b").is_some());
        treap.insert(Heavy(b"a", 1)).unwrap();
        treap.insert(Heavy(b"c", 7)).unwrap();
        treap.check().unwrap();
        assert_eq!(treap.total_weight(), 8);
    }
}

//! Ranks and places from the weights of subtrees.
//!
//! `RANK key` says how many keys come before one, `AT index` which key is in a place, `COUNT start end` how many lie
//! between two. The treap answers all three on a single way down (or two), because each node knows what its whole subtree weighs.
//!
//! Write `Treap::weigh`, `Treap::at` and `Treap::count`; `rank` and `weight_below` show how `weigh` is used.
//!
//! - **T3, weight**: a node's weight is what its record counts for and its children weigh, together. You may rely on it; it is
//!   all you need, and you visit one node a level.
//! - A record may count for any number, 0 too: where you are tempted to add 1, take weights. What the record of a node
//!   counts for, `counted` tells.
//! - Keys that are missing, places past the end and bounds in the wrong order are no errors, and nothing may panic.
//!
//! Given: the arena; `probe.compare(node)`, which says whether the key that is searched for is less than the node's, greater, or
//! equal; `arena.weight(link)`, 0 for `NIL`; and `Slot::of(link)`, `None` for `NIL`.
//!
//! The cases write a tree as `fig(apple, pear)`: fig with its left and its right child. `-` is no child. `fig 3` is a record that
//! counts for 3.
//!
//! Run it with `cargo learn rank-and-place`.

use std::cmp::Ordering;
use std::ops::Bound;

use heapwood_treap::Record;

impl<R: Record> Treap<R> {
    /// The weight of all records before the one with this key; `None` when it is not there.
    pub fn rank(&self, key: &[u8]) -> Option<u64> {
        let (before, found) = self.weigh(key);
        found.map(|_| before)
    }

    /// The weight of all records with smaller keys, and what the record with this key counts for, if it is there. O(log n).
    pub fn weigh(&self, key: &[u8]) -> (u64, Option<u32>) {
        let mut probe = Probe::new(key);
        let (mut at, mut before) = (self.root, 0);
        while let Some(node) = self.arena.get(at) {
            let [left, right] = node.children;
            match probe.compare(node) {
                Ordering::Less => at = left,
                Ordering::Greater => {
                    before += u64::from(node.weight - self.arena.weight(right));
                    at = right;
                }
                Ordering::Equal => {
                    return (before + u64::from(self.arena.weight(left)), Some(self.counted(at)));
                }
            }
        }
        (before, None)
    }

    /// The record at this place in key order, counted by weight from 0: the one for which the records before it weigh
    /// at most `index`, and more than `index` together with it. O(log n).
    pub fn at(&self, mut index: u64) -> Option<Slot> {
        let mut at = self.root;
        while let Some(node) = self.arena.get(at) {
            let [left, right] = node.children;
            let before = u64::from(self.arena.weight(left));
            let through = u64::from(node.weight - self.arena.weight(right));
            if index < before {
                at = left;
            } else if index < through {
                break;
            } else {
                index -= through;
                at = right;
            }
        }
        Slot::of(at)
    }

    /// The weight of all records between two bounds; 0 when the start is above the end. O(log n).
    pub fn count(&self, start: Bound<&[u8]>, end: Bound<&[u8]>) -> u64 {
        let before_start = match start {
            Bound::Unbounded => 0,
            Bound::Included(key) => self.weight_below(key, false),
            Bound::Excluded(key) => self.weight_below(key, true),
        };
        let up_to_end = match end {
            Bound::Unbounded => self.total_weight(),
            Bound::Included(key) => self.weight_below(key, true),
            Bound::Excluded(key) => self.weight_below(key, false),
        };
        up_to_end.saturating_sub(before_start)
    }

    /// The weight of all records with smaller keys, and of the one with this key too, where `with_it` asks for it.
    pub fn weight_below(&self, key: &[u8], with_it: bool) -> u64 {
        let (before, found) = self.weigh(key);
        before + found.filter(|_| with_it).map_or(0, u64::from)
    }

    /// The weights of all records, added.
    pub fn total_weight(&self) -> u64 {
        self.arena.weight(self.root).into()
    }

    /// What the record of a node counts for.
    pub fn counted(&self, node: u32) -> u32 {
        let [left, right] = self.arena[node].children.map(|child| self.arena.weight(child));
        self.arena[node].weight - left - right
    }
}

/// A link that leads nowhere.
pub const NIL: u32 = u32::MAX;

/// The place of a record in its treap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(pub u32);

impl Slot {
    /// The slot a link leads to.
    pub fn of(link: u32) -> Option<Self> {
        (link != NIL).then_some(Self(link))
    }
}

/// One node of the tree. Priorities and windows are left out here.
pub struct Node<R> {
    /// Left and right child.
    pub children: [u32; 2],
    /// The record; `None` in a free slot.
    pub record: Option<R>,
    /// The weights of all records in this subtree, added.
    pub weight: u32,
}

impl<R> Node<R> {
    /// The record of a node that is in the tree.
    pub fn live(&self) -> &R {
        self.record.as_ref().expect("a node in the tree has a record")
    }
}

/// All nodes.
pub struct Arena<R> {
    /// A link is an index into this.
    pub nodes: Vec<Node<R>>,
}

impl<R> Arena<R> {
    /// The node a link leads to; `None` for [`NIL`].
    pub fn get(&self, link: u32) -> Option<&Node<R>> {
        self.nodes.get(link as usize)
    }

    /// The weight of the subtree a link leads to; 0 for [`NIL`].
    pub fn weight(&self, link: u32) -> u32 {
        self.get(link).map_or(0, |node| node.weight)
    }
}

impl<R> std::ops::Index<u32> for Arena<R> {
    type Output = Node<R>;
    fn index(&self, index: u32) -> &Node<R> {
        &self.nodes[index as usize]
    }
}

/// The treap, as far as questions to it need it.
pub struct Treap<R: Record> {
    /// All nodes.
    pub arena: Arena<R>,
    /// A link to the uppermost node.
    pub root: u32,
}

/// A key on its way down the tree.
pub struct Probe<'k>(&'k [u8]);

impl<'k> Probe<'k> {
    /// A probe that searches for `key`.
    pub fn new(key: &'k [u8]) -> Self {
        Self(key)
    }

    /// Compares the key with a node's.
    pub fn compare<R: Record>(&mut self, node: &Node<R>) -> Ordering {
        self.0.cmp(node.live().key())
    }
}

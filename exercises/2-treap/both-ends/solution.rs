//! A range that is read from both ends.
//!
//! `RANGE start end` walks through the keys between two bounds in order. Nodes have no links to their parents, so each end of the
//! walk remembers the nodes that it has passed and has still to give: they wait on a stack, the next one on top. `range` makes
//! the two stacks, and the iterator takes from the one or the other.
//!
//! Write `enter`, which fills a stack, and `Range::advance`, which gives the next record from one end. Number 0 is the lower
//! end, 1 the upper one; one function serves both, as `children[end]` and `children[1 - end]` suggest.
//!
//! - From the lower end the keys come in ascending order, from the upper end in descending order (T1, order: left of a node
//!   are smaller keys, right of it larger ones).
//! - When the two ends meet, each record has been given once, and both stay at `None` from then on.
//! - `enter` is one way down, with no list of the keys in between: a range over everything begins with as many nodes as the edge
//!   of the tree has. There is no recursion.
//!
//! Given: the arena; `Treap::range`, which also sees to bounds between which there is nothing; and a probe:
//! `probe.compare(node)` says whether the bound's key is less than the node's, greater, or equal.
//!
//! The cases write a tree as `fig(apple, pear)`: fig with its left and its right child. `-` is no child.
//!
//! Run it with `cargo learn both-ends`.

use std::cmp::Ordering;
use std::ops::Bound;

use heapwood_treap::Record;

/// The nodes inside `bound` on the way to it, the closest to it last: a range gives that one first from this end (0 the
/// lower, 1 the upper), and the ones before it later.
pub fn enter<R: Record>(arena: &Arena<R>, root: u32, bound: Bound<&[u8]>, end: usize) -> Vec<u32> {
    let (key, with_it) = match bound {
        Bound::Unbounded => (None, true),
        Bound::Included(key) => (Some(key), true),
        Bound::Excluded(key) => (Some(key), false),
    };
    let mut probe = key.map(Probe::new);
    let inside = [Ordering::Less, Ordering::Greater][end];
    let (mut at, mut waiting) = (root, Vec::new());
    while let Some(node) = arena.get(at) {
        let is_inside = probe.as_mut().is_none_or(|probe| match probe.compare(node) {
            Ordering::Equal => with_it,
            order => order == inside,
        });
        if is_inside {
            waiting.push(at);
        }
        at = node.children[if is_inside { end } else { 1 - end }];
    }
    waiting
}

impl<R: Record> Range<'_, R> {
    /// The next record from one end. The last one is next at both, and ends the range.
    pub fn advance(&mut self, end: usize) -> Option<Slot> {
        let node = self.waiting[end].pop()?;
        if self.waiting[1 - end].last() == Some(&node) {
            self.waiting = Default::default();
            return Some(Slot(node));
        }
        let mut at = self.arena[node].children[1 - end];
        while let Some(node) = self.arena.get(at) {
            self.waiting[end].push(at);
            at = node.children[end];
        }
        Some(Slot(node))
    }
}

impl<R: Record> Iterator for Range<'_, R> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        self.advance(0)
    }
}

impl<R: Record> DoubleEndedIterator for Range<'_, R> {
    fn next_back(&mut self) -> Option<Slot> {
        self.advance(1)
    }
}

/// The slots of the records in a range, in key order. Made by [`Treap::range`].
pub struct Range<'a, R> {
    arena: &'a Arena<R>,
    /// For each end the nodes that it has still to give, the next one last.
    waiting: [Vec<u32>; 2],
}

impl<R: Record> Treap<R> {
    /// The records between two bounds, in key order from both ends; none when the start is above the end.
    pub fn range(&self, start: Bound<&[u8]>, end: Bound<&[u8]>) -> Range<'_, R> {
        let mut waiting = [enter(&self.arena, self.root, start, 0), enter(&self.arena, self.root, end, 1)];
        let [first, last] =
            waiting.each_ref().map(|nodes| nodes.last().map(|&node| self.arena[node].live().key()));
        if first.zip(last).is_none_or(|(first, last)| first > last) {
            // Two ends of which one is missing, or that have passed each other, would never meet.
            waiting = Default::default();
        }
        Range { arena: &self.arena, waiting }
    }
}

/// A link that leads nowhere.
pub const NIL: u32 = u32::MAX;

/// The place of a record in its treap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(pub u32);

/// One node of the tree. Priorities, weights and windows are left out here.
pub struct Node<R> {
    /// Left and right child.
    pub children: [u32; 2],
    /// The record; `None` in a free slot.
    pub record: Option<R>,
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
}

impl<R> std::ops::Index<u32> for Arena<R> {
    type Output = Node<R>;
    fn index(&self, index: u32) -> &Node<R> {
        &self.nodes[index as usize]
    }
}

/// The treap, as far as a walk needs it.
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

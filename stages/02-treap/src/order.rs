//! Order statistics and ranges, by the weight of each subtree.

use std::cmp::Ordering;
use std::ops::Bound;

use crate::arena::{Arena, NIL, Slot};
use crate::record::Record;
use crate::treap::Treap;
use crate::window::Probe;

impl<R: Record> Treap<R> {
    /// The weights of all records, added: their number, where each weighs 1. O(1).
    pub fn total_weight(&self) -> u64 {
        self.arena.weight(self.root).into()
    }

    /// The weight of all records before the one with this key; `None` when it is not there. O(log n).
    pub fn rank(&self, key: &[u8]) -> Option<u64> {
        let (before, found) = self.weigh(key);
        found.map(|_| before)
    }

    /// The weight of all records with smaller keys, added on the way to this one (T3 makes each step a subtraction), and
    /// what the record with this key counts for, if it is there.
    fn weigh(&self, key: &[u8]) -> (u64, Option<u32>) {
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
    fn weight_below(&self, key: &[u8], with_it: bool) -> u64 {
        let (before, found) = self.weigh(key);
        before + found.filter(|_| with_it).map_or(0, u64::from)
    }

    /// The record with the smallest key. O(log n).
    pub fn first(&self) -> Option<Slot> {
        Slot::of(self.outermost(0))
    }

    /// The record with the largest key. O(log n).
    pub fn last(&self) -> Option<Slot> {
        Slot::of(self.outermost(1))
    }

    /// The end of the way from the root that goes to one side only.
    fn outermost(&self, side: usize) -> u32 {
        let mut at = self.root;
        while let Some(node) = self.arena.get(at)
            && node.children[side] != NIL
        {
            at = node.children[side];
        }
        at
    }

    /// The records between two bounds, in key order from both ends; none when the start is above the end.
    ///
    /// O(log n) to begin, O(1) for each record on the average.
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

/// The nodes inside `bound` on the way to it, the closest to it last: a range gives that one first from this end (0 the
/// lower, 1 the upper), and the ones before it later.
fn enter<R: Record>(arena: &Arena<R>, root: u32, bound: Bound<&[u8]>, end: usize) -> Vec<u32> {
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

/// The slots of the records in a range, in key order. Made by [`Treap::range`].
///
/// Without links to parents, each end (0 the lower, 1 the upper) keeps the nodes that it passed and has still to give,
/// the next one last.
pub struct Range<'a, R> {
    arena: &'a Arena<R>,
    waiting: [Vec<u32>; 2],
}

impl<R: Record> Range<'_, R> {
    /// The next record from one end. The last one is next at both, and ends the range.
    fn advance(&mut self, end: usize) -> Option<Slot> {
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

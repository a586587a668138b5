//! The arena: all nodes in one vector, free slots on a list.
//!
//! A link is the 32-bit index of a node: half of a pointer, so that a node fits 32 bytes and two share a cache line.
//! A record stays in its slot until it is removed; a rotation changes links only.

use crate::mem;
use crate::window::Window;

/// A link that leads nowhere. No slot has this index, so that a failing look-up in the arena is the end of a search.
pub(crate) const NIL: u32 = u32::MAX;

/// The place of a record in its treap. It stays the same until the record is removed, or moved by
/// [`shrink_step`](crate::Treap::shrink_step); then it may become another record's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(pub(crate) u32);

impl Slot {
    /// The place as a number, below [`slot_count`](crate::Treap::slot_count).
    pub fn index(self) -> u32 {
        self.0
    }

    /// The slot a link leads to.
    pub(crate) fn of(link: u32) -> Option<Self> {
        (link != NIL).then_some(Self(link))
    }
}

/// One node of the tree: 32 bytes when `R` takes eight. What a search reads at each step comes first, in 16 bytes that
/// never lie across two cache lines; a larger alignment would make the arena copy all nodes to grow, where otherwise the
/// system moves its pages.
#[repr(C, align(16))]
pub(crate) struct Node<R> {
    /// A piece of the key that settles most comparisons.
    pub(crate) window: Window,
    /// Left and right child.
    pub(crate) children: [u32; 2],
    /// The record; `None` in a free slot.
    pub(crate) record: Option<R>,
    /// Drawn at random; a parent's is at least its children's.
    pub(crate) priority: u32,
    /// The weights of all records in this subtree, added.
    pub(crate) weight: u32,
}

impl<R> Node<R> {
    /// The record of a node that is in the tree.
    pub(crate) fn live(&self) -> &R {
        self.record.as_ref().expect("a node in the tree has a record")
    }
}

/// All nodes, and which slots to use again.
pub(crate) struct Arena<R> {
    pub(crate) nodes: Vec<Node<R>>,
    /// Every free slot, and perhaps some that were cut off the end since.
    pub(crate) free: Vec<u32>,
}

impl<R> Arena<R> {
    pub(crate) const EMPTY: Self = Self { nodes: Vec::new(), free: Vec::new() };

    /// The node a link leads to; `None` for [`NIL`].
    #[inline]
    pub(crate) fn get(&self, link: u32) -> Option<&Node<R>> {
        self.nodes.get(link as usize)
    }

    /// The weight of the subtree a link leads to.
    pub(crate) fn weight(&self, link: u32) -> u32 {
        self.get(link).map_or(0, |node| node.weight)
    }

    /// Puts a node into a free slot, or at the end (T5: it is in use from now on). The caller has checked that there is
    /// an index left.
    pub(crate) fn put(&mut self, node: Node<R>) -> u32 {
        if let Some(index) = self.take_free_slot() {
            self[index] = node;
            return index;
        }
        if self.nodes.len() == self.nodes.capacity() {
            self.reserve(1);
        }
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    /// Makes room for `more` nodes, and for at least as many as there are.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.nodes.reserve(more);
        mem::advise_large_pages(&self.nodes);
    }

    /// Frees a slot and gives back what was in it (T5: the caller has taken it out of the tree).
    pub(crate) fn take(&mut self, index: u32) -> Option<R> {
        self.free.push(index);
        self[index].record.take()
    }

    /// Takes a slot off the list of free ones.
    pub(crate) fn take_free_slot(&mut self) -> Option<u32> {
        std::iter::from_fn(|| self.free.pop()).find(|&index| (index as usize) < self.nodes.len())
    }
}

impl<R> std::ops::Index<u32> for Arena<R> {
    type Output = Node<R>;
    #[inline]
    fn index(&self, index: u32) -> &Node<R> {
        &self.nodes[index as usize]
    }
}

impl<R> std::ops::IndexMut<u32> for Arena<R> {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut Node<R> {
        &mut self.nodes[index as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Packed;

    #[test]
    fn a_node_with_a_thin_record_takes_32_bytes_and_can_be_moved_by_the_system() {
        assert_eq!(size_of::<Node<Packed>>(), 32);
        assert_eq!(align_of::<Node<Packed>>(), 16);
    }
}

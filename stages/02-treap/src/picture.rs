//! What a treap looks like, for pictures and for the curious.

use crate::arena::Slot;
use crate::record::Record;
use crate::treap::Treap;

/// A node as a picture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeView<'a> {
    /// The record's key.
    pub key: &'a [u8],
    /// Drawn at random; at least that of each child.
    pub priority: u32,
    /// The weight of the whole subtree: its size, where each record weighs 1.
    pub size: u32,
    /// The child with smaller keys.
    pub left: Option<Slot>,
    /// The child with larger keys.
    pub right: Option<Slot>,
}

impl<R: Record> Treap<R> {
    /// The slot at the root. O(1).
    pub fn root(&self) -> Option<Slot> {
        Slot::of(self.root)
    }

    /// The node at a slot. O(1).
    ///
    /// # Panics
    /// When the slot is free, as [`record`](Self::record) does.
    pub fn node(&self, slot: Slot) -> NodeView<'_> {
        let node = &self.arena[slot.0];
        let [left, right] = node.children.map(Slot::of);
        NodeView { key: node.live().key(), priority: node.priority, size: node.weight, left, right }
    }
}

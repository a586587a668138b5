//! Dropping a treap in bounded steps, so that a server can empty a large one and go on answering.

use crate::arena::Node;
use crate::record::Record;
use crate::treap::Treap;

/// The records of a former treap, on their way out. Dropping it drops the rest at once, without recursion.
pub struct Clearing<R> {
    nodes: Vec<Node<R>>,
}

impl<R: Record> Treap<R> {
    /// Gives the records up. O(1): nothing is dropped yet.
    pub fn into_clearing(self) -> Clearing<R> {
        Clearing { nodes: self.arena.nodes }
    }
}

impl<R> Clearing<R> {
    /// Hands up to `max_records` records to `take`, which may drop them, or put off one that takes long to drop; true
    /// when none is left. O(`max_records`).
    pub fn step(&mut self, max_records: usize, mut take: impl FnMut(R)) -> bool {
        let kept = self.nodes.len().saturating_sub(max_records);
        for node in self.nodes.drain(kept..) {
            node.record.map(&mut take);
        }
        self.nodes.is_empty()
    }
}

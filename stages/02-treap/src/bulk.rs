//! A treap from sorted records in O(n).
//!
//! The records come in key order, so each becomes the last node of the right edge of the tree, below all nodes of the
//! edge that have a higher priority and above all others (Vuillemin, *A Unifying Look at Data Structures*, 1980).
//! A node that leaves the edge is complete: the newcomer is its upper bound, the edge's next node its lower one.

use std::fmt;

use crate::arena::NIL;
use crate::record::Record;
use crate::treap::{Full, Treap};
use crate::window::{self, OPEN};

/// Why a bulk build refused its input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BulkError {
    /// The key at this position, counted from 0, is not above the one before it.
    NotAscending {
        /// Where in the input.
        position: usize,
    },
    /// There are too many records.
    Full(Full),
}

impl fmt::Display for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAscending { position } => {
                write!(f, "UNSORTED key {position} is not above the one before; sort, and keep one of each")
            }
            Self::Full(full) => full.fmt(f),
        }
    }
}

impl std::error::Error for BulkError {}

impl<R: Record> Treap<R> {
    /// Builds a treap of records that come with strictly ascending keys. O(n).
    ///
    /// # Errors
    /// [`BulkError`] when keys do not ascend or there is no room; the records are dropped then.
    pub fn from_sorted(records: impl IntoIterator<Item = R>, seed: u64) -> Result<Self, BulkError> {
        let mut treap = Self::with_seed(seed);
        let records = records.into_iter();
        treap.arena.reserve(records.size_hint().0);
        let (mut edge, mut total_weight) = (Vec::new(), 0);
        for (position, record) in records.enumerate() {
            let previous = treap.arena.nodes.last().map(|node| node.live().key());
            if previous.is_some_and(|previous| previous >= record.key()) {
                return Err(BulkError::NotAscending { position });
            }
            total_weight = treap.check_room(total_weight, record.weight()).map_err(BulkError::Full)?;
            treap.append(record, &mut edge);
        }
        treap.root = treap.complete(&mut edge, 0, NIL);
        Ok(treap)
    }

    /// Adds a record above all others at the end of the right edge.
    fn append(&mut self, record: R, edge: &mut Vec<u32>) {
        let node = self.plant(record, OPEN);
        let priority = self.arena[node].priority;
        let stays = edge.iter().rposition(|&above| self.arena[above].priority >= priority);
        self.arena[node].children[0] = self.complete(edge, stays.map_or(0, |last| last + 1), node);
        if let Some(&above) = edge.last() {
            self.arena[above].children[1] = node;
        }
        edge.push(node);
    }

    /// Takes all nodes from `stays` on off the edge, from below, and settles their weights and windows. Gives the
    /// topmost of them.
    fn complete(&mut self, edge: &mut Vec<u32>, stays: usize, upper: u32) -> u32 {
        let mut top = NIL;
        while edge.len() > stays {
            top = edge.pop().unwrap_or(NIL);
            let below = self.arena[top].children.map(|child| self.arena.weight(child));
            self.arena[top].weight += below[0] + below[1];
            let bounds = [edge.last().copied().unwrap_or(NIL), upper];
            self.arena[top].window = window::between(&self.arena, self.arena[top].live().key(), bounds);
        }
        top
    }
}

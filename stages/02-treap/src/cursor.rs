//! A walk in key order that survives any change.

use std::ops::Bound;

use crate::arena::Slot;
use crate::record::Record;
use crate::treap::Treap;

/// A place in key order, between two keys. It holds the last key it passed, never a node: whatever is inserted,
/// removed or moved between two steps, a record that is there all the time is visited once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    start: Bound<Vec<u8>>,
}

impl Default for Cursor {
    fn default() -> Self {
        Self::new()
    }
}

impl Cursor {
    /// A cursor before the first key.
    pub fn new() -> Self {
        Self { start: Bound::Unbounded }
    }

    /// A cursor at the lower bound of a range.
    pub fn starting_at(start: Bound<&[u8]>) -> Self {
        Self { start: start.map(<[u8]>::to_vec) }
    }

    /// Visits up to `max_records` further records and moves behind them; true when it met the end. O(log n + records).
    pub fn step<R: Record>(
        &mut self,
        treap: &Treap<R>,
        max_records: usize,
        mut visit: impl FnMut(Slot),
    ) -> bool {
        let mut range = treap.range(self.start.as_ref().map(Vec::as_slice), Bound::Unbounded);
        let mut last = None;
        for slot in range.by_ref().take(max_records) {
            visit(slot);
            last = Some(slot);
        }
        if let Some(slot) = last {
            self.start = Bound::Excluded(treap.record(slot).key().to_vec());
        }
        range.next().is_none()
    }
}

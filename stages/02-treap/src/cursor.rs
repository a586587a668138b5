//! A walk in key order that survives any change.

use std::ops::Bound;

use crate::arena::Slot;
use crate::record::Record;
use crate::treap::Treap;

/// A place in key order, between two keys. It holds the last key it passed, never a node: whatever is inserted,
/// removed or moved between two steps, a record that is there all the time is visited once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    last: Option<Vec<u8>>,
}

impl Cursor {
    /// A cursor before the first key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Visits up to `max_records` further records and moves behind them; true when it met the end. O(log n + records).
    pub fn step<R: Record>(
        &mut self,
        treap: &Treap<R>,
        max_records: usize,
        mut visit: impl FnMut(Slot),
    ) -> bool {
        let start = self.last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut range = treap.range(start, Bound::Unbounded);
        let mut last = None;
        for slot in range.by_ref().take(max_records) {
            visit(slot);
            last = Some(slot);
        }
        if let Some(slot) = last {
            self.last = Some(treap.record(slot).key().to_vec());
        }
        range.next().is_none()
    }
}

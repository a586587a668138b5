//! The nodes of a treap in key order, each with what its window skips.

use heapwood_treap::{Packed, Slot, Treap};

/// So many bytes of a key are in a window.
pub(super) const HELD: usize = 7;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) slot: Slot,
    pub(super) key: String,
    /// How far below the root.
    pub(super) depth: usize,
    /// How many bytes the window skips.
    pub(super) skip: usize,
    /// Left and right child.
    pub(super) children: [Option<Slot>; 2],
}

/// What comparing windows brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They differ: the order of the keys is known.
    Differs,
    /// They are equal: the record has to be read.
    Equal,
}

impl Row {
    /// The bytes that the window of a node with this skip would hold of a key, zeros where there are none.
    fn held(&self, key: &str) -> [u8; HELD] {
        let mut held = [0; HELD];
        let bytes = key.as_bytes().get(self.skip..).unwrap_or_default();
        held.iter_mut().zip(bytes).for_each(|(held, byte)| *held = *byte);
        held
    }

    /// What the window says to a search for a key.
    pub(super) fn verdict(&self, sought: &str) -> Verdict {
        if self.held(sought) == self.held(&self.key) { Verdict::Equal } else { Verdict::Differs }
    }

    /// Whether another state of this node has the same window.
    pub(super) fn has_window_of(&self, other: &Self) -> bool {
        self.key == other.key && self.skip == other.skip
    }
}

/// All nodes in key order.
///
/// # Errors
/// The treap's invariants do not hold, or a key is no text.
pub(super) fn recorded(treap: &Treap<Packed>) -> Result<Vec<Row>, String> {
    treap.check()?;
    let mut rows = Vec::new();
    let mut waiting = Vec::from_iter(treap.root().map(|root| (root, 0, [None, None])));
    while let Some((slot, depth, bounds)) = waiting.pop() {
        let view = treap.node(slot);
        let key = std::str::from_utf8(view.key).map_err(|error| error.to_string())?;
        let children = [view.left, view.right];
        rows.push(Row { slot, key: key.to_owned(), depth, skip: shared(bounds), children });
        waiting.extend(view.left.map(|left| (left, depth + 1, [bounds[0], Some(view.key)])));
        waiting.extend(view.right.map(|right| (right, depth + 1, [Some(view.key), bounds[1]])));
    }
    rows.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(rows)
}

/// How many bytes two bounds share; none, if one is missing.
fn shared(bounds: [Option<&[u8]>; 2]) -> usize {
    let [Some(low), Some(high)] = bounds else { return 0 };
    low.iter().zip(high).take_while(|(low, high)| low == high).count()
}

//! The key window: eight bytes of a node that settle most comparisons without touching the record.
//!
//! Every key below a node lies between two bounds: the nearest ancestor where the path went right, and the nearest
//! one where it went left. What these two share at their beginnings, every key between them shares too. So the
//! window skips that prefix and holds the seven key bytes after it, which tell far more keys apart than the first
//! seven would when keys look like `user:1000:name`.
//!
//! Only bounds that change move a window. A rotation changes them for its two nodes alone: the one that goes up
//! takes over the interval, and so the skip, of the one that goes down, and that one gets the rising node as a bound.

use std::cmp::Ordering;

use crate::arena::{Arena, NIL, Node};
use crate::record::Record;

/// The longest prefix a window can skip: its length has one byte.
const MAX_SKIP: usize = 255;

/// The nodes whose keys enclose a subtree, as links: the lower, then the upper; [`NIL`] where it is open.
pub(crate) type Bounds = [u32; 2];

/// The bounds of the whole tree.
pub(crate) const OPEN: Bounds = [NIL, NIL];

/// Seven key bytes, then the length of the skipped prefix in the lowest byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window(u64);

impl Window {
    /// The window of a key whose first `skip` bytes are those of all keys in its interval. After a short key's end
    /// come zeros.
    pub(crate) fn new(key: &[u8], skip: usize) -> Self {
        let bytes = big_endian(key.get(skip..).unwrap_or_default());
        Self(bytes & !0xff | skip as u64)
    }

    /// How many bytes all keys of the interval share.
    #[inline]
    pub(crate) fn skip(self) -> usize {
        (self.0 & 0xff) as usize
    }
}

/// The first eight bytes as a number that sorts as they do; zeros stand in for missing ones.
fn big_endian(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    let present = bytes.len().min(8);
    word[..present].copy_from_slice(&bytes[..present]);
    u64::from_be_bytes(word)
}

/// How many bytes two keys share at their beginnings. Eight at a time: the lowest bit in which two words differ, in
/// little-endian order, is in the first byte that does.
#[inline]
pub(crate) fn shared_prefix(left: &[u8], right: &[u8]) -> usize {
    let (left_words, right_words) = (left.as_chunks::<8>().0, right.as_chunks::<8>().0);
    let mut shared = 0;
    for (left, right) in left_words.iter().zip(right_words) {
        let differing = u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right);
        if differing != 0 {
            return shared + differing.trailing_zeros() as usize / 8;
        }
        shared += 8;
    }
    let rest = left[shared..].iter().zip(&right[shared..]);
    shared + rest.take_while(|(left, right)| left == right).count()
}

/// The window of `key` between `bounds`.
pub(crate) fn between<R: Record>(arena: &Arena<R>, key: &[u8], bounds: Bounds) -> Window {
    let [Some(low), Some(high)] = bounds.map(|bound| arena.get(bound)) else {
        return Window::new(key, 0);
    };
    let [low, high] = [low, high].map(|node| node.live().key()).map(|key| &key[..key.len().min(MAX_SKIP)]);
    Window::new(key, shared_prefix(low, high))
}

/// A key on its way down the tree.
#[derive(Clone, Copy)]
pub(crate) struct Probe<'k> {
    key: &'k [u8],
    /// The last eight bytes of the key, or all of a shorter one.
    tail: u64,
    /// At least this much the key shares with the bounds passed so far, the lower and the upper.
    shared: [usize; 2],
}

impl<'k> Probe<'k> {
    #[inline]
    pub(crate) fn new(key: &'k [u8]) -> Self {
        let tail = key.last_chunk().map_or_else(|| big_endian(key), |tail| u64::from_be_bytes(*tail));
        Self { key, tail, shared: [0, 0] }
    }

    /// The key's bytes where a node's window has its own.
    #[inline]
    fn window(&self, skip: usize) -> u64 {
        if let Some(bytes) = self.key.get(skip..skip + 8) {
            return u64::from_be_bytes(bytes.try_into().expect("eight bytes"));
        }
        let missing = skip - self.key.len().saturating_sub(8);
        self.tail.checked_shl(8 * missing as u32).unwrap_or(0)
    }

    /// Compares by windows alone: `None` when they are equal, which says nothing, since keys may differ later, and
    /// the zeros after a short key look like zero bytes of a longer one. Where windows differ they are right: a
    /// zero that stands for the end sorts the shorter key first.
    #[inline]
    pub(crate) fn side<R>(&self, node: &Node<R>) -> Option<usize> {
        let ours = self.window(node.window.skip());
        ((ours ^ node.window.0) > 0xff).then_some(usize::from(ours > node.window.0))
    }

    /// Compares the key with a node's: the window decides, or else the record.
    #[inline]
    pub(crate) fn compare<R: Record>(&mut self, node: &Node<R>) -> Ordering {
        match self.side(node) {
            Some(0) => Ordering::Less,
            Some(_) => Ordering::Greater,
            None => self.compare_records(node),
        }
    }

    /// Compares whole keys, from behind what is known to be shared. The bounds only come closer on the way down, so
    /// what the key shared with earlier ones it shares with all later nodes: a long common prefix is read once.
    pub(crate) fn compare_records<R: Record>(&mut self, node: &Node<R>) -> Ordering {
        let from = node.window.skip().max(self.shared[0].min(self.shared[1]));
        let (ours, theirs) = (&self.key[from..], &node.live().key()[from..]);
        let shared = shared_prefix(ours, theirs);
        let order = ours.get(shared).cmp(&theirs.get(shared));
        match order {
            Ordering::Less => self.shared[1] = from + shared,
            Ordering::Greater => self.shared[0] = from + shared,
            Ordering::Equal => {}
        }
        order
    }
}

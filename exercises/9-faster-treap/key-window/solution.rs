//! Each node of the treap has room for eight bytes that settle most comparisons without a look at the record: seven
//! bytes of the key and one length. Which seven? All keys below a node lie between two bounds, the nearest ancestors on
//! either side. What these two share at their beginnings, every key between them shares too: the window skips that, and
//! holds what comes after it.
//!
//! Write `big_endian`, `Window::new`, `shared_prefix` and `between`. What must hold:
//!
//! - **W1, skip**: what a window skips is the same in every key of its node's interval, and in every key searched for there;
//! - **W2, verdict**: windows that differ are in the order of their keys;
//! - **T4, window**: a window skips exactly what the bounds share, at most 255 bytes.
//!
//! `shared_prefix` is called on every insertion and in many searches, for keys that share much: let it compare eight bytes
//! at a time. Given is as much of the arena as `between` needs: `get` gives the node of a link, `live` its record.
//!
//! Run it with `cargo learn key-window`, and see with `cargo learn measure key-window` what eight at a time gain.

use heapwood_treap::Record;

/// A link that leads nowhere. No slot has this index.
pub const NIL: u32 = u32::MAX;

/// One node of the tree; what matters here is its record.
pub struct Node<R> {
    /// `None` in a free slot.
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

/// The longest prefix that a window can skip, in bytes: the length of what is skipped has one byte.
pub const MAX_SKIP: usize = 255;

/// The nodes whose keys enclose a subtree, as links: the lower, then the upper; [`NIL`] where it is open.
pub type Bounds = [u32; 2];

/// Seven key bytes, the first of them highest, and the length of what was skipped before them in the lowest byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window(pub u64);

impl Window {
    /// The window of a key whose first `skip` bytes are those of all keys in its interval (W1); `skip` is at most
    /// [`MAX_SKIP`]. After a short key's end come zeros.
    pub fn new(key: &[u8], skip: usize) -> Self {
        let bytes = big_endian(key.get(skip..).unwrap_or_default());
        Self(bytes & !0xff | skip as u64)
    }
}

/// The first eight bytes as a number that sorts as they do; zeros stand in for missing ones.
pub fn big_endian(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    let present = bytes.len().min(8);
    word[..present].copy_from_slice(&bytes[..present]);
    u64::from_be_bytes(word)
}

/// How many bytes two keys share at their beginnings.
#[inline]
pub fn shared_prefix(left: &[u8], right: &[u8]) -> usize {
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

/// The window of `key` between `bounds`. It skips what the two share (T4), at most [`MAX_SKIP`] bytes; with one bound
/// missing, nothing is known to be shared.
pub fn between<R: Record>(arena: &Arena<R>, key: &[u8], bounds: Bounds) -> Window {
    let [Some(low), Some(high)] = bounds.map(|bound| arena.get(bound)) else {
        return Window::new(key, 0);
    };
    let [low, high] = [low, high].map(|node| node.live().key()).map(|key| &key[..key.len().min(MAX_SKIP)]);
    Window::new(key, shared_prefix(low, high))
}

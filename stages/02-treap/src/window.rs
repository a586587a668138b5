//! The key window: eight bytes of a node that settle most comparisons without touching the record.
//!
//! Every key below a node lies in an interval between two bounds: the nearest ancestor where the path went right, and the
//! nearest one where it went left. What these two share at their beginnings, every key between them shares too. So the
//! window skips that prefix and holds the seven key bytes after it, which tell far more keys apart than the first
//! seven would when keys look like `user:1000:name`.
//!
//! - **W1, skip**: what a window skips is the same in every key of its node's interval, and in every key searched for there.
//! - **W2, verdict**: windows that differ are in the order of their keys; windows that are equal say nothing.
//! - **W3, shared**: what a search takes as shared with its bounds, it shares with every key between them.
//!
//! Only bounds that change move a window. A rotation changes them for its two nodes alone: the one that goes up
//! takes over the interval, and so the skip, of the one that goes down, and that one gets the rising node as a bound.

use std::cmp::Ordering;

use crate::arena::{Arena, NIL, Node};
use crate::record::Record;

/// The longest prefix that a window can skip, in bytes: the length of what is skipped has one byte.
const MAX_SKIP: usize = 255;

/// The nodes whose keys enclose a subtree, as links: the lower, then the upper; [`NIL`] where it is open.
pub(crate) type Bounds = [u32; 2];

/// The bounds of the whole tree.
pub(crate) const OPEN: Bounds = [NIL, NIL];

/// Seven key bytes, the first of them highest, and the length of what was skipped before them in the lowest byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window(u64);

impl Window {
    /// The window of a key whose first `skip` bytes are those of all keys in its interval (W1). After a short key's
    /// end come zeros.
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

/// The window of `key` between `bounds`. It skips what the two share (T4), at most [`MAX_SKIP`] bytes; with one bound
/// missing, nothing is known to be shared.
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
    /// The last eight bytes of the key, or all of a shorter one and zeros.
    tail: u64,
    /// At least so many bytes the key shares with the lower and with the upper bound.
    shared: [usize; 2],
}

impl<'k> Probe<'k> {
    #[inline]
    pub(crate) fn new(key: &'k [u8]) -> Self {
        let tail = key.last_chunk().map_or_else(|| big_endian(key), |tail| u64::from_be_bytes(*tail));
        Self { key, tail, shared: [0, 0] }
    }

    /// Eight of the key's bytes, from where a node's window has its seven. Zeros stand in for missing ones: near the
    /// end of a key they are shifted in behind its last bytes, which costs less than a copy.
    #[inline]
    fn window(&self, skip: usize) -> u64 {
        if let Some(bytes) = self.key.get(skip..skip + 8) {
            return u64::from_be_bytes(bytes.try_into().expect("eight bytes"));
        }
        let missing = skip - self.key.len().saturating_sub(8);
        self.tail.checked_shl(8 * missing as u32).unwrap_or(0)
    }

    /// Compares by windows alone: 0 when the search goes left, 1 when it goes right, `None` when they are equal. Equal
    /// ones say nothing (W2): the keys may differ later, and zeros after a short key look like those of a longer one.
    /// Where they differ, a zero that stands for the end sorts the shorter key first, which is right.
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

    /// Compares whole keys, from behind what is known to be shared (W3). The bounds only come closer on the way down, so
    /// what the key shared with both it shares with all later nodes: once both are met, a long common prefix is read once.
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

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::Packed;

    /// A prefix that all keys share, and keys whose ends make windows equal: zeros, and more than seven bytes.
    fn keys(count: usize) -> impl Strategy<Value = (usize, Vec<Vec<u8>>)> {
        let end = prop::collection::vec(select(vec![0_u8, 1, b'a', 0xff]), 0..10);
        (0..20_usize, prop::collection::vec(end, count)).prop_map(|(shared, ends)| {
            (shared, ends.iter().map(|end| [&vec![b'p'; shared], &end[..]].concat()).collect())
        })
    }

    fn node(key: &[u8], skip: usize) -> Node<Packed> {
        let (window, record) = (Window::new(key, skip), Some(Packed::string(key, b"")));
        Node { window, children: [NIL; 2], record, priority: 0, weight: 1 }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn windows_that_differ_are_in_the_order_of_their_keys((shared, keys) in keys(2)) {
            let side = Probe::new(&keys[0]).side(&node(&keys[1], shared));
            let right = side.is_none() || side == Some(usize::from(keys[0] > keys[1]));
            prop_assert!(right, "W2: {:?} and {:?} without {shared}: {side:?}", keys[0], keys[1]);
        }

        #[test]
        fn what_a_probe_takes_as_shared_the_rest_of_its_way_shares((skip, mut keys) in keys(8)) {
            let key = keys.pop().unwrap_or_default();
            let (mut probe, mut bounds) = (Probe::new(&key), [None, None]);
            for other in &keys {
                if bounds[0].is_some_and(|low| other <= low) || bounds[1].is_some_and(|high| other >= high) {
                    continue;
                }
                let between = probe.shared[0].min(probe.shared[1]);
                prop_assert!(shared_prefix(&key, other) >= between, "W3: {other:?} does not share {between}");
                let order = probe.compare_records(&node(other, skip.min(between)));
                prop_assert_eq!(order, key.cmp(other), "W3: {:?} and {:?}", key, other);
                match order {
                    Ordering::Less => bounds[1] = Some(other),
                    Ordering::Greater => bounds[0] = Some(other),
                    Ordering::Equal => break,
                }
            }
        }
    }

    #[test]
    fn a_window_skips_what_its_bounds_share_and_no_more_than_255_bytes() {
        let long = [b'p'; 300];
        let keys = [&long[..], &[&long[..], b"z"].concat(), b"user:1000:a", b"user:1000:z", b"user:1002"];
        let mut arena = Arena::EMPTY;
        let places = keys.map(|key| arena.put(node(key, 0)));
        let skip = |low: u32, key: &[u8], high: u32| between(&arena, key, [low, high]).skip();
        assert_eq!(skip(places[2], b"user:1000:name", places[3]), 10, "W1: user:1000:");
        assert_eq!(skip(places[2], b"user:1001", places[4]), 8, "W1: user:100");
        assert_eq!(skip(places[0], &[&long[..], b"k"].concat(), places[1]), 255);
        assert_eq!(skip(NIL, b"user:1000:name", places[3]), 0, "W1: anything may come before");
    }
}

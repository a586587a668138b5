//! Records that can have a deadline, and the entries of the second treap.

use heapwood_treap::{Packed, Record};

/// A record that can carry a deadline of its own.
pub trait Expires {
    /// When it expires, in Unix milliseconds; `None` for never.
    fn deadline_ms(&self) -> Option<u64>;
    /// Sets when it expires.
    fn set_deadline_ms(&mut self, deadline_ms: Option<u64>);
}

/// A packed record keeps its deadline as its stamp, so that a record without one takes no room for it.
impl<T> Expires for Packed<T> {
    fn deadline_ms(&self) -> Option<u64> {
        self.stamp()
    }

    fn set_deadline_ms(&mut self, deadline_ms: Option<u64>) {
        self.set_stamp(deadline_ms);
    }
}

/// How many bytes of a [`Due`] are its deadline.
const DEADLINE_BYTES: usize = size_of::<u64>();

/// An entry of the deadline treap: eight bytes of deadline, big-endian so that byte order is time order, then the key.
#[derive(Debug)]
pub struct Due(Box<[u8]>);

impl Due {
    pub(crate) fn new(deadline_ms: u64, key: &[u8]) -> Self {
        Self([&deadline_ms.to_be_bytes(), key].concat().into())
    }

    pub(crate) fn deadline_ms(&self) -> u64 {
        self.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// The key that expires then.
    pub(crate) fn expiring_key(&self) -> &[u8] {
        &self.0[DEADLINE_BYTES..]
    }
}

impl Record for Due {
    fn key(&self) -> &[u8] {
        &self.0
    }
}

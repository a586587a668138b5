//! What a treap holds.

/// A record of a [`Treap`](crate::Treap): it owns its key, so that one allocation can hold key and value.
pub trait Record {
    /// The key, of any bytes. It must not change while the record is in a treap.
    fn key(&self) -> &[u8];

    /// How many entries this record counts for in ranks: 1, or their number where a record is a block of entries.
    fn weight(&self) -> u32 {
        1
    }

    /// Tells the processor that the key will be read soon; may do nothing.
    fn prefetch(&self) {}
}

//! Stage 2: a treap, sorted keys with random priorities.
#![deny(unsafe_code)]
#![allow(clippy::todo, unused_variables, dead_code)]

use std::marker::PhantomData;
use std::ops::Bound;

pub mod strings;
pub use strings::{StringError, StringValue};

/// The longest key of a [`Packed`] record, in bytes: its length has 27 bits.
pub const MAX_KEY_BYTES: usize = (1 << 27) - 1;
/// The longest string of a [`Packed`] record, in bytes, as in Redis.
pub const MAX_STRING_BYTES: usize = 512 * 1024 * 1024;
/// The most keys of one call of [`Treap::find_batch`].
pub const MAX_LANES: usize = 64;

/// What a treap holds.
pub trait Record {
    /// The key; it must not change while the record is in a treap.
    fn key(&self) -> &[u8];
    /// How many entries the record counts for.
    fn weight(&self) -> u32 {
        1
    }
    /// Tells the processor that the key will be read soon.
    fn prefetch(&self) {}
}

/// A record's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct Slot(u32);

impl Slot {
    /// The place as a number.
    pub fn index(self) -> u32 {
        self.0
    }
}

/// No room for another record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full {
    /// The records that are there.
    pub records: u32,
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "FULL there are {} records; delete some first",
            self.records
        )
    }
}
impl std::error::Error for Full {}

/// Why a bulk build refused its input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BulkError {
    /// The record at this position does not come after the one before it.
    NotAscending {
        /// Counted from 0.
        position: usize,
    },
    /// Too many records.
    Full(Full),
}
impl std::fmt::Display for BulkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}
impl std::error::Error for BulkError {}

/// A node for pictures.
#[derive(Clone, Copy, Debug)]
pub struct NodeView<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The priority; a parent's is at least its children's.
    pub priority: u32,
    /// The weight of the subtree.
    pub size: u32,
    /// The left child.
    pub left: Option<Slot>,
    /// The right child.
    pub right: Option<Slot>,
}

/// A treap.
pub struct Treap<R: Record>(PhantomData<R>);

impl<R: Record> Default for Treap<R> {
    fn default() -> Self {
        Self::new()
    }
}

#[allow(missing_docs)]
impl<R: Record> Treap<R> {
    pub fn new() -> Self {
        todo!()
    }
    pub fn with_seed(seed: u64) -> Self {
        todo!()
    }
    pub fn len(&self) -> usize {
        todo!()
    }
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    pub fn find(&self, key: &[u8]) -> Option<Slot> {
        todo!()
    }
    pub fn get(&self, key: &[u8]) -> Option<&R> {
        todo!()
    }
    pub fn record(&self, slot: Slot) -> &R {
        todo!()
    }
    pub fn holds(&self, slot: Slot, key: &[u8]) -> bool {
        todo!()
    }
    pub fn update<T>(&mut self, slot: Slot, change: impl FnOnce(&mut R) -> T) -> T {
        todo!()
    }
    pub fn insert(&mut self, record: R) -> Result<(Slot, Option<R>), Full> {
        todo!()
    }
    pub fn remove(&mut self, key: &[u8]) -> Option<R> {
        todo!()
    }
    pub fn rank(&self, key: &[u8]) -> Option<u64> {
        todo!()
    }
    pub fn at(&self, index: u64) -> Option<Slot> {
        todo!()
    }
    pub fn total_weight(&self) -> u64 {
        todo!()
    }
    pub fn count(&self, start: Bound<&[u8]>, end: Bound<&[u8]>) -> u64 {
        todo!()
    }
    pub fn range(&self, start: Bound<&[u8]>, end: Bound<&[u8]>) -> Range<'_, R> {
        todo!()
    }
    pub fn first(&self) -> Option<Slot> {
        todo!()
    }
    pub fn last(&self) -> Option<Slot> {
        todo!()
    }
    pub fn from_sorted(records: impl IntoIterator<Item = R>, seed: u64) -> Result<Self, BulkError> {
        todo!()
    }
    pub fn into_clearing(self) -> Clearing<R> {
        todo!()
    }
    pub fn slot_count(&self) -> u32 {
        todo!()
    }
    pub fn slot_at(&self, index: u32) -> Option<Slot> {
        todo!()
    }
    pub fn shrink_step(&mut self, max_moves: usize) -> usize {
        todo!()
    }
    pub fn find_batch(&self, keys: &[&[u8]], hints: &mut [Option<Slot>]) {
        todo!()
    }
    pub fn node(&self, slot: Slot) -> NodeView<'_> {
        todo!()
    }
    pub fn root(&self) -> Option<Slot> {
        todo!()
    }
    pub fn check(&self) -> Result<(), String> {
        todo!()
    }
}

/// Slots in key order, from both ends.
pub struct Range<'a, R: Record>(PhantomData<&'a R>);
impl<R: Record> Iterator for Range<'_, R> {
    type Item = Slot;
    fn next(&mut self) -> Option<Slot> {
        todo!()
    }
}
impl<R: Record> DoubleEndedIterator for Range<'_, R> {
    fn next_back(&mut self) -> Option<Slot> {
        todo!()
    }
}

/// A walk in key order that survives any change of the treap: it holds the last key, never a node.
#[derive(Clone, Debug)]
pub struct Cursor {
    after: Bound<Vec<u8>>,
}
#[allow(missing_docs)]
impl Cursor {
    pub fn new() -> Self {
        todo!()
    }
    pub fn starting_at(start: Bound<&[u8]>) -> Self {
        todo!()
    }
    /// Shows up to `max_records` further records; true when there are no more.
    pub fn step<R: Record>(
        &mut self,
        treap: &Treap<R>,
        max_records: usize,
        visit: impl FnMut(Slot),
    ) -> bool {
        todo!()
    }
}

/// A treap being dropped in bounded steps.
pub struct Clearing<R: Record>(PhantomData<R>);
#[allow(missing_docs)]
impl<R: Record> Clearing<R> {
    pub fn step(&mut self, max_records: usize) -> bool {
        todo!()
    }
    pub fn remaining(&self) -> usize {
        todo!()
    }
}

/// Key, optional stamp and value in one allocation behind a thin pointer.
pub struct Packed<T = std::convert::Infallible>(std::ptr::NonNull<u8>, PhantomData<T>);
#[allow(unsafe_code, clippy::undocumented_unsafe_blocks)]
unsafe impl<T: Send> Send for Packed<T> {}

/// What a [`Packed`] record holds beside its key.
#[derive(Debug, PartialEq, Eq)]
pub enum Body<'a, T> {
    /// Bytes in the record itself.
    String(&'a [u8]),
    /// A value in a box of its own.
    Boxed(&'a T),
}

#[allow(missing_docs)]
impl<T> Packed<T> {
    pub fn string(key: &[u8], value: &[u8]) -> Self {
        todo!()
    }
    pub fn boxed(key: &[u8], value: T) -> Self {
        todo!()
    }
    pub fn key(&self) -> &[u8] {
        todo!()
    }
    pub fn body(&self) -> Body<'_, T> {
        todo!()
    }
    pub fn boxed_mut(&mut self) -> Option<&mut T> {
        todo!()
    }
    pub fn set_string(&mut self, value: &[u8]) {
        todo!()
    }
    pub fn set_boxed(&mut self, value: T) {
        todo!()
    }
    pub fn append(&mut self, more: &[u8]) {
        todo!()
    }
    pub fn stamp(&self) -> Option<u64> {
        todo!()
    }
    pub fn set_stamp(&mut self, stamp: Option<u64>) {
        todo!()
    }
    pub fn renamed(self, key: &[u8]) -> Self {
        todo!()
    }
    /// Takes the boxed value out; an empty string stays.
    pub fn take_boxed(&mut self) -> Option<Box<T>> {
        todo!()
    }
    pub fn allocated_bytes(&self) -> usize {
        todo!()
    }
}
impl<T> Record for Packed<T> {
    fn key(&self) -> &[u8] {
        self.key()
    }
}
impl<T> StringValue for Packed<T> {
    fn new_string(key: &[u8], value: &[u8]) -> Self {
        Self::string(key, value)
    }
    fn as_string(&self) -> Option<&[u8]> {
        todo!()
    }
    fn set_string(&mut self, value: &[u8]) {
        self.set_string(value)
    }
    fn append_string(&mut self, more: &[u8]) {
        self.append(more)
    }
}

//! Runs of plain `SET` and `DEL`: sorted, the last of each key kept.
//!
//! Inserting a million keys in the order of a log costs a cache miss at every step down the tree. Sorting them first costs a fraction of that, and a
//! tree is built from sorted keys in linear time.

use std::cmp::Ordering;

/// One record of a run: where its key and value are in the piece of the file that is in memory.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Eight bytes of the key, behind what all keys of the run share: most comparisons look no further.
    window: u64,
    key_start: u32,
    key_len: u32,
    value_start: u32,
    /// [`DELETED`] for a deletion.
    value_len: u32,
}

/// No value is as long.
const DELETED: u32 = u32::MAX;

/// A longer run is loaded in parts: this bounds the memory for entries to 96 MiB.
const MAX_RUN_ENTRIES: usize = 4 * 1024 * 1024;

/// So many records are fetched from memory together.
const TOUCHED_AHEAD: usize = 32;

impl Entry {
    fn key<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.key_start as usize..][..self.key_len as usize]
    }

    fn value<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        (self.value_len != DELETED).then(|| &bytes[self.value_start as usize..][..self.value_len as usize])
    }
}

/// Collects a run.
#[derive(Debug, Default)]
pub(crate) struct Run {
    entries: Vec<Entry>,
}

impl Run {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= MAX_RUN_ENTRIES
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds a record whose key and value are at these places (start and length) in the piece. `false`: too far into a piece above 4 GiB.
    pub(crate) fn push(&mut self, key: (usize, usize), value: Option<(usize, usize)>) -> bool {
        let (value_start, value_len) = value.unwrap_or((0, DELETED as usize));
        let (Ok(key_start), Ok(value_start)) = (key.0.try_into(), value_start.try_into()) else {
            return false;
        };
        self.entries.push(Entry {
            window: 0,
            key_start,
            key_len: key.1 as u32,
            value_start,
            value_len: value_len as u32,
        });
        true
    }

    /// The run in the order of its keys; `bytes` is the piece. O(n log n).
    pub(crate) fn sort<'a>(&'a mut self, bytes: &'a [u8]) -> SortedRun<'a> {
        let shared = shared_prefix(&self.entries, bytes);
        for entry in &mut self.entries {
            entry.window = window(&entry.key(bytes)[shared..]);
        }
        self.entries.sort_unstable_by(|a, b| compare(a, b, bytes).then(a.key_start.cmp(&b.key_start)));
        SortedRun { bytes, entries: &self.entries, untouched: self.entries.len() }
    }
}

/// How many bytes all keys have in common at their start.
fn shared_prefix(entries: &[Entry], bytes: &[u8]) -> usize {
    let Some(first) = entries.first() else {
        return 0;
    };
    let mut shared = first.key(bytes);
    for entry in entries {
        let key = entry.key(bytes);
        if !key.starts_with(shared) {
            let same = shared.iter().zip(key).take_while(|(a, b)| a == b).count();
            shared = &shared[..same];
        }
    }
    shared.len()
}

/// The first eight bytes as a number that compares like them; a shorter key is filled up with zeros.
fn window(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = key.len().min(8);
    bytes[..len].copy_from_slice(&key[..len]);
    u64::from_be_bytes(bytes)
}

fn compare(a: &Entry, b: &Entry, bytes: &[u8]) -> Ordering {
    a.window.cmp(&b.window).then_with(|| a.key(bytes).cmp(b.key(bytes)))
}

/// The outcome of a run, in the order of its keys, each once: a key and the value it ends with, or `None` when it ends deleted.
#[derive(Clone, Debug)]
pub struct SortedRun<'a> {
    bytes: &'a [u8],
    entries: &'a [Entry],
    /// So many entries at the end of `entries` are not touched yet.
    untouched: usize,
}

impl SortedRun<'_> {
    /// Reads a byte or two of each of the next records. In key order they lie all over the piece, and one by one each would cost a full cache
    /// miss; read together, without one waiting for another, the misses overlap.
    fn touch(&mut self) {
        let next = &self.entries[..self.entries.len().min(TOUCHED_AHEAD)];
        let mut sum = 0;
        for entry in next {
            let value_end = entry.value_start as usize + entry.value(self.bytes).map_or(0, <[u8]>::len);
            for place in [entry.key_start as usize, value_end] {
                sum ^= self.bytes.get(place).copied().unwrap_or(0);
            }
        }
        std::hint::black_box(sum);
        self.untouched = self.entries.len() - next.len();
    }

    /// The length of the longest key. O(n).
    pub fn longest_key_bytes(&self) -> usize {
        let lengths = self.entries.iter().map(|entry| entry.key_len as usize);
        lengths.max().unwrap_or(0)
    }
}

impl<'a> Iterator for SortedRun<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.entries.len() <= self.untouched {
            self.touch();
        }
        let (mut last, mut rest) = self.entries.split_first()?;
        while let Some((next, others)) = rest.split_first() {
            if compare(last, next, self.bytes).is_ne() {
                break;
            }
            (last, rest) = (next, others);
        }
        self.entries = rest;
        Some((last.key(self.bytes), last.value(self.bytes)))
    }

    /// The upper bound is the number of records in the run.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.entries.len().min(1), Some(self.entries.len()))
    }
}

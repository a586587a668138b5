//! Runs of plain `SET` and `DEL`: sorted, the last of each key kept.
//!
//! Inserting a million keys in the order of a log costs a cache miss at every step down the tree. Sorting them first costs a fraction of that, and a
//! tree is built from sorted keys in linear time.

use crate::load::Replay;

/// One record of a run.
#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    /// Eight bytes of the key, behind what all keys of the run share: most comparisons look no further.
    window: u64,
    key: &'a [u8],
    /// `None` for a deletion.
    value: Option<&'a [u8]>,
}

/// A longer run is loaded in parts: this bounds the memory for entries to 160 MiB.
const MAX_RUN_ENTRIES: usize = 4 * 1024 * 1024;

/// So many records are fetched from memory together.
const TOUCHED_AHEAD: usize = 32;

/// Collects a run.
#[derive(Debug, Default)]
pub(crate) struct Run<'a> {
    entries: Vec<Entry<'a>>,
    /// What all keys begin with.
    shared: &'a [u8],
}

impl<'a> Run<'a> {
    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= MAX_RUN_ENTRIES
    }

    pub(crate) fn push(&mut self, key: &'a [u8], value: Option<&'a [u8]>) {
        if self.entries.is_empty() {
            self.shared = key;
        }
        if !key.starts_with(self.shared) {
            let same = self.shared.iter().zip(key).take_while(|(a, b)| a == b);
            self.shared = &self.shared[..same.count()];
        }
        self.entries.push(Entry { window: 0, key, value });
    }

    /// Hands the run on, in the order of its keys, and begins a new one. O(n log n).
    pub(crate) fn load_into(&mut self, replay: &mut dyn Replay) -> Result<(), String> {
        if self.entries.is_empty() {
            return Ok(());
        }
        for entry in &mut self.entries {
            entry.window = window(&entry.key[self.shared.len()..]);
        }
        // Where keys are equal, their places tell which record is the later one.
        let place = |entry: &Entry<'_>| entry.key.as_ptr().addr();
        let by_key = |a: &Entry<'_>, b: &Entry<'_>| a.window.cmp(&b.window).then_with(|| a.key.cmp(b.key));
        self.entries.sort_unstable_by(|a, b| by_key(a, b).then_with(|| place(a).cmp(&place(b))));
        self.entries.dedup_by(|later, kept| {
            let same = later.window == kept.window && later.key == kept.key;
            if same {
                *kept = *later;
            }
            same
        });
        let loaded = replay.load_run(SortedRun { entries: &self.entries });
        self.entries.clear();
        loaded
    }
}

/// The first eight bytes as a number that compares like them; a shorter key is filled up with zeros.
fn window(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = key.len().min(8);
    bytes[..len].copy_from_slice(&key[..len]);
    u64::from_be_bytes(bytes)
}

/// The outcome of a run, in the order of its keys, each once: a key and the value it ends with, or `None` when it ends deleted.
#[derive(Clone, Debug)]
pub struct SortedRun<'a> {
    entries: &'a [Entry<'a>],
}

/// Reads a byte or two of each of these records. In key order they lie all over the piece, and one by one each would cost a full cache miss; read
/// together, without one waiting for another, the misses overlap.
fn touch(entries: &[Entry<'_>]) {
    let ends = entries.iter().map(|entry| (entry.key.first(), entry.value.unwrap_or_default().last()));
    std::hint::black_box(ends.fold(0, |sum, (a, b)| sum ^ a.unwrap_or(&0) ^ b.unwrap_or(&0)));
}

impl<'a> Iterator for SortedRun<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.entries.len().is_multiple_of(TOUCHED_AHEAD) {
            touch(&self.entries[..self.entries.len().min(TOUCHED_AHEAD)]);
        }
        let (next, rest) = self.entries.split_first()?;
        self.entries = rest;
        Some((next.key, next.value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.entries.len(), Some(self.entries.len()))
    }
}

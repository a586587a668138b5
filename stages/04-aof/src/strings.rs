//! A tree of strings, filled from a log and written out to one.

use crate::rewrite::Snapshot;
use crate::run::SortedRun;
use heapwood_treap::{Cursor, Record, StringValue, Treap, strings};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// How many records one step of a snapshot emits at most.
const RECORDS_PER_STEP: usize = 256;

/// Carries out a run on a tree of strings: an empty tree is built in one pass, a filled one is changed key by key, in key order.
///
/// # Errors
/// The tree is full.
pub fn load_strings<V: StringValue>(tree: &mut Treap<V>, run: SortedRun<'_>) -> Result<(), String> {
    if tree.is_empty() {
        let records = run.filter_map(|(key, value)| Some(V::new_string(key, value?)));
        let seed = SmallRng::from_os_rng().random();
        *tree = Treap::from_sorted(records, seed).map_err(|error| error.to_string())?;
        return Ok(());
    }
    for (key, value) in run {
        if let Some(value) = value {
            let found = tree.find(key);
            strings::set(tree, found, key, value).map_err(|error| error.to_string())?;
        } else {
            tree.remove(key);
        }
    }
    Ok(())
}

/// A tree of strings as `SET`s, in key order.
pub struct StringsSnapshot<'a, V: Record> {
    tree: &'a Treap<V>,
    cursor: Cursor,
}

impl<'a, V: StringValue> StringsSnapshot<'a, V> {
    /// A snapshot that has emitted nothing yet.
    pub fn new(tree: &'a Treap<V>) -> Self {
        Self { tree, cursor: Cursor::new() }
    }
}

impl<V: StringValue> Snapshot for StringsSnapshot<'_, V> {
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        let tree = self.tree;
        self.cursor.step(tree, RECORDS_PER_STEP, |slot| {
            let record = tree.record(slot);
            if let Some(value) = record.as_string() {
                emit(&[b"SET", record.key(), value]);
            }
        })
    }
}

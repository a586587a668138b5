//! A keyspace as the commands that build it again, for a fresh log.

use std::convert::Infallible;

use heapwood_aof::{Snapshot, StringsSnapshot};
use heapwood_treap::{Body, Cursor, Packed};

use crate::keyspace::Keyspace;

/// How many records one step emits at most.
const RECORDS_PER_STEP: usize = 256;

/// A value, other than a string, that a log can hold.
pub trait LogValue {
    /// Emits the commands that make this value at `key`, where nothing is.
    fn emit(&self, key: &[u8], emit: &mut dyn FnMut(&[&[u8]]));
}

/// In this stage there are only strings.
impl LogValue for Infallible {
    fn emit(&self, _key: &[u8], _emit: &mut dyn FnMut(&[&[u8]])) {
        match *self {}
    }
}

/// A snapshot: first every string as a plain SET, in key order, so that they form one run and load in bulk; then the
/// values of other kinds; then every deadline as a PEXPIREAT.
pub struct KeyspaceSnapshot<'a, T = Infallible> {
    keyspace: &'a Keyspace<Packed<T>>,
    /// Each part while there is more of it.
    strings: Option<StringsSnapshot<'a, Packed<T>>>,
    values: Option<Cursor>,
    deadlines: Cursor,
}

impl<'a, T: LogValue> KeyspaceSnapshot<'a, T> {
    /// A snapshot that has emitted nothing yet.
    pub fn new(keyspace: &'a Keyspace<Packed<T>>) -> Self {
        let strings = Some(StringsSnapshot::new(keyspace.tree()));
        Self { keyspace, strings, values: Some(Cursor::new()), deadlines: Cursor::new() }
    }
}

impl<T: LogValue> Snapshot for KeyspaceSnapshot<'_, T> {
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        if let Some(strings) = &mut self.strings {
            if strings.step(emit) {
                self.strings = None;
            }
            return false;
        }
        let keys = self.keyspace.tree();
        if let Some(cursor) = &mut self.values {
            let done = cursor.step(keys, RECORDS_PER_STEP, |slot| {
                let record = keys.record(slot);
                if let Body::Boxed(value) = record.body() {
                    value.emit(record.key(), emit);
                }
            });
            if done {
                self.values = None;
            }
            return false;
        }
        let deadlines = &self.keyspace.deadlines;
        self.deadlines.step(deadlines, RECORDS_PER_STEP, |slot| {
            let due = deadlines.record(slot);
            let unix_ms = due.deadline_ms().to_string();
            emit(&[b"PEXPIREAT", due.expiring_key(), unix_ms.as_bytes()]);
        })
    }
}

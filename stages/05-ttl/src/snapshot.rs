//! A keyspace as the commands that build it again, for a fresh log.

use std::convert::Infallible;

use heapwood_aof::Snapshot;
use heapwood_treap::{Body, Cursor, Packed, Treap};

use crate::expires::Due;
use crate::keyspace::Keyspace;

/// How many records one step emits at most.
const RECORDS_PER_STEP: usize = 256;

/// How many records are measured to estimate the size of all.
const SAMPLES: u64 = 4096;

/// About how many bytes of a record in the log are neither key nor value: lengths, line ends, the command's name.
const LOG_OVERHEAD_BYTES: u64 = 32;

/// A value, other than a string, that a log can hold.
pub trait LogValue {
    /// Emits the commands that make this value at `key`, where nothing is.
    fn emit(&self, key: &[u8], emit: &mut dyn FnMut(&[&[u8]]));
    /// About how many bytes these are.
    fn log_bytes(&self) -> u64;
}

/// In this stage there are only strings.
impl LogValue for Infallible {
    fn emit(&self, _key: &[u8], _emit: &mut dyn FnMut(&[&[u8]])) {
        match *self {}
    }

    fn log_bytes(&self) -> u64 {
        match *self {}
    }
}

/// Which part of a snapshot comes next.
#[derive(Clone, Copy)]
enum Part {
    Strings,
    Values,
    Deadlines,
}

/// A snapshot: first every string as a plain SET, in key order, so that they form one run and load in bulk; then the
/// values of other kinds; then every deadline as a PEXPIREAT.
pub struct KeyspaceSnapshot<'a, T = Infallible> {
    keyspace: &'a Keyspace<Packed<T>>,
    part: Part,
    cursor: Cursor,
}

impl<'a, T: LogValue> KeyspaceSnapshot<'a, T> {
    /// A snapshot that has emitted nothing yet.
    pub fn new(keyspace: &'a Keyspace<Packed<T>>) -> Self {
        let (part, cursor) = (Part::Strings, Cursor::new());
        Self { keyspace, part, cursor }
    }
}

impl<T: LogValue> Snapshot for KeyspaceSnapshot<'_, T> {
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        let (keys, part) = (self.keyspace.tree(), self.part);
        if let Part::Deadlines = part {
            return emit_deadlines(&self.keyspace.deadlines, &mut self.cursor, emit);
        }
        let done = self.cursor.step(keys, RECORDS_PER_STEP, |slot| {
            let record = keys.record(slot);
            match (part, record.body()) {
                (Part::Strings, Body::String(value)) => emit(&[b"SET", record.key(), value]),
                (Part::Values, Body::Boxed(value)) => value.emit(record.key(), emit),
                _ => {}
            }
        });
        if done {
            self.cursor = Cursor::new();
            self.part = match part {
                Part::Strings => Part::Values,
                _ => Part::Deadlines,
            };
        }
        false
    }

    /// From a sample of the records: O(1).
    fn live_bytes_estimate(&self) -> u64 {
        let keys = self.keyspace.tree();
        let (slots, samples) = (u64::from(keys.slot_count()), SAMPLES.min(keys.len() as u64));
        let places = (0..samples).map(|sample| (sample * slots / samples) as u32);
        let (mut sampled, mut bytes) = (0, 0);
        for slot in places.filter_map(|place| keys.slot_at(place)) {
            let record = keys.record(slot);
            sampled += 1;
            bytes += LOG_OVERHEAD_BYTES + record.key().len() as u64;
            bytes += match record.body() {
                Body::String(value) => value.len() as u64,
                Body::Boxed(value) => value.log_bytes(),
            };
        }
        let deadline_bytes = self.keyspace.deadline_count() as u64 * 2 * LOG_OVERHEAD_BYTES;
        bytes / sampled.max(1) * keys.len() as u64 + deadline_bytes
    }
}

/// Emits the next deadlines behind the cursor; true when there are no more.
fn emit_deadlines(deadlines: &Treap<Due>, cursor: &mut Cursor, emit: &mut dyn FnMut(&[&[u8]])) -> bool {
    cursor.step(deadlines, RECORDS_PER_STEP, |slot| {
        let due = deadlines.record(slot);
        let unix_ms = due.deadline_ms().to_string();
        emit(&[b"PEXPIREAT", due.expiring_key(), unix_ms.as_bytes()]);
    })
}

//! A keyspace as the commands that build it again, for a fresh log.

use heapwood_aof::Snapshot;
use heapwood_treap::{Cursor, Record, StringValue, Treap};

use crate::expires::{Due, Expires};
use crate::keyspace::Keyspace;

/// How many records one step emits at most.
pub const RECORDS_PER_STEP: usize = 256;

/// How many records are measured to estimate the size of all.
const SAMPLES: u64 = 4096;

/// About how many bytes of a record in the log are neither key nor value: lengths, line ends, the command's name.
const LOG_OVERHEAD_BYTES: u64 = 32;

/// A snapshot of a keyspace of strings: first every string as a plain SET, in key order, then every deadline as a
/// PEXPIREAT. So the SETs form one run, which loads in bulk.
pub struct KeyspaceSnapshot<'a, R: Record + Expires> {
    keyspace: &'a Keyspace<R>,
    strings: Option<Cursor>,
    deadlines: Cursor,
}

impl<'a, R: StringValue + Expires> KeyspaceSnapshot<'a, R> {
    /// A snapshot that has emitted nothing yet.
    pub fn new(keyspace: &'a Keyspace<R>) -> Self {
        Self { keyspace, strings: Some(Cursor::new()), deadlines: Cursor::new() }
    }
}

impl<R: StringValue + Expires> Snapshot for KeyspaceSnapshot<'_, R> {
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        let Some(strings) = &mut self.strings else {
            return emit_deadlines(self.keyspace, &mut self.deadlines, emit);
        };
        if emit_strings(self.keyspace, strings, emit) {
            self.strings = None;
        }
        false
    }

    fn live_bytes_estimate(&self) -> u64 {
        let string_bytes = |record: &R| record.as_string().map_or(0, <[u8]>::len) as u64;
        estimated_bytes(self.keyspace, string_bytes)
    }
}

/// Emits the next strings behind `cursor` as SETs; true when there are no more.
pub fn emit_strings<R: StringValue + Expires>(
    keyspace: &Keyspace<R>,
    cursor: &mut Cursor,
    emit: &mut dyn FnMut(&[&[u8]]),
) -> bool {
    let keys = &keyspace.keys;
    cursor.step(keys, RECORDS_PER_STEP, |slot| {
        let record = keys.record(slot);
        if let Some(value) = record.as_string() {
            emit(&[b"SET", record.key(), value]);
        }
    })
}

/// Emits the next deadlines behind `cursor` as PEXPIREATs; true when there are no more.
pub fn emit_deadlines<R: Record + Expires>(
    keyspace: &Keyspace<R>,
    cursor: &mut Cursor,
    emit: &mut dyn FnMut(&[&[u8]]),
) -> bool {
    let deadlines: &Treap<Due> = &keyspace.deadlines;
    cursor.step(deadlines, RECORDS_PER_STEP, |slot| {
        let due = deadlines.record(slot);
        emit(&[b"PEXPIREAT", due.expiring_key(), due.deadline_ms().to_string().as_bytes()]);
    })
}

/// About how many bytes the snapshot comes to, from a sample of the records; `value_bytes` measures one value. O(1).
pub fn estimated_bytes<R: Record + Expires>(keyspace: &Keyspace<R>, value_bytes: impl Fn(&R) -> u64) -> u64 {
    let keys = keyspace.tree();
    let slots = u64::from(keys.slot_count());
    let places = (0..slots.min(SAMPLES)).map(|i| (i * slots / slots.min(SAMPLES)) as u32);
    let (mut sampled, mut bytes) = (0, 0);
    for slot in places.filter_map(|place| keys.slot_at(place)) {
        let record = keys.record(slot);
        sampled += 1;
        bytes += record.key().len() as u64 + value_bytes(record) + LOG_OVERHEAD_BYTES;
    }
    let deadlines = keyspace.deadline_count() as u64 * 2 * LOG_OVERHEAD_BYTES;
    let mean = bytes.checked_div(sampled).unwrap_or(0);
    mean * keys.len() as u64 + deadlines
}

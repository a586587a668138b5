//! A keyspace of strings and deques as the commands that build it again.

use std::collections::VecDeque;

use heapwood_aof::Snapshot;
use heapwood_treap::{Body, Cursor, Slot};
use heapwood_ttl::Keyspace;
use heapwood_ttl::snapshot::{RECORDS_PER_STEP, emit_deadlines, emit_strings, estimated_bytes};

use crate::{Deque, Value};

/// How many elements one RPUSH carries at most.
const ELEMENTS_PER_PUSH: usize = 128;

/// About how many bytes of an element in the log are not the element itself.
const LOG_ELEMENT_BYTES: usize = 8;

/// How many bytes of elements one RPUSH carries at most, its last element left aside.
const BYTES_PER_PUSH: usize = 64 * 1024;

/// Which part of a snapshot comes next.
enum Part {
    Strings(Cursor),
    Lists(Lists),
    Deadlines(Cursor),
}

/// How far the lists are.
struct Lists {
    cursor: Cursor,
    no_more: bool,
    /// Lists that the cursor has found and that are not yet emitted.
    found: VecDeque<Slot>,
    /// How many elements of the first of them were emitted.
    emitted: usize,
}

/// A snapshot: first every string as a plain SET, so that they load in bulk, then every list as RPUSHes of bounded
/// length, then every deadline as a PEXPIREAT.
pub struct ValueSnapshot<'a> {
    keyspace: &'a Keyspace<Value>,
    part: Part,
}

impl<'a> ValueSnapshot<'a> {
    /// A snapshot that has emitted nothing yet.
    pub fn new(keyspace: &'a Keyspace<Value>) -> Self {
        Self { keyspace, part: Part::Strings(Cursor::new()) }
    }
}

impl Snapshot for ValueSnapshot<'_> {
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        match &mut self.part {
            Part::Strings(cursor) => {
                if emit_strings(self.keyspace, cursor, emit) {
                    self.part = Part::Lists(Lists::new());
                }
            }
            Part::Lists(lists) => {
                if lists.step(self.keyspace, emit) {
                    self.part = Part::Deadlines(Cursor::new());
                }
            }
            Part::Deadlines(cursor) => return emit_deadlines(self.keyspace, cursor, emit),
        }
        false
    }

    fn live_bytes_estimate(&self) -> u64 {
        estimated_bytes(self.keyspace, |record| match record.body() {
            Body::String(value) => value.len() as u64,
            Body::Boxed(list) => (list.payload_bytes() + list.len() * LOG_ELEMENT_BYTES) as u64,
        })
    }
}

impl Lists {
    fn new() -> Self {
        Self { cursor: Cursor::new(), no_more: false, found: VecDeque::new(), emitted: 0 }
    }

    /// Looks for further lists, or emits one RPUSH of a list found before; true when all is emitted.
    fn step(&mut self, keyspace: &Keyspace<Value>, emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        let keys = keyspace.tree();
        if let Some(&slot) = self.found.front() {
            let record = keys.record(slot);
            if let Body::Boxed(list) = record.body() {
                self.emitted += emit_push(record.key(), list, self.emitted, emit);
                if self.emitted < list.len() {
                    return false;
                }
            }
            self.found.pop_front();
            self.emitted = 0;
        } else if !self.no_more {
            let found = &mut self.found;
            self.no_more = self.cursor.step(keys, RECORDS_PER_STEP, |slot| {
                if matches!(keys.record(slot).body(), Body::Boxed(_)) {
                    found.push_back(slot);
                }
            });
        }
        self.no_more && self.found.is_empty()
    }
}

/// Emits one RPUSH with the elements from `start` on and says how many it carries: at least one, if there is one.
fn emit_push(key: &[u8], list: &Deque, start: usize, emit: &mut dyn FnMut(&[&[u8]])) -> usize {
    let mut args: Vec<&[u8]> = vec![b"RPUSH", key];
    let mut bytes = 0;
    for element in list.range(start, ELEMENTS_PER_PUSH) {
        bytes += element.len();
        args.push(element);
        if bytes > BYTES_PER_PUSH {
            break;
        }
    }
    emit(&args);
    args.len() - 2
}

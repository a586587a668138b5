//! A deque as the commands that build it again, for a fresh log.

use heapwood_ttl::snapshot::{KeyspaceSnapshot, LogValue};

use crate::deque::Deque;

/// How many elements one RPUSH carries at most.
const ELEMENTS_PER_PUSH: usize = 128;

/// How many bytes of elements one RPUSH carries at most, its last element left aside.
const BYTES_PER_PUSH: usize = 64 * 1024;

/// A snapshot of strings, deques and deadlines.
pub type ValueSnapshot<'a> = KeyspaceSnapshot<'a, Deque>;

impl LogValue for Deque {
    /// RPUSHes of bounded length.
    fn emit(&self, key: &[u8], emit: &mut dyn FnMut(&[&[u8]])) {
        let mut args: Vec<&[u8]> = vec![b"RPUSH", key];
        let mut bytes = 0;
        for element in self.iter() {
            if args.len() - 2 >= ELEMENTS_PER_PUSH || bytes >= BYTES_PER_PUSH {
                emit(&args);
                args.truncate(2);
                bytes = 0;
            }
            args.push(element);
            bytes += element.len();
        }
        emit(&args);
    }
}

//! The header of a packed record, and what follows from it: where everything is, and how much was allocated.

use std::alloc::Layout;

/// The longest key, in bytes: its length has 27 bits, and no frame holds a longer one.
pub const MAX_KEY_BYTES: usize = (1 << 27) - 1;

/// The longest string, in bytes: Redis's limit.
pub const MAX_STRING_BYTES: usize = 512 * 1024 * 1024;

pub(super) const HEADER_BYTES: usize = size_of::<Header>();
pub(super) const STAMP_BYTES: usize = size_of::<u64>();
pub(super) const POINTER_BYTES: usize = size_of::<*mut u8>();

/// Of the key's word: the length, and three of the five bits that it leaves.
const KEY_LENGTH: u32 = MAX_KEY_BYTES as u32;
pub(super) const STAMPED: u32 = 1 << 29;
pub(super) const BOXED: u32 = 1 << 30;
pub(super) const GROWN: u32 = 1 << 31;

/// The first eight bytes of a record. All places and sizes follow from it.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Header {
    pub(super) key_and_flags: u32,
    pub(super) body_len: u32,
}

impl Header {
    pub(super) fn is(self, flag: u32) -> bool {
        self.key_and_flags & flag != 0
    }

    pub(super) fn with(self, flag: u32, on: bool) -> Self {
        let others = self.key_and_flags & !flag;
        Self { key_and_flags: if on { others | flag } else { others }, ..self }
    }

    /// The header of the same record with another body.
    pub(super) fn with_body(self, boxed: bool, len: usize) -> Self {
        assert!(len <= MAX_STRING_BYTES, "a string of {len} bytes is longer than {MAX_STRING_BYTES}");
        Self { body_len: len as u32, ..self.with(BOXED, boxed) }
    }

    pub(super) fn key_len(self) -> usize {
        (self.key_and_flags & KEY_LENGTH) as usize
    }

    pub(super) fn stamp_at(self) -> usize {
        HEADER_BYTES + self.key_len()
    }

    pub(super) fn body_at(self) -> usize {
        self.stamp_at() + if self.is(STAMPED) { STAMP_BYTES } else { 0 }
    }

    /// The bytes to allocate. For most records what the allocator rounds up to anyway: multiples of 16 less its own
    /// word. For one that was appended to, the next number with three significant bits, at most a quarter more: so
    /// appending costs O(1) a byte on the average.
    pub(super) fn capacity(self) -> usize {
        const ALLOCATOR_WORD: usize = 8;
        const LEAST: usize = 24;
        let used = self.body_at() + self.body_len as usize;
        if self.is(GROWN) {
            return used.next_multiple_of((used.next_power_of_two() / 8).max(16));
        }
        ((used + ALLOCATOR_WORD).next_multiple_of(16) - ALLOCATOR_WORD).max(LEAST)
    }

    pub(super) fn layout(self) -> Layout {
        Layout::from_size_align(self.capacity(), align_of::<u64>()).expect("less than 2^30 bytes")
    }
}

//! A record in one allocation behind a thin pointer.
//!
//! ```text
//!  u32 key length, flags | u32 body length | key | stamp, 8 bytes, if there is one | body: a string, or a pointer
//! ```
//!
//! A map of boxed keys and boxed values pays for two allocations and four words for each entry; this pays for one
//! allocation and one word. How many bytes were allocated is nowhere stored: it follows from the lengths and one flag.

use std::alloc;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::{mem, slice};

use crate::strings::StringValue;

use super::header::{BOXED, GROWN, HEADER_BYTES, Header, MAX_KEY_BYTES, POINTER_BYTES, STAMPED};

/// A record of a key, perhaps a stamp (a number: a deadline, say), and a string or a boxed `T`.
///
/// It takes eight bytes where it is kept, also as an `Option`, and one allocation: 56 bytes for a key of 16 and a
/// string of 32.
pub struct Packed<T = std::convert::Infallible> {
    pub(super) start: NonNull<u8>,
    owns: PhantomData<Box<T>>,
}

// SAFETY: a record owns what it points to, as a Box<T> does, and shares it with nobody.
unsafe impl<T: Send> Send for Packed<T> {}
// SAFETY: through a shared record only shared references can be had.
unsafe impl<T: Sync> Sync for Packed<T> {}

/// What a [`Packed`] record holds beside its key.
#[derive(Debug, PartialEq, Eq)]
pub enum Body<'a, T> {
    /// Bytes in the record itself.
    String(&'a [u8]),
    /// A value in a box of its own.
    Boxed(&'a T),
}

impl<T> Packed<T> {
    /// A record of a key and a string.
    ///
    /// # Panics
    /// When the key is longer than [`MAX_KEY_BYTES`] or the string longer than [`MAX_STRING_BYTES`](crate::MAX_STRING_BYTES), as for all that
    /// take one: commands refuse such arguments earlier, as those in [`strings`](crate::strings) do.
    pub fn string(key: &[u8], value: &[u8]) -> Self {
        assert!(key.len() <= MAX_KEY_BYTES, "a key of {} bytes is longer than {MAX_KEY_BYTES}", key.len());
        let header = Header { key_and_flags: key.len() as u32, body_len: 0 }.with_body(false, value.len());
        // SAFETY: the layout is never of size 0. Key and string lie behind each other within the capacity, which follows
        // from their lengths; the new allocation overlaps with neither of them. Alignment 8 suits a header.
        unsafe {
            let start = alloc::alloc(header.layout());
            let start = NonNull::new(start).unwrap_or_else(|| alloc::handle_alloc_error(header.layout()));
            start.cast::<Header>().write(header);
            start.add(HEADER_BYTES).copy_from_nonoverlapping(NonNull::from(key).cast(), key.len());
            start.add(header.body_at()).copy_from_nonoverlapping(NonNull::from(value).cast(), value.len());
            Self { start, owns: PhantomData }
        }
    }

    /// A record of a key and a boxed value.
    pub fn boxed(key: &[u8], value: T) -> Self {
        let mut record = Self::string(key, &[]);
        record.set_boxed(value);
        record
    }

    #[inline]
    fn header(&self) -> Header {
        // SAFETY: every record begins with an aligned header, from `string` on.
        unsafe { self.start.cast::<Header>().read() }
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &[u8] {
        // SAFETY: that many bytes behind the header were written by `string`, and never change.
        unsafe { slice::from_raw_parts(self.start.add(HEADER_BYTES).as_ptr(), self.header().key_len()) }
    }

    /// The string or the boxed value.
    #[inline]
    pub fn body(&self) -> Body<'_, T> {
        let header = self.header();
        // SAFETY: a pointer came from a Box<T> and is owned here; without one `body_len` bytes were written at `body_at`.
        // The reference lives as long as the shared borrow of the record.
        unsafe {
            let string = self.start.add(header.body_at()).as_ptr();
            let string = || slice::from_raw_parts(string, header.body_len as usize);
            self.pointer().map_or_else(|| Body::String(string()), |pointer| Body::Boxed(&*pointer))
        }
    }

    /// The boxed value, to change; `None` for a string.
    pub fn boxed_mut(&mut self) -> Option<&mut T> {
        // SAFETY: the pointer came from a Box<T>; the record owns it and is borrowed exclusively.
        self.pointer().map(|pointer| unsafe { &mut *pointer })
    }

    /// The pointer to the boxed value.
    #[inline]
    fn pointer(&self) -> Option<*mut T> {
        let header = self.header();
        // SAFETY: with BOXED a pointer, not aligned, lies at `body_at`.
        let read = || unsafe { self.start.add(header.body_at()).cast::<*mut T>().read_unaligned() };
        header.is(BOXED).then(read)
    }

    /// Makes the allocation fit another header, and writes that. Bytes stay where they are, as many as fit.
    ///
    /// # Safety
    /// The header has the key's length. The caller then writes the bytes of stamp and body that are new or lie
    /// elsewhere, and keeps or frees a value that was boxed.
    unsafe fn reshape(&mut self, new: Header) {
        let (old, size) = (self.header().layout(), new.layout().size());
        // SAFETY: the record was allocated with the layout of its present header; the new size is not 0 and far
        // below isize::MAX; the header's place is inside any capacity.
        unsafe {
            if size != old.size() {
                let start = alloc::realloc(self.start.as_ptr(), old, size);
                self.start = NonNull::new(start).unwrap_or_else(|| alloc::handle_alloc_error(new.layout()));
            }
            self.start.cast::<Header>().write(new);
        }
    }

    /// Makes the body the first `kept` bytes of the string that it is, at most all, and `more`: bytes of a string, or those
    /// of a pointer. In place where that needs the same capacity. A boxed value so far is left to the caller.
    #[inline(always)]
    fn set_body(&mut self, boxed: bool, kept: usize, more: &[u8], grown: bool) {
        let old = self.header();
        let mut new = old.with_body(boxed, kept.saturating_add(more.len()));
        if new.capacity() != old.capacity() {
            new = new.with(GROWN, grown);
        }
        // SAFETY: key, stamp and the kept bytes stay where they are, and all behind them are written at once. They cannot
        // overlap with `more`: this record is borrowed exclusively.
        unsafe {
            self.reshape(new);
            let end = self.start.add(new.body_at() + kept);
            end.copy_from_nonoverlapping(NonNull::from(more).cast(), more.len());
        }
    }

    /// Makes the body a string; in place where the new one needs the same capacity. Key and stamp stay.
    pub fn set_string(&mut self, value: &[u8]) {
        let boxed = self.pointer();
        self.set_body(false, 0, value, false);
        // SAFETY: the pointer came from a box, and the record has forgotten it.
        drop(boxed.map(|pointer| unsafe { Box::from_raw(pointer) }));
    }

    /// Makes the body a boxed value. Key and stamp stay.
    pub fn set_boxed(&mut self, value: T) {
        match self.boxed_mut() {
            Some(present) => *present = value,
            None => self.adopt(Box::new(value)),
        }
    }

    /// Makes the body, a string so far, this box.
    fn adopt(&mut self, value: Box<T>) {
        let pointer = Box::into_raw(value);
        // SAFETY: a pointer is that many bytes; they are copied as they are.
        let bytes = unsafe { slice::from_raw_parts((&raw const pointer).cast(), POINTER_BYTES) };
        self.set_body(true, 0, bytes, false);
    }

    /// Takes the boxed value out; an empty string stays. `None` for a string, which stays.
    pub fn take_boxed(&mut self) -> Option<Box<T>> {
        let pointer = self.pointer()?;
        self.set_body(false, 0, &[], false);
        // SAFETY: the pointer came from a box, and the record has forgotten it.
        Some(unsafe { Box::from_raw(pointer) })
    }

    /// Appends to the string; O(1) a byte on the average. A boxed value is replaced.
    pub fn append(&mut self, more: &[u8]) {
        let header = self.header();
        if header.is(BOXED) {
            return self.set_string(more);
        }
        self.set_body(false, header.body_len as usize, more, true);
    }

    /// Cuts the string to `len` bytes and gives the rest of its memory back. Nothing happens to a string that is not
    /// longer, or to a boxed value.
    pub fn truncate(&mut self, len: usize) {
        if matches!(self.body(), Body::String(value) if len < value.len()) {
            self.set_body(false, len, &[], false);
        }
    }

    /// The stamp, if there is one.
    #[inline]
    pub fn stamp(&self) -> Option<u64> {
        let header = self.header();
        // SAFETY: with STAMPED eight bytes, not aligned, lie at `stamp_at`.
        let read = || unsafe { self.start.add(header.stamp_at()).cast::<u64>().read_unaligned() };
        header.is(STAMPED).then(read)
    }

    /// Sets or removes the stamp. O(1) when there was one and still is; else the body moves by eight bytes.
    pub fn set_stamp(&mut self, stamp: Option<u64>) {
        let old = self.header();
        let new = old.with(STAMPED, stamp.is_some());
        let (from, to, len) = (old.body_at(), new.body_at(), old.body_len as usize);
        // SAFETY: the body is moved while the allocation has the larger of both sizes: before it shrinks, after it
        // grows. The places may overlap. A moved pointer stays what it was. Then the stamp is written.
        unsafe {
            if to < from {
                self.start.add(from).copy_to(self.start.add(to), len);
            }
            self.reshape(new);
            if to > from {
                self.start.add(from).copy_to(self.start.add(to), len);
            }
            if let Some(stamp) = stamp {
                self.start.add(new.stamp_at()).cast::<u64>().write_unaligned(stamp);
            }
        }
    }

    /// The same stamp and body under another key.
    pub fn renamed(mut self, key: &[u8]) -> Self {
        let boxed = self.take_boxed();
        let mut record = Self::string(key, self.as_string().unwrap_or_default());
        record.set_stamp(self.stamp());
        if let Some(value) = boxed {
            record.adopt(value);
        }
        record
    }

    /// The bytes asked of the allocator, with those of a boxed value, without what that owns.
    pub fn allocated_bytes(&self) -> usize {
        let header = self.header();
        header.capacity() + if header.is(BOXED) { size_of::<T>() } else { 0 }
    }
}

impl<T> Drop for Packed<T> {
    fn drop(&mut self) {
        let boxed = self.pointer();
        // SAFETY: the allocation has the layout of its header, and nobody can use it after this. The boxed value is
        // dropped last: should that panic, nothing is left behind and nothing freed twice.
        unsafe {
            alloc::dealloc(self.start.as_ptr(), self.header().layout());
            drop(boxed.map(|pointer| Box::from_raw(pointer)));
        }
    }
}

const _: () = assert!(mem::size_of::<Option<Packed>>() == POINTER_BYTES && POINTER_BYTES <= 8);

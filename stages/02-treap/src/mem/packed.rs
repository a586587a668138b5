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
use std::ptr::{self, NonNull};
use std::{mem, slice};

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
        Self::build(key, None, value)
    }

    /// A record of a key and a boxed value.
    pub fn boxed(key: &[u8], value: T) -> Self {
        let mut record = Self::string(key, &[]);
        record.set_boxed(value);
        record
    }

    /// Allocates a record and writes all of it.
    fn build(key: &[u8], stamp: Option<u64>, value: &[u8]) -> Self {
        assert!(key.len() <= MAX_KEY_BYTES, "a key of {} bytes is longer than {MAX_KEY_BYTES}", key.len());
        let header = Header { key_and_flags: key.len() as u32, body_len: 0 };
        let header = header.with(STAMPED, stamp.is_some()).with_string(value.len());
        // SAFETY: the layout is never of size 0. Key, stamp and string lie behind each other within the capacity,
        // which follows from their lengths; the new allocation overlaps with none of them. Alignment 8 suits a header.
        unsafe {
            let start = alloc::alloc(header.layout());
            let start = NonNull::new(start).unwrap_or_else(|| alloc::handle_alloc_error(header.layout()));
            start.cast::<Header>().write(header);
            start.add(HEADER_BYTES).copy_from_nonoverlapping(NonNull::from(key).cast(), key.len());
            if let Some(stamp) = stamp {
                start.add(header.stamp_at()).cast::<u64>().write_unaligned(stamp);
            }
            start.add(header.body_at()).copy_from_nonoverlapping(NonNull::from(value).cast(), value.len());
            Self { start, owns: PhantomData }
        }
    }

    #[inline]
    fn header(&self) -> Header {
        // SAFETY: every record begins with an aligned header, from `build` on.
        unsafe { self.start.cast::<Header>().read() }
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &[u8] {
        // SAFETY: that many bytes behind the header were written by `build`, and never change.
        unsafe { slice::from_raw_parts(self.start.add(HEADER_BYTES).as_ptr(), self.header().key_len()) }
    }

    /// The string or the boxed value.
    #[inline]
    pub fn body(&self) -> Body<'_, T> {
        let header = self.header();
        // SAFETY: the body lies at `body_at`: with BOXED a pointer that came from a Box<T> and is owned here, else
        // `body_len` written bytes. The reference lives as long as the shared borrow of the record.
        unsafe {
            let body = self.start.add(header.body_at());
            if header.is(BOXED) {
                return Body::Boxed(&*body.cast::<*mut T>().read_unaligned());
            }
            Body::String(slice::from_raw_parts(body.as_ptr(), header.body_len as usize))
        }
    }

    /// The boxed value, to change; `None` for a string.
    pub fn boxed_mut(&mut self) -> Option<&mut T> {
        // SAFETY: the pointer came from a Box<T>; the record owns it and is borrowed exclusively.
        self.pointer().map(|pointer| unsafe { &mut *pointer })
    }

    /// The pointer to the boxed value.
    fn pointer(&self) -> Option<*mut T> {
        let header = self.header();
        // SAFETY: with BOXED a pointer, not aligned, lies at `body_at`.
        header
            .is(BOXED)
            .then(|| unsafe { self.start.add(header.body_at()).cast::<*mut T>().read_unaligned() })
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

    /// Makes the body a string; in place where the new one needs the same capacity. Key and stamp stay.
    pub fn set_string(&mut self, value: &[u8]) {
        let boxed = self.pointer();
        let (old, mut new) = (self.header(), self.header().with_string(value.len()));
        if new.capacity() != old.capacity() {
            new = new.with(GROWN, false);
        }
        // SAFETY: only the body changes, and all of it is written at once. It cannot overlap with `value`: this record
        // is borrowed exclusively. A boxed value is now this function's, whose last act is to drop it.
        unsafe {
            self.reshape(new);
            let body = self.start.add(new.body_at());
            body.copy_from_nonoverlapping(NonNull::from(value).cast(), value.len());
            drop(boxed.map(|pointer| Box::from_raw(pointer)));
        }
    }

    /// Makes the body a boxed value. Key and stamp stay.
    pub fn set_boxed(&mut self, value: T) {
        if let Some(present) = self.boxed_mut() {
            *present = value;
            return;
        }
        self.adopt(Box::new(value));
    }

    /// Makes the body, a string so far, this box.
    fn adopt(&mut self, value: Box<T>) {
        let pointer = Box::into_raw(value);
        let old = self.header().with(GROWN, false);
        let new = Header { body_len: POINTER_BYTES as u32, ..old }.with(BOXED, true);
        // SAFETY: the body was a string; the pointer that takes its place is written at once.
        unsafe {
            self.reshape(new);
            self.start.add(new.body_at()).cast::<*mut T>().write_unaligned(pointer);
        }
    }

    /// Takes the boxed value out; an empty string stays. `None` for a string, which stays.
    pub fn take_boxed(&mut self) -> Option<Box<T>> {
        let pointer = self.pointer()?;
        // SAFETY: the new body is empty, so nothing is left to write, and the pointer is forgotten by the record: the
        // box that it came from is the caller's again.
        unsafe {
            self.reshape(self.header().with_string(0));
            Some(Box::from_raw(pointer))
        }
    }

    /// Appends to the string; O(1) a byte on the average. A boxed value is replaced.
    pub fn append(&mut self, more: &[u8]) {
        let old = self.header();
        if old.is(BOXED) {
            return self.set_string(more);
        }
        let mut new = old.with_string((old.body_len as usize).saturating_add(more.len()));
        if new.capacity() != old.capacity() {
            new = new.with(GROWN, true);
        }
        // SAFETY: the old string stays, and all bytes behind it are written at once. Their sum passed `with_string`.
        unsafe {
            self.reshape(new);
            let end = self.start.add(new.body_at() + old.body_len as usize);
            end.copy_from_nonoverlapping(NonNull::from(more).cast(), more.len());
        }
    }

    /// Cuts the string to `len` bytes and gives the rest of its memory back. Nothing happens to a string that is not
    /// longer, or to a boxed value.
    pub fn truncate(&mut self, len: usize) {
        let old = self.header();
        if old.is(BOXED) || len >= old.body_len as usize {
            return;
        }
        // SAFETY: the key stays, and so do all bytes of the stamp and of the shorter string, where they are.
        unsafe { self.reshape(old.with(GROWN, false).with_string(len)) }
    }

    /// The stamp, if there is one.
    #[inline]
    pub fn stamp(&self) -> Option<u64> {
        let header = self.header();
        // SAFETY: with STAMPED eight bytes, not aligned, lie at `stamp_at`.
        header
            .is(STAMPED)
            .then(|| unsafe { self.start.add(header.stamp_at()).cast::<u64>().read_unaligned() })
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
                ptr::copy(self.start.add(from).as_ptr(), self.start.add(to).as_ptr(), len);
            }
            self.reshape(new);
            if to > from {
                ptr::copy(self.start.add(from).as_ptr(), self.start.add(to).as_ptr(), len);
            }
            if let Some(stamp) = stamp {
                self.start.add(new.stamp_at()).cast::<u64>().write_unaligned(stamp);
            }
        }
    }

    /// The same stamp and body under another key.
    pub fn renamed(mut self, key: &[u8]) -> Self {
        let boxed = self.take_boxed();
        let value = match self.body() {
            Body::String(value) => value,
            Body::Boxed(_) => &[],
        };
        let mut record = Self::build(key, self.stamp(), value);
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

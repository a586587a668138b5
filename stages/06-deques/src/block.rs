//! A block: a run of elements, back to back in one buffer, that grows and shrinks at both ends.
//!
//! ```text
//! |  room  | length, bytes, length | length, bytes, length | ... |  room  |
//!          ^ start                                               ^ end
//! ```
//!
//! A length is a LEB128 number: seven bits a byte, the lowest first; the high bit says that another
//! byte follows. The one behind an element is written back to front. An element shorter than 128
//! bytes costs two bytes more than itself.

use crate::End;

/// Size of a full block. Long enough that the block's own record is small change, short enough that
/// moving a whole block's content is a matter of nanoseconds.
pub(crate) const BLOCK_BYTES: usize = 4096;

/// Size of the first block of a deque; it doubles from here up to [`BLOCK_BYTES`].
const SMALLEST_BLOCK_BYTES: usize = 32;

/// An element that takes more than this begins a block, of exactly its own size: a block that is
/// shared by several of these could waste as much again.
const LARGE_ELEMENT_BYTES: usize = BLOCK_BYTES / 4;

/// A run of elements in one buffer, with room before and behind it.
///
/// - **D1, both sides**: an element's length stands before it and, mirrored, behind it, so that a
///   run reads the same from either end.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Box<[u8]>,
    start: u32,
    end: u32,
    count: u32,
}

impl Block {
    /// A block of one element, with room for more at `end`. `alone` says that the deque has no
    /// other block, so that this one begins small.
    pub(crate) fn of(element: &[u8], end: End, alone: bool) -> Self {
        let need = encoded_len(element.len());
        let capacity = if need > LARGE_ELEMENT_BYTES {
            need
        } else if alone {
            need.next_power_of_two().max(SMALLEST_BLOCK_BYTES)
        } else {
            BLOCK_BYTES
        };
        let place = if end == End::Front { capacity } else { 0 } as u32;
        let mut block = Self { bytes: vec![0; capacity].into(), start: place, end: place, count: 0 };
        block.push(end, element);
        block
    }

    /// How many elements it holds.
    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }

    /// Size of its buffer.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Its elements, encoded, and nothing else.
    pub(crate) fn run(&self) -> &[u8] {
        &self.bytes[self.start as usize..self.end as usize]
    }

    /// Adds `element` at one end and says by how many bytes the buffer grew; `None` when the
    /// element does not fit. Amortised O(bytes of the element).
    pub(crate) fn push(&mut self, end: End, element: &[u8]) -> Option<usize> {
        let (need, before) = (encoded_len(element.len()), self.capacity());
        if !self.make_room(end, need) {
            return None;
        }
        if end == End::Front {
            self.start -= need as u32;
            write_element(&mut self.bytes[self.start as usize..][..need], element);
        } else {
            write_element(&mut self.bytes[self.end as usize..][..need], element);
            self.end += need as u32;
        }
        self.count += 1;
        Some(self.capacity() - before)
    }

    /// Sees to `need` free bytes at one end: they are there already, or the content moves, to a
    /// buffer of the same size that will be at most half full, or to a larger one. False when
    /// neither helps. The same size shares out the room that will remain between both ends, so that
    /// a quarter of the buffer must be filled at one end before anything moves again; in a larger
    /// buffer all room is where the deque grows.
    fn make_room(&mut self, end: End, need: usize) -> bool {
        let (capacity, used) = (self.capacity(), self.run().len());
        let room = if end == End::Front { self.start as usize } else { capacity - self.end as usize };
        if need <= room {
            return true;
        }
        let full = used + need;
        let (capacity, other_room) = if full <= capacity / 2 {
            (capacity, (capacity - full) / 2)
        } else if capacity < BLOCK_BYTES && full <= BLOCK_BYTES {
            (full.next_power_of_two().max(2 * capacity).min(BLOCK_BYTES), 0)
        } else {
            return false;
        };
        let start = if end == End::Front { capacity - other_room - used } else { other_room };
        self.move_to(capacity, start);
        true
    }

    /// Moves the content to a fresh buffer, where it begins at `start`.
    fn move_to(&mut self, capacity: usize, start: usize) {
        let end = start + self.run().len();
        let mut bytes: Box<[u8]> = vec![0; capacity].into();
        bytes[start..end].copy_from_slice(self.run());
        (self.bytes, self.start, self.end) = (bytes, start as u32, end as u32);
    }

    /// Forgets the element at one end and says how long it was.
    pub(crate) fn discard(&mut self, end: End) -> Option<usize> {
        let (element, rest) = split(self.run(), end)?;
        let (len, taken) = (element.len(), (self.run().len() - rest.len()) as u32);
        match end {
            End::Front => self.start += taken,
            End::Back => self.end -= taken,
        }
        self.count -= 1;
        Some(len)
    }

    /// Its elements from `index` on, encoded; sought from the nearer end. `index` is at most the
    /// count.
    pub(crate) fn run_from(&self, index: usize) -> &[u8] {
        let without = |run, end| split(run, end).map_or(run, |(_, rest)| rest);
        if index <= self.count() / 2 {
            return (0..index).fold(self.run(), |run, _| without(run, End::Front));
        }
        let before = (index..self.count()).fold(self.run(), |run, _| without(run, End::Back));
        &self.run()[before.len()..]
    }

    /// Cuts the buffer of a block that nobody needs any more; its content is gone. So the memory of
    /// an element of many megabytes returns to the system in pieces.
    pub(crate) fn truncate_dead(&mut self, capacity: usize) {
        let mut bytes = std::mem::take(&mut self.bytes).into_vec();
        bytes.truncate(capacity);
        *self = Self { bytes: bytes.into(), start: 0, end: 0, count: 0 };
    }

    /// What a picture shows of it.
    pub(crate) fn view(&self) -> BlockView<'_> {
        BlockView {
            buffer: &self.bytes,
            start: self.start as usize,
            end: self.end as usize,
            count: self.count(),
        }
    }

    /// Checks D1 by walking the block both ways, and says how long its elements are together.
    /// O(elements).
    pub(crate) fn check(&self) -> Result<usize, String> {
        let (mut run, mut elements, mut payload) = (self.run(), 0, 0);
        while let Some((element, rest)) = split(run, End::Front) {
            let backwards = split(&run[..run.len() - rest.len()], End::Back);
            if backwards != Some((element, &[])) {
                return Err(format!(
                    "D1: {} bytes before the end an element reads differently backwards",
                    run.len()
                ));
            }
            (run, elements, payload) = (rest, elements + 1, payload + element.len());
        }
        if !run.is_empty() || elements != self.count() || elements == 0 {
            return Err(format!("D2: {elements} of {} elements, {} bytes left over", self.count, run.len()));
        }
        Ok(payload)
    }
}

/// A block as a picture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockView<'a> {
    /// All of its buffer, room included.
    pub buffer: &'a [u8],
    /// Where its elements begin: the room before them.
    pub start: usize,
    /// Where its elements end; the rest is room.
    pub end: usize,
    /// How many elements it holds.
    pub count: usize,
}

/// Takes the element at one end off a run: it, and the rest of the run. By D1 the end makes no
/// difference but which length is read.
pub(crate) fn split(run: &[u8], end: End) -> Option<(&[u8], &[u8])> {
    let (len, digits) = match end {
        End::Front => read_length(run.iter()),
        End::Back => read_length(run.iter().rev()),
    }?;
    let (encoded, rest) = match end {
        End::Front => run.split_at_checked(len + 2 * digits)?,
        End::Back => {
            let (rest, encoded) = run.split_at_checked(run.len().checked_sub(len + 2 * digits)?)?;
            (encoded, rest)
        }
    };
    Some((&encoded[digits..digits + len], rest))
}

/// How many bytes an element of `len` bytes takes in a block.
pub(crate) fn encoded_len(len: usize) -> usize {
    let digits = (len | 1).ilog2() / 7 + 1;
    len + 2 * digits as usize
}

/// Whether an element begins a block, whatever room the one before it has.
pub(crate) fn is_large(element: &[u8]) -> bool {
    encoded_len(element.len()) > LARGE_ELEMENT_BYTES
}

/// Writes length, element and length again, as D1 says; `out` is exactly as long as that takes.
fn write_element(out: &mut [u8], element: &[u8]) {
    let digits = (out.len() - element.len()) / 2;
    let last = out.len() - 1;
    let mut rest = element.len();
    for place in 0..digits {
        let more = if place + 1 < digits { 0x80 } else { 0 };
        let digit = (rest & 0x7f) as u8 | more;
        out[place] = digit;
        out[last - place] = digit;
        rest >>= 7;
    }
    out[digits..digits + element.len()].copy_from_slice(element);
}

/// Reads a length and says how many bytes it took.
fn read_length<'a>(bytes: impl Iterator<Item = &'a u8>) -> Option<(usize, usize)> {
    let mut len = 0;
    for (place, &byte) in bytes.enumerate().take(usize::BITS as usize / 7) {
        len |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((len, place + 1));
        }
    }
    None
}

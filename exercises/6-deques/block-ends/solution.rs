//! The ends of a block: push, room and discard.
//!
//! A block is one buffer of chapter 6's deque. Its elements lie back to back, with room before and behind them, so that both
//! ends are cheap; each LPUSH, RPUSH, LPOP and RPOP of the server ends here. When the room at one end is used up, the content
//! moves: within the same size where half of it would be free, else to a larger buffer.
//!
//! Write `push`, `make_room` and `discard`. What must hold:
//!
//! - D1, both sides: an element's length stands before it and, mirrored, behind it, so that a run of elements reads the same
//!   from either end. (`write_element` and `split` see to that; an element takes `encoded_len(element.len())` bytes.)
//! - `start`, `end` and `count` say where the elements are, and how many.
//! - A push that is refused changes nothing.
//!
//! Given: everything about the encoding, and `move_to`.
//!
//! Run `cargo learn block-ends`.

use heapwood_deques::End;

/// Size of a full block.
pub const BLOCK_BYTES: usize = 4096;

/// A run of elements in one buffer, with room before and behind it.
#[derive(Debug)]
pub struct Block {
    bytes: Box<[u8]>,
    start: u32,
    end: u32,
    count: u32,
}

impl Block {
    /// A block of no elements, whose buffer has so many bytes before the place where they will be, and so many behind it.
    pub fn with_room(before: usize, behind: usize) -> Self {
        let place = before as u32;
        Self { bytes: vec![0; before + behind].into(), start: place, end: place, count: 0 }
    }

    /// How many elements it holds.
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// Size of its buffer.
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// How many bytes are free before its elements, and how many behind them. For the cases: the stage has no such method.
    pub fn room(&self) -> (usize, usize) {
        (self.start as usize, self.capacity() - self.end as usize)
    }

    /// Its elements, encoded, and nothing else.
    pub fn run(&self) -> &[u8] {
        &self.bytes[self.start as usize..self.end as usize]
    }

    /// Adds `element` at one end and says by how many bytes the buffer grew; `None` when the element does not fit, and then
    /// nothing has changed.
    pub fn push(&mut self, end: End, element: &[u8]) -> Option<usize> {
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

    /// Sees to `need` free bytes at one end; false when that cannot be. The first of these that applies:
    ///
    /// 1. They are free there already: nothing moves.
    /// 2. With `need` the buffer would be at most half full: the content moves within a buffer of the same size, so that the
    ///    room that remains after the push is the same at both ends (rounded down at the other end).
    /// 3. The buffer is smaller than [`BLOCK_BYTES`], and that many would do: the content moves to a buffer of the next power
    ///    of two that takes all, at least twice as large as before and at most [`BLOCK_BYTES`]; all room is at this end.
    /// 4. No.
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

    /// Moves the content to a fresh buffer of this capacity, where it begins at `start`.
    fn move_to(&mut self, capacity: usize, start: usize) {
        let end = start + self.run().len();
        let mut bytes: Box<[u8]> = vec![0; capacity].into();
        bytes[start..end].copy_from_slice(self.run());
        (self.bytes, self.start, self.end) = (bytes, start as u32, end as u32);
    }

    /// Forgets the element at one end and says how long it was, without its lengths; `None` when there is none.
    pub fn discard(&mut self, end: End) -> Option<usize> {
        let (element, rest) = split(self.run(), end)?;
        let (len, taken) = (element.len(), (self.run().len() - rest.len()) as u32);
        match end {
            End::Front => self.start += taken,
            End::Back => self.end -= taken,
        }
        self.count -= 1;
        Some(len)
    }
}

/// Takes the element at one end off a run: it, and the rest of the run.
pub fn split(run: &[u8], end: End) -> Option<(&[u8], &[u8])> {
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
pub fn encoded_len(len: usize) -> usize {
    let digits = (len | 1).ilog2() / 7 + 1;
    len + 2 * digits as usize
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

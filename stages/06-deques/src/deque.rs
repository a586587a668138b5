//! The deque: blocks of elements, open at both ends.

use std::collections::{VecDeque, vec_deque};

use crate::block::{BLOCK_BYTES, Block, BlockView, is_large, split};

/// What freeing gives back of a large block or string at a time: as much as an ordinary block.
pub(crate) const FREED_BYTES: usize = BLOCK_BYTES;

/// One end of a deque. Redis calls the front *left* and the back *right*.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The left end, where LPUSH and LPOP work.
    Front,
    /// The right end, where RPUSH and RPOP work.
    Back,
}

/// A sequence of byte strings with cheap ends.
///
/// Push, peek and discard at either end are O(1) beside the bytes of the element (amortised); an
/// element in the middle is found from the nearer end by skipping whole blocks of about 4 KiB. An
/// element costs two bytes beside itself while it is shorter than 128 bytes, and four up to 16 KiB.
///
/// - **D2, sums**: no block is empty, and the deque's length, payload and memory are the sums of
///   its blocks'.
///
/// ```
/// use heapwood_deques::{Deque, End};
/// let mut jobs = Deque::new();
/// jobs.push(End::Back, b"first");
/// jobs.push(End::Back, b"second");
/// assert_eq!(jobs.peek(End::Front), Some(&b"first"[..]));
/// assert_eq!(jobs.discard(End::Front), Some(5));
/// assert_eq!(jobs.len(), 1);
/// ```
#[derive(Debug, Default)]
pub struct Deque {
    blocks: VecDeque<Block>,
    len: usize,
    payload_bytes: usize,
    block_bytes: usize,
}

impl Deque {
    /// An empty deque; allocates nothing.
    pub const fn new() -> Self {
        Self { blocks: VecDeque::new(), len: 0, payload_bytes: 0, block_bytes: 0 }
    }

    /// How many elements it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The lengths of all elements together.
    pub fn payload_bytes(&self) -> usize {
        self.payload_bytes
    }

    /// The memory it takes, itself included. O(1).
    pub fn allocated_bytes(&self) -> usize {
        size_of::<Self>() + self.blocks.capacity() * size_of::<Block>() + self.block_bytes
    }

    /// Adds an element at one end, and to all three sums of D2. Amortised O(bytes of the element).
    pub fn push(&mut self, end: End, element: &[u8]) {
        let last = self.blocks.get_mut(self.outermost(end)).filter(|_| !is_large(element));
        let grown = last.and_then(|block| block.push(end, element));
        self.block_bytes += grown.unwrap_or_else(|| self.add_block(end, element));
        self.len += 1;
        self.payload_bytes += element.len();
    }

    /// Adds a block of one element and says how large it is.
    fn add_block(&mut self, end: End, element: &[u8]) -> usize {
        let block = Block::of(element, end, self.blocks.is_empty());
        let capacity = block.capacity();
        if self.blocks.capacity() == 0 {
            // A vector would begin with room for four; most deques never need a second block.
            self.blocks.reserve_exact(1);
        }
        self.blocks.insert(if end == End::Front { 0 } else { self.blocks.len() }, block);
        capacity
    }

    /// The place of the block at one end, if there is any.
    fn outermost(&self, end: End) -> usize {
        if end == End::Front { 0 } else { self.blocks.len().saturating_sub(1) }
    }

    /// The element at one end.
    pub fn peek(&self, end: End) -> Option<&[u8]> {
        let block = self.blocks.get(self.outermost(end))?;
        Some(split(block.run(), end)?.0)
    }

    /// Removes the element at one end and says how long it was; `None` when there is none. Look at
    /// it with [`peek`](Self::peek) first. Keeps D2: a block goes with its last element. O(1),
    /// amortised.
    pub fn discard(&mut self, end: End) -> Option<usize> {
        let place = self.outermost(end);
        let block = self.blocks.get_mut(place)?;
        let len = block.discard(end)?;
        if block.count() == 0 {
            self.block_bytes -= block.capacity();
            self.blocks.remove(place);
            // Half of the list of blocks goes when three quarters of it are free.
            if self.blocks.len() < self.blocks.capacity() / 4 {
                self.blocks.shrink_to(self.blocks.capacity() / 2);
            }
        }
        self.len -= 1;
        self.payload_bytes -= len;
        Some(len)
    }

    /// The element at `index`, counted from the front. O(blocks to the nearer end + elements of a
    /// block).
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.range(index, 1).next()
    }

    /// Up to `count` elements from `start` on, in order. Finding the first costs as
    /// [`get`](Self::get) does, each further one O(1).
    pub fn range(&self, start: usize, count: usize) -> Elements<'_> {
        let left = count.min(self.len.saturating_sub(start));
        let (block, before) = self.seek(start);
        let run = self.blocks.get(block).map_or(&[][..], |block| block.run_from(start - before));
        Elements { blocks: self.blocks.range(self.blocks.len().min(block + 1)..), run, left }
    }

    /// All elements, front to back.
    pub fn iter(&self) -> Elements<'_> {
        self.range(0, self.len)
    }

    /// The block of element `index`, and how many elements are before that block; past the last one
    /// from `len` on. Skips whole blocks, from the nearer end.
    fn seek(&self, index: usize) -> (usize, usize) {
        if index < self.len / 2 {
            let (mut block, mut before) = (0, 0);
            while before + self.blocks[block].count() <= index {
                before += self.blocks[block].count();
                block += 1;
            }
            return (block, before);
        }
        let (mut block, mut before) = (self.blocks.len(), self.len);
        while before > index {
            block -= 1;
            before -= self.blocks[block].count();
        }
        (block, before)
    }

    /// Its blocks in order, for pictures and for the curious.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = BlockView<'_>> {
        self.blocks.iter().map(Block::view)
    }

    /// Frees one block of a deque that nobody needs any more, or [`FREED_BYTES`] of a block that is
    /// larger; true when nothing is left. In between its elements are gone, and nothing else may be
    /// asked of it.
    pub(crate) fn free_some(&mut self) -> bool {
        match self.blocks.back_mut() {
            Some(block) if block.capacity() > FREED_BYTES => {
                block.truncate_dead(block.capacity() - FREED_BYTES);
            }
            _ => drop(self.blocks.pop_back()),
        }
        self.blocks.is_empty()
    }

    /// Checks D1 in each block, and D2: for tests. O(n).
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self) -> Result<(), String> {
        let payloads = self.blocks.iter().map(Block::check).collect::<Result<Vec<_>, _>>()?;
        let count: usize = self.blocks.iter().map(Block::count).sum();
        let capacity: usize = self.blocks.iter().map(Block::capacity).sum();
        let sums = (count, payloads.iter().sum::<usize>(), capacity);
        let kept = (self.len, self.payload_bytes, self.block_bytes);
        if sums == kept {
            Ok(())
        } else {
            Err(format!("D2: the blocks add up to {sums:?}, kept are {kept:?}"))
        }
    }
}

/// Elements of a deque in order, made by [`Deque::range`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    /// The blocks after the present one.
    blocks: vec_deque::Iter<'a, Block>,
    /// What is left of the present one.
    run: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.left = self.left.checked_sub(1)?;
        if self.run.is_empty() {
            self.run = self.blocks.next()?.run();
        }
        let (element, rest) = split(self.run, End::Front)?;
        self.run = rest;
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Elements<'_> {}

#[cfg(test)]
mod tests;

//! From the nearer end: how LINDEX and LRANGE find their first element.
//!
//! A deque is a row of blocks, and a block a run of elements without an index. To find element 999,990 of a million from the
//! front would be a million steps; but each block knows how many elements it has, and the back is nearer.
//!
//! Write four functions: `seek` finds the block, `run_from` the place in it, `range` makes an iterator of both, and its
//! `next` walks on, from block to block. What must hold:
//!
//! - `seek` looks at the blocks from the nearer end of the deque up to the right one only, `run_from` at the elements from
//!   the nearer end of its block.
//! - A range gives the elements in order, as many as there are and no more than were asked for, and copies nothing.
//! - An index from the length on is no mistake: there is nothing.
//! - D2 is given: no block is empty, and `len` is the sum of the blocks' counts.
//!
//! Given: blocks and deques, and `split`, which takes the element at one end off a run: it, and the rest. A `VecDeque` has
//! `range(from..)`, an iterator that begins at a place, which may be the length but no more than that.
//!
//! Run `cargo learn nearer-end`.

use std::cell::Cell;
use std::collections::{VecDeque, vec_deque};

use heapwood_deques::End;

thread_local! {
    /// How often somebody asked a block for its count, and how often an element was split off: the cases look at it.
    static LOOKS: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// How many looks at blocks there were since the last time, and how many at elements.
pub fn take_looks() -> (usize, usize) {
    LOOKS.replace((0, 0))
}

/// A run of elements in one buffer, each with its length before and behind it.
#[derive(Debug)]
pub struct Block {
    bytes: Box<[u8]>,
    start: u32,
    end: u32,
    count: u32,
}

impl Block {
    /// A block of these elements, each shorter than 128 bytes.
    pub fn of<'a>(elements: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut bytes, mut count) = (Vec::new(), 0);
        for element in elements {
            let len = element.len() as u8;
            bytes.push(len);
            bytes.extend_from_slice(element.as_bytes());
            bytes.push(len);
            count += 1;
        }
        let end = bytes.len() as u32;
        Self { bytes: bytes.into(), start: 0, end, count }
    }

    /// How many elements it holds.
    pub fn count(&self) -> usize {
        LOOKS.set((LOOKS.get().0 + 1, LOOKS.get().1));
        self.count as usize
    }

    /// Its elements, encoded, and nothing else.
    pub fn run(&self) -> &[u8] {
        &self.bytes[self.start as usize..self.end as usize]
    }

    /// Its elements from `index` on, encoded; sought from the nearer end. `index` is at most the count, and then nothing is
    /// left.
    pub fn run_from(&self, index: usize) -> &[u8] {
        let without = |run, end| split(run, end).map_or(run, |(_, rest)| rest);
        if index <= self.count() / 2 {
            return (0..index).fold(self.run(), |run, _| without(run, End::Front));
        }
        let before = (index..self.count()).fold(self.run(), |run, _| without(run, End::Back));
        &self.run()[before.len()..]
    }
}

/// Takes the element at one end off a run: it, and the rest of the run. `None` when there is none.
pub fn split(run: &[u8], end: End) -> Option<(&[u8], &[u8])> {
    LOOKS.set((LOOKS.get().0, LOOKS.get().1 + 1));
    match end {
        End::Front => {
            let (len, rest) = run.split_first()?;
            let (element, rest) = rest.split_at_checked(usize::from(*len))?;
            Some((element, rest.get(1..)?))
        }
        End::Back => {
            let (len, rest) = run.split_last()?;
            let (rest, element) = rest.split_at_checked(rest.len().checked_sub(usize::from(*len))?)?;
            Some((element, rest.split_last()?.1))
        }
    }
}

/// A sequence of byte strings.
#[derive(Debug, Default)]
pub struct Deque {
    blocks: VecDeque<Block>,
    len: usize,
}

impl Deque {
    /// A deque of these blocks, none of which is empty (D2).
    pub fn of(blocks: impl IntoIterator<Item = Block>) -> Self {
        let blocks: VecDeque<Block> = blocks.into_iter().collect();
        let len = blocks.iter().map(|block| block.count as usize).sum();
        Self { blocks, len }
    }

    /// How many elements it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The element at `index`, counted from the front.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.range(index, 1).next()
    }

    /// Up to `count` elements from `start` on, in order: as many of them as there are.
    pub fn range(&self, start: usize, count: usize) -> Elements<'_> {
        let left = count.min(self.len.saturating_sub(start));
        let (block, before) = self.seek(start);
        let run = self.blocks.get(block).map_or(&[][..], |block| block.run_from(start - before));
        Elements { blocks: self.blocks.range(self.blocks.len().min(block + 1)..), run, left }
    }

    /// The block of element `index`, and how many elements are before that block; past the last one, with all elements before
    /// it, from `len` on. Skips whole blocks, from the nearer end, and asks each for its count a few times at most.
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

    /// The next element: from the present run, or the next block's when that is used up; `None` when none is `left`.
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

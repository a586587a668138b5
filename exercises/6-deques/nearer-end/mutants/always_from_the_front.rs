use std::cell::Cell;
use std::collections::{VecDeque, vec_deque};

use heapwood_deques::End;

thread_local! {
    static LOOKS: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

pub fn take_looks() -> (usize, usize) {
    LOOKS.replace((0, 0))
}

#[derive(Debug)]
pub struct Block {
    bytes: Box<[u8]>,
    start: u32,
    end: u32,
    count: u32,
}

impl Block {
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

    pub fn count(&self) -> usize {
        LOOKS.set((LOOKS.get().0 + 1, LOOKS.get().1));
        self.count as usize
    }

    pub fn run(&self) -> &[u8] {
        &self.bytes[self.start as usize..self.end as usize]
    }

    pub fn run_from(&self, index: usize) -> &[u8] {
        let without = |run, end| split(run, end).map_or(run, |(_, rest)| rest);
        if index <= self.count() / 2 {
            return (0..index).fold(self.run(), |run, _| without(run, End::Front));
        }
        let before = (index..self.count()).fold(self.run(), |run, _| without(run, End::Back));
        &self.run()[before.len()..]
    }
}

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

#[derive(Debug, Default)]
pub struct Deque {
    blocks: VecDeque<Block>,
    len: usize,
}

impl Deque {
    pub fn of(blocks: impl IntoIterator<Item = Block>) -> Self {
        let blocks: VecDeque<Block> = blocks.into_iter().collect();
        let len = blocks.iter().map(|block| block.count as usize).sum();
        Self { blocks, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.range(index, 1).next()
    }

    pub fn range(&self, start: usize, count: usize) -> Elements<'_> {
        let left = count.min(self.len.saturating_sub(start));
        let (block, before) = self.seek(start);
        let run = self.blocks.get(block).map_or(&[][..], |block| block.run_from(start - before));
        Elements { blocks: self.blocks.range(self.blocks.len().min(block + 1)..), run, left }
    }

    fn seek(&self, index: usize) -> (usize, usize) {
        if index < self.len {
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

#[derive(Clone, Debug)]
pub struct Elements<'a> {
    blocks: vec_deque::Iter<'a, Block>,
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

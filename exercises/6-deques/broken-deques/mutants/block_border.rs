use std::collections::VecDeque;

use heapwood_deques::End;

use super::super::subject::Sequence;

const BLOCK: usize = 8;

/// Blocks of eight elements.
#[derive(Default)]
pub struct Blocks {
    blocks: VecDeque<VecDeque<Vec<u8>>>,
    count: usize,
}

impl Sequence for Blocks {
    fn push(&mut self, end: End, element: &[u8]) {
        self.count += 1;
        let block = match end {
            End::Front => self.blocks.front_mut(),
            End::Back => self.blocks.back_mut(),
        };
        match (block, end) {
            (Some(block), End::Front) if block.len() < BLOCK => block.push_front(element.to_vec()),
            (Some(block), End::Back) if block.len() < BLOCK => block.push_back(element.to_vec()),
            (_, End::Front) => self.blocks.push_front(VecDeque::from([element.to_vec()])),
            (None, End::Back) => self.blocks.push_back(VecDeque::from([element.to_vec()])),
            // The new block begins without the element that it was made for.
            (Some(_), End::Back) => self.blocks.push_back(VecDeque::new()),
        }
    }

    fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        loop {
            let block = match end {
                End::Front => self.blocks.front_mut(),
                End::Back => self.blocks.back_mut(),
            }?;
            let element = if end == End::Front { block.pop_front() } else { block.pop_back() };
            if let Some(element) = element {
                self.count -= 1;
                return Some(element);
            }
            if end == End::Front {
                self.blocks.pop_front()
            } else {
                self.blocks.pop_back()
            };
        }
    }

    fn count(&self) -> usize {
        self.count
    }

    fn allocated_bytes(&self) -> usize {
        self.count * 1000
    }
}

use std::collections::VecDeque;

use heapwood_deques::End;

use super::super::subject::Sequence;

pub struct Ring(VecDeque<Vec<u8>>);

impl Default for Ring {
    fn default() -> Self {
        Self(VecDeque::with_capacity(16))
    }
}

impl Sequence for Ring {
    fn push(&mut self, end: End, element: &[u8]) {
        match end {
            End::Front => self.0.push_front(element.to_vec()),
            End::Back => self.0.push_back(element.to_vec()),
        }
    }

    fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        match end {
            End::Front => self.0.pop_front(),
            End::Back => self.0.pop_back(),
        }
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn allocated_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Vec<u8>>() + self.0.iter().map(Vec::len).sum::<usize>()
    }
}

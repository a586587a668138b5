use std::collections::VecDeque;

use heapwood_deques::End;

use super::super::subject::Sequence;

#[derive(Default)]
pub struct Ring(VecDeque<Vec<u8>>);

impl Sequence for Ring {
    fn push(&mut self, end: End, element: &[u8]) {
        match end {
            End::Front => self.0.push_front(element.to_vec()),
            End::Back => self.0.push_back(element.to_vec()),
        }
    }

    fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        let _ = end;
        self.0.pop_front()
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn allocated_bytes(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

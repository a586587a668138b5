use std::collections::VecDeque;

use heapwood_deques::End;

use super::super::subject::Sequence;

#[derive(Default)]
pub struct Ring {
    elements: VecDeque<Vec<u8>>,
    count: usize,
}

impl Sequence for Ring {
    fn push(&mut self, end: End, element: &[u8]) {
        self.count += 1;
        match end {
            End::Front => self.elements.push_front(element.to_vec()),
            End::Back => self.elements.push_back(element.to_vec()),
        }
    }

    fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        match end {
            End::Front => self.elements.pop_front(),
            End::Back => {
                self.count = self.count.saturating_sub(1);
                self.elements.pop_back()
            }
        }
    }

    fn count(&self) -> usize {
        self.count
    }

    fn allocated_bytes(&self) -> usize {
        self.elements.iter().map(Vec::len).sum()
    }
}

use heapwood_deques::{Deque, End};

use super::super::subject::Sequence;

#[derive(Default)]
pub struct Blocks(Deque);

impl Sequence for Blocks {
    fn push(&mut self, end: End, element: &[u8]) {
        self.0.push(end, element);
    }

    fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        let element = self.0.peek(end)?.to_vec();
        self.0.discard(end);
        Some(element)
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn allocated_bytes(&self) -> usize {
        self.0.allocated_bytes()
    }
}

use heapwood_deques::End;

use super::super::subject::Sequence;

/// The first element is the last of `front`, or the first of `back`.
#[derive(Default)]
pub struct TwoStacks {
    front: Vec<Vec<u8>>,
    back: Vec<Vec<u8>>,
}

impl Sequence for TwoStacks {
    fn push(&mut self, end: End, element: &[u8]) {
        match end {
            End::Front => self.front.push(element.to_vec()),
            End::Back => self.back.push(element.to_vec()),
        }
    }

    fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        let (near, far) = match end {
            End::Front => (&mut self.front, &mut self.back),
            End::Back => (&mut self.back, &mut self.front),
        };
        if near.is_empty() {
            near.extend(far.drain(..).rev());
        }
        near.pop()
    }

    fn count(&self) -> usize {
        self.front.len() + self.back.len()
    }

    fn allocated_bytes(&self) -> usize {
        let bytes: usize = self.front.iter().chain(&self.back).map(Vec::len).sum();
        bytes + (self.front.capacity() + self.back.capacity()) * size_of::<Vec<u8>>()
    }
}

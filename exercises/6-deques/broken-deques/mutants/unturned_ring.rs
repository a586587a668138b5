use heapwood_deques::End;

use super::super::subject::Sequence;

/// A ring that goes around the end of its buffer, and grows as it lies.
#[derive(Default)]
pub struct Ring {
    places: Vec<Option<Vec<u8>>>,
    first: usize,
    count: usize,
}

impl Sequence for Ring {
    fn push(&mut self, end: End, element: &[u8]) {
        if self.count == self.places.len() {
            // What went around the end stays at the beginning of the buffer.
            self.places.resize((2 * self.count).max(4), None);
        }
        let capacity = self.places.len();
        if end == End::Front {
            self.first = (self.first + capacity - 1) % capacity;
        }
        let index = if end == End::Front { 0 } else { self.count };
        self.places[(self.first + index) % capacity] = Some(element.to_vec());
        self.count += 1;
    }

    fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        self.count = self.count.checked_sub(1)?;
        let capacity = self.places.len();
        let index = if end == End::Front { 0 } else { self.count };
        let element = self.places[(self.first + index) % capacity].take();
        if end == End::Front {
            self.first = (self.first + 1) % capacity;
        }
        Some(element.unwrap_or_default())
    }

    fn count(&self) -> usize {
        self.count
    }

    fn allocated_bytes(&self) -> usize {
        self.count * 1000
    }
}

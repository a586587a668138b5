//! A ring: a deque in one buffer that goes on at its beginning.
//!
//! This is how the standard library's `VecDeque` works, which holds the blocks of chapter 6's deque: a vector of places,
//! the first element anywhere in it, and the place behind the last one is the first again. Nothing ever moves, until the
//! buffer is full.
//!
//! Write the two pushes, the two pops, `get`, and what they need. What must hold:
//!
//! - Element `index` is at the place `first + index`, counted around the end of the buffer; all other places are `None`.
//! - The capacity is a power of two, or 0. It doubles when an element comes and every place is taken, and not before.
//! - Push, pop and get are O(1), pushes amortised.
//!
//! Given: the fields. Since the capacity is a power of two, `number & (capacity - 1)` is the remainder of a division by it.
//!
//! Run `cargo learn ring-buffer`; when it is green, `cargo learn measure ring-buffer` sets it against `VecDeque`.

/// The capacity that an empty ring gets with its first element.
const SMALLEST_CAPACITY: usize = 4;

/// A sequence with two cheap ends.
#[derive(Clone, Debug, Default)]
pub struct Ring<T> {
    places: Vec<Option<T>>,
    /// The place of the first element; below the capacity, or 0.
    first: usize,
    len: usize,
}

impl<T> Ring<T> {
    /// A ring of no elements with this many places, a power of two.
    pub fn with_capacity(capacity: usize) -> Self {
        let places = std::iter::repeat_with(|| None).take(capacity.next_power_of_two()).collect();
        Self { places, first: 0, len: 0 }
    }

    /// How many elements it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many elements it could hold without growing.
    pub fn capacity(&self) -> usize {
        self.places.len()
    }

    /// The place of element `index`, counted around the end. Only while the capacity is not 0.
    fn place(&self, index: usize) -> usize {
        (self.first + index) & (self.capacity() - 1)
    }

    /// Doubles the capacity of a ring that is full; its elements stay in their order.
    fn grow(&mut self) {
        let capacity = (2 * self.capacity()).max(SMALLEST_CAPACITY);
        self.places.rotate_left(self.first);
        self.places.resize_with(capacity, || None);
        self.first = 0;
    }

    /// Adds an element behind the last one.
    pub fn push_back(&mut self, element: T) {
        if self.len == self.capacity() {
            self.grow();
        }
        let place = self.place(self.len);
        self.places[place] = Some(element);
        self.len += 1;
    }

    /// Adds an element before the first one.
    pub fn push_front(&mut self, element: T) {
        if self.len == self.capacity() {
            self.grow();
        }
        self.first = self.place(self.capacity() - 1);
        self.places[self.first] = Some(element);
        self.len += 1;
    }

    /// Takes the first element.
    pub fn pop_front(&mut self) -> Option<T> {
        let element = self.places.get_mut(self.first)?.take()?;
        self.first = self.place(1);
        self.len -= 1;
        Some(element)
    }

    /// Takes the last element.
    pub fn pop_back(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        let place = self.place(self.len);
        self.places[place].take()
    }

    /// Element `index`, 0 the first; `None` from `len` on.
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len {
            return None;
        }
        self.places[self.place(index)].as_ref()
    }
}

const SMALLEST_CAPACITY: usize = 4;

#[derive(Clone, Debug, Default)]
pub struct Ring<T> {
    places: Vec<Option<T>>,
    first: usize,
    len: usize,
}

impl<T> Ring<T> {
    pub fn with_capacity(capacity: usize) -> Self {
        let places = std::iter::repeat_with(|| None).take(capacity.next_power_of_two()).collect();
        Self { places, first: 0, len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn capacity(&self) -> usize {
        self.places.len()
    }

    fn place(&self, index: usize) -> usize {
        (self.first + index) & (self.capacity() - 1)
    }

    fn grow(&mut self) {
        let capacity = (2 * self.capacity()).max(SMALLEST_CAPACITY);
        self.places.rotate_left(self.first);
        self.places.resize_with(capacity, || None);
        self.first = 0;
    }

    pub fn push_back(&mut self, element: T) {
        if self.len == self.capacity() {
            self.grow();
        }
        let place = self.place(self.len);
        self.places[place] = Some(element);
        self.len += 1;
    }

    pub fn push_front(&mut self, element: T) {
        if self.len == self.capacity() {
            self.grow();
        }
        self.first = self.place(self.capacity() - 1);
        self.places[self.first] = Some(element);
        self.len += 1;
    }

    pub fn pop_front(&mut self) -> Option<T> {
        let element = self.places.get_mut(self.first)?.take()?;
        self.first = self.place(1);
        self.len -= 1;
        Some(element)
    }

    pub fn pop_back(&mut self) -> Option<T> {
        self.len -= 1;
        let place = self.place(self.len);
        self.places[place].take()
    }

    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len {
            return None;
        }
        self.places[self.place(index)].as_ref()
    }
}

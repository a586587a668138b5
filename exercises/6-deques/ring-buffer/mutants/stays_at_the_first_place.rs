impl<T> Ring<T> {
    pub fn push_front(&mut self, element: T) {
        if self.len == self.capacity() {
            self.grow();
        }
        self.first = self.first.saturating_sub(1);
        self.places[self.first] = Some(element);
        self.len += 1;
    }
}

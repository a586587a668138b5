impl<T> Ring<T> {
    pub fn push_back(&mut self, element: T) {
        if self.len == self.capacity() {
            self.grow();
        }
        let place = self.first + self.len;
        self.places[place] = Some(element);
        self.len += 1;
    }
}

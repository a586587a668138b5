impl<T> Ring<T> {
    pub fn push_back(&mut self, element: T) {
        if self.len + 1 >= self.capacity() {
            self.grow();
        }
        let place = self.place(self.len);
        self.places[place] = Some(element);
        self.len += 1;
    }
}

impl<T> Ring<T> {
    pub fn pop_back(&mut self) -> Option<T> {
        self.len -= 1;
        let place = self.place(self.len);
        self.places[place].take()
    }
}

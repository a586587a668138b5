impl<T> Ring<T> {
    pub fn get(&self, index: usize) -> Option<&T> {
        if self.is_empty() {
            return None;
        }
        self.places[self.place(index)].as_ref()
    }
}

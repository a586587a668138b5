impl<T> Ring<T> {
    fn grow(&mut self) {
        let capacity = (2 * self.capacity()).max(SMALLEST_CAPACITY);
        self.places.resize_with(capacity, || None);
    }
}

impl Flights {
    pub fn ask(&mut self, caller: Caller, name: &str, now_ms: u64) -> Step {
        if let Some(copy) = self.copies.get(name).filter(|copy| now_ms < copy.deadline_ms) {
            return Step::Hit(copy.text.clone());
        }
        if let Some(flight) = self.flights.values_mut().next() {
            flight.waiting.push_back(caller);
            return Step::Wait;
        }
        self.flights.insert(name.to_owned(), Flight { leader: caller, waiting: VecDeque::new() });
        Step::Lead
    }
}

impl Flights {
    pub fn ask(&mut self, caller: Caller, name: &str, now_ms: u64) -> Step {
        if let Some(copy) = self.copies.get_mut(name).filter(|copy| now_ms < copy.deadline_ms) {
            copy.deadline_ms = now_ms + KEPT_MS;
            return Step::Hit(copy.text.clone());
        }
        if let Some(flight) = self.flights.get_mut(name) {
            flight.waiting.push_back(caller);
            return Step::Wait;
        }
        self.flights.insert(name.to_owned(), Flight { leader: caller, waiting: VecDeque::new() });
        Step::Lead
    }
}

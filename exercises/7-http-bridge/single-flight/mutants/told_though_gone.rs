impl Flights {
    pub fn leave(&mut self, caller: Caller, name: &str) -> Option<Caller> {
        let flight = self.flights.get_mut(name)?;
        if flight.leader != caller {
            return None;
        }
        match flight.waiting.pop_front() {
            Some(next) => {
                flight.leader = next;
                Some(next)
            }
            None => {
                self.flights.remove(name);
                None
            }
        }
    }
}

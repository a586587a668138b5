impl Flights {
    pub fn leave(&mut self, caller: Caller, name: &str) -> Option<Caller> {
        let flight = self.flights.get_mut(name)?;
        if flight.leader != caller {
            flight.waiting.retain(|&waiting| waiting != caller);
            return None;
        }
        self.flights.remove(name);
        None
    }
}

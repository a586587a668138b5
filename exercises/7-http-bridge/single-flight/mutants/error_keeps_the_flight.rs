impl Flights {
    pub fn land(&mut self, caller: Caller, name: &str, said: Result<&str, &str>, now_ms: u64) -> Vec<Caller> {
        let Some(flight) = self.flights.remove(name) else {
            return Vec::new();
        };
        if flight.leader != caller {
            self.flights.insert(name.to_owned(), flight);
            return Vec::new();
        }
        if let Ok(text) = said {
            let copy = Kept { text: text.to_owned(), deadline_ms: now_ms + KEPT_MS };
            self.copies.insert(name.to_owned(), copy);
        } else {
            let told = flight.waiting.clone().into();
            self.flights.insert(name.to_owned(), Flight { leader: caller, waiting: VecDeque::new() });
            return told;
        }
        flight.waiting.into()
    }
}

impl Schedule {
    pub fn set(&mut self, client: Client, deadline_ms: u64) {
        let present = self.timers.get(&client).map(|timer| timer.entry_ms);
        let entry_ms = present.unwrap_or_else(|| {
            self.entries.push(Reverse((deadline_ms, client)));
            deadline_ms
        });
        self.timers.insert(client, Timer { deadline_ms, entry_ms });
    }
}

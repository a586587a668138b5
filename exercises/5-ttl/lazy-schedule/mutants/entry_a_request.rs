impl Schedule {
    pub fn set(&mut self, client: Client, deadline_ms: u64) {
        self.entries.push(Reverse((deadline_ms, client)));
        self.timers.insert(client, Timer { deadline_ms, entry_ms: deadline_ms });
    }
}

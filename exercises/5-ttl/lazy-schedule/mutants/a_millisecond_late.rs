impl Schedule {
    pub fn expire(&mut self, now_ms: u64, max_looks: usize, mut gone: impl FnMut(Client)) -> usize {
        for looks in 0..max_looks {
            let Some(&Reverse((entry_ms, client))) = self.entries.peek() else {
                return looks;
            };
            if entry_ms >= now_ms {
                return looks;
            }
            self.entries.pop();
            let Some(timer) = self.timers.get_mut(&client).filter(|timer| timer.entry_ms == entry_ms) else {
                continue;
            };
            if timer.deadline_ms > now_ms {
                timer.entry_ms = timer.deadline_ms;
                self.entries.push(Reverse((timer.deadline_ms, client)));
            } else {
                self.timers.remove(&client);
                gone(client);
            }
        }
        max_looks
    }
}

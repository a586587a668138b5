impl<R> Turns<R> {
    /// The requests of the next round, in the order in which they are executed.
    pub fn round(&mut self) -> Vec<(Client, R)> {
        let mut taken = Vec::new();
        for _ in 0..self.line.len() {
            let room = self.room - taken.len();
            if room == 0 {
                break;
            }
            let Some(client) = self.line.pop_front() else { break };
            let Some(requests) = self.waiting.get_mut(&client) else { continue };
            let count = requests.len().min(room);
            taken.extend(requests.drain(..count).map(|request| (client, request)));
            if requests.is_empty() {
                self.waiting.remove(&client);
            } else {
                self.line.push_back(client);
            }
        }
        taken
    }
}

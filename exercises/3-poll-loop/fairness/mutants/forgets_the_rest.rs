use std::collections::{HashMap, VecDeque};

/// A client's number.
pub type Client = u64;

/// Requests of many clients, taken in rounds.
pub struct Turns<R> {
    share: usize,
    room: usize,
    /// Who has requests, in the order of the turns; each once.
    line: VecDeque<Client>,
    /// The requests of those in the line, the oldest first.
    waiting: HashMap<Client, VecDeque<R>>,
}

impl<R> Turns<R> {
    /// Nobody waits yet. A round takes at most `share` requests of a client, and `room` in all.
    pub fn new(share: usize, room: usize) -> Self {
        Self { share, room, line: VecDeque::new(), waiting: HashMap::new() }
    }

    /// A client has sent a request.
    pub fn push(&mut self, client: Client, request: R) {
        let requests = self.waiting.entry(client).or_default();
        if requests.is_empty() {
            self.line.push_back(client);
        }
        requests.push_back(request);
    }

    /// A client has left: its requests are forgotten.
    pub fn leave(&mut self, client: Client) {
        if self.waiting.remove(&client).is_some() {
            self.line.retain(|other| *other != client);
        }
    }

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
            let count = requests.len().min(self.share).min(room);
            taken.extend(requests.drain(..count).map(|request| (client, request)));
            self.waiting.remove(&client);
        }
        taken
    }
}

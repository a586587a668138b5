//! Fair under a flood.
//!
//! The loop has two limits for fairness: how many requests a round takes of one client (P2), and how many it takes in all.
//! Anything that hands out work for many needs the same: a proxy, a queue of jobs, a disk. Write it as a type of its own,
//! `Turns`, whose requests are of any type.
//!
//! Clients stand in a line. A client comes to its end when it has a request and does not stand in it yet. A round goes
//! through the line from its front and takes of each client the oldest requests, at most `share` of them. It visits nobody
//! twice, and it ends when everybody was visited or when it has `room` requests in all, be it in the middle of a client's
//! share. Whoever was visited and has requests left goes to the end of the line, in the order of the visits.
//!
//! What must hold:
//!
//! - P2, a turn each: no round has more than `share` requests of a client, or more than `room` in all; of each client they
//!   come in the order in which they were sent.
//! - Nobody starves: those that a full round has not reached come first in the next one.
//! - Nothing is lost, and nothing comes twice. A round is empty only if no requests wait.
//! - P5, gone once: nothing of a client that has left comes in a later round. If it comes back, it is a newcomer.
//! - A round costs time in proportion to the clients that it visits, not to those that have nothing to do.
//!
//! You may choose other fields for the struct than those that stand there. `share` and `room` are 1 at least. Run
//! `cargo learn fairness`.

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
            if requests.is_empty() {
                self.waiting.remove(&client);
            } else {
                self.line.push_back(client);
            }
        }
        taken
    }
}

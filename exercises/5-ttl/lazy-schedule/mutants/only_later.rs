use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

pub type Client = u32;

#[derive(Clone, Copy, Debug)]
struct Timer {
    deadline_ms: u64,
    entry_ms: u64,
}

#[derive(Debug, Default)]
pub struct Schedule {
    timers: HashMap<Client, Timer>,
    entries: BinaryHeap<Reverse<(u64, Client)>>,
}

impl Schedule {
    pub fn len(&self) -> usize {
        self.timers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.timers.is_empty()
    }

    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    pub fn set(&mut self, client: Client, deadline_ms: u64) {
        let present = self.timers.get(&client).map(|timer| timer.entry_ms);
        let entry_ms = present.unwrap_or_else(|| {
            self.entries.push(Reverse((deadline_ms, client)));
            deadline_ms
        });
        self.timers.insert(client, Timer { deadline_ms, entry_ms });
    }

    pub fn cancel(&mut self, client: Client) -> bool {
        self.timers.remove(&client).is_some()
    }

    pub fn expire(&mut self, now_ms: u64, max_looks: usize, mut gone: impl FnMut(Client)) -> usize {
        for looks in 0..max_looks {
            let Some(&Reverse((entry_ms, client))) = self.entries.peek() else {
                return looks;
            };
            if entry_ms > now_ms {
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

    pub fn next_ms(&self) -> Option<u64> {
        self.entries.peek().map(|Reverse((entry_ms, _))| *entry_ms)
    }
}

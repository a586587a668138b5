//! Time-outs that are postponed a thousand times: a heap whose entries may be too early.
//!
//! A server closes connections that say nothing for a while, and each request postpones its client's time-out. That is
//! chapter 5's schedule with another balance: nearly every deadline is changed many times before it comes, and hardly any
//! does come. Two searches in a tree for each request would be spent on nothing. So the schedule here is a binary heap, and
//! a time-out that is postponed leaves its entry where it is: when that entry comes up, it is put back for the later moment.
//!
//! Write `set`, `cancel`, `expire` and `next_ms`. What must hold:
//!
//! - No client is reported before its deadline, and each one at most once.
//! - A client whose deadline has come is reported, the earliest first, when `expire` may look at enough entries.
//! - Of each client's entries exactly one counts, the one at its `entry_ms`; it is never later than the deadline.
//! - To postpone a time-out adds no entry.
//! - `expire` looks at `max_looks` entries at most. An entry of somebody who is gone is looked at, too.
//!
//! Given: the types. `Reverse` turns the heap's order around, so that the earliest entry is on top.
//!
//! Run `cargo learn lazy-schedule`; when it is green, `cargo learn measure lazy-schedule` sets it against a sorted set.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// A connection.
pub type Client = u32;

/// What is known of a client that has a time-out.
#[derive(Clone, Copy, Debug)]
struct Timer {
    /// When it is over.
    deadline_ms: u64,
    /// The moment of its entry that counts, at or before its deadline.
    entry_ms: u64,
}

/// The time-outs of clients.
#[derive(Debug, Default)]
pub struct Schedule {
    timers: HashMap<Client, Timer>,
    /// The earliest on top. Some belong to nobody any more.
    entries: BinaryHeap<Reverse<(u64, Client)>>,
}

impl Schedule {
    /// How many clients have a time-out.
    pub fn len(&self) -> usize {
        self.timers.len()
    }

    /// Whether nobody has one.
    pub fn is_empty(&self) -> bool {
        self.timers.is_empty()
    }

    /// How many entries the heap holds, those that no longer count included.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Gives a client a deadline, or another one: later than before or earlier. Adds an entry only where the client has none
    /// that is early enough.
    pub fn set(&mut self, client: Client, deadline_ms: u64) {
        let present = self.timers.get(&client).map(|timer| timer.entry_ms);
        let entry_ms = present.filter(|&entry_ms| entry_ms <= deadline_ms).unwrap_or_else(|| {
            self.entries.push(Reverse((deadline_ms, client)));
            deadline_ms
        });
        self.timers.insert(client, Timer { deadline_ms, entry_ms });
    }

    /// Takes a client's time-out away and says whether it had one. Its entries stay in the heap, and count no more.
    pub fn cancel(&mut self, client: Client) -> bool {
        self.timers.remove(&client).is_some()
    }

    /// Reports the clients whose deadline has come (one that is `now_ms` has) to `gone`, and forgets them. Looks at
    /// `max_looks` entries at most, each of which leaves the heap or goes back for a later moment; says how many it looked
    /// at, so that the caller knows whether there may be more. An entry that is later than `now_ms` is not looked at.
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

    /// When `expire` has something to look at next: never later than the next deadline, and perhaps earlier.
    pub fn next_ms(&self) -> Option<u64> {
        self.entries.peek().map(|Reverse((entry_ms, _))| *entry_ms)
    }
}

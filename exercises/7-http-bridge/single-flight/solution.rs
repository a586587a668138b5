//! A cache beside a slow disk, and a price that everybody wants: when its copy goes, all callers miss at once, and all of
//! them go to the disk. That is a stampede. With **single flight** the first caller who misses goes, and leads; those who
//! come while the leader is on the way wait for the same answer.
//!
//! Write the three methods of `Flights`. It decides and does nothing else: whoever calls it holds a lock around it,
//! reads the disk after `ask` said `Lead`, and wakes those whom `land` names. So there are no threads here, and time is
//! an argument. What must hold:
//!
//! - at any time at most one caller leads for a name; names have nothing to do with each other;
//! - whoever waits is told by a landing, or gets to lead, unless they leave first: nobody is forgotten;
//! - an error is told to those who wait and is not kept: the next one who asks leads;
//! - **B5, fresh**: a copy has a deadline, `KEPT_MS` after it was stored, and no hit moves it.
//!
//! The fields are given, and are enough; callers have numbers, and each asks for one thing at a time.
//!
//! Run it with `cargo learn single-flight`.

use std::collections::{HashMap, VecDeque};

/// How long a copy is kept after it was stored, in milliseconds.
pub const KEPT_MS: u64 = 10_000;

/// A caller, by its number.
pub type Caller = u32;

/// What a caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: this is the copy.
    Hit(String),
    /// To read the source, and then to [`land`](Flights::land) with what it said.
    Lead,
    /// To wait until somebody else lands.
    Wait,
}

/// A text that was read, and until when it may be given away.
#[derive(Debug)]
struct Kept {
    text: String,
    deadline_ms: u64,
}

/// Somebody is on the way to the source.
#[derive(Debug)]
struct Flight {
    leader: Caller,
    /// Those who want the same, in the order in which they came.
    waiting: VecDeque<Caller>,
}

/// Copies of what was read, and who is reading, each by name.
#[derive(Debug, Default)]
pub struct Flights {
    copies: HashMap<String, Kept>,
    flights: HashMap<String, Flight>,
}

impl Flights {
    /// What `caller` has to do to get the text of `name`. A copy counts while `now_ms` is below its deadline.
    pub fn ask(&mut self, caller: Caller, name: &str, now_ms: u64) -> Step {
        if let Some(copy) = self.copies.get(name).filter(|copy| now_ms < copy.deadline_ms) {
            return Step::Hit(copy.text.clone());
        }
        if let Some(flight) = self.flights.get_mut(name) {
            flight.waiting.push_back(caller);
            return Step::Wait;
        }
        self.flights.insert(name.to_owned(), Flight { leader: caller, waiting: VecDeque::new() });
        Step::Lead
    }

    /// Ends the flight that `caller` leads: the source said `said`. A text is kept. Gives those who have to be told, in
    /// the order in which they came, without the leader. From a caller who does not lead, nothing is taken: nothing
    /// changes, and nobody is told.
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
        }
        flight.waiting.into()
    }

    /// `caller` gives up: it panicked, or its client is gone. From one who waited, nothing follows. If it led, the one who
    /// has waited longest leads from now on and is given back: it has to be told so. If nobody waits, the flight is over.
    pub fn leave(&mut self, caller: Caller, name: &str) -> Option<Caller> {
        let flight = self.flights.get_mut(name)?;
        if flight.leader != caller {
            flight.waiting.retain(|&waiting| waiting != caller);
            return None;
        }
        match flight.waiting.pop_front() {
            Some(next) => {
                flight.leader = next;
                Some(next)
            }
            None => {
                self.flights.remove(name);
                None
            }
        }
    }
}

use std::collections::{HashMap, VecDeque};
pub const KEPT_MS: u64 = 10_000;
pub type Caller = u32;
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Hit(String),
    Lead,
    Wait,
}
#[derive(Debug)]
struct Kept {
    text: String,
    deadline_ms: u64,
}
#[derive(Debug)]
struct Flight {
    leader: Caller,
    waiting: VecDeque<Caller>,
}
#[derive(Debug, Default)]
pub struct Flights {
    copies: HashMap<String, Kept>,
    flights: HashMap<String, Flight>,
}

impl Flights {
    pub fn ask(&mut self, caller: Caller, name: &str, now_ms: u64) -> Step {
        if let Some(copy) = self.copies.get(name).filter(|copy| now_ms < copy.deadline_ms) {
            return Step::Hit(copy.text.clone());
        }
        if let Some(flight) = self.flights.values_mut().next() {
            flight.waiting.push_back(caller);
            return Step::Wait;
        }
        self.flights.insert(name.to_owned(), Flight { leader: caller, waiting: VecDeque::new() });
        Step::Lead
    }
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

//! Where the keys of a round's requests are, looked up together before the first is executed.
//!
//! Searches in a large tree wait for memory; searches in lockstep wait for it together. What they
//! find are *hints*: an earlier request of the round may change the tree, so a hint is used only
//! while the slot still holds exactly that key, and that a key was not found is never believed.

use heapwood_deques::Value;
use heapwood_poll_loop::Requests;
use heapwood_treap::{MAX_LANES, Slot, Treap};

use super::table::{self, Command};

/// Keys of a round that are looked up ahead; those after them are found when their turn comes.
const MAX_HINTS: usize = 64 * 1024;

/// The hints of one request: for each of its keys, in the order of their positions.
#[derive(Clone, Copy)]
pub struct Hints<'a>(&'a [Option<Slot>]);

impl<'a> Hints<'a> {
    /// No hints: every key is searched for.
    pub const NONE: Self = Self(&[]);

    /// Hints for the keys of one request; fewer than keys are fine.
    pub fn new(slots: &'a [Option<Slot>]) -> Self {
        Self(slots)
    }

    /// The hint for the key at an argument's position.
    #[inline]
    pub fn of(&self, command: &Command, position: usize) -> Option<Slot> {
        let keys = command.keys;
        let place = position.checked_sub(usize::from(keys.first))?;
        let place = if keys.step > 1 { place / usize::from(keys.step) } else { place };
        *self.0.get(place)?
    }
}

/// What is known of a request before it is executed.
#[derive(Clone, Copy)]
struct Plan {
    command: Option<&'static Command>,
    first_hint: usize,
}

/// The plans of a round.
#[derive(Default)]
pub struct Plans {
    plans: Vec<Plan>,
    hints: Vec<Option<Slot>>,
}

impl Plans {
    /// Looks up every request's command, and their keys in batches of [`MAX_LANES`].
    pub fn make(&mut self, requests: &Requests<'_>, tree: &Treap<Value>) {
        self.plans.clear();
        self.hints.clear();
        let mut lanes = Lanes { keys: [&[]; MAX_LANES], filled: 0 };
        for request in requests.iter() {
            let command = table::find(request.arg(0));
            let first_hint = self.hints.len() + lanes.filled;
            self.plans.push(Plan { command, first_hint });
            let Some(command) = command.filter(|_| first_hint < MAX_HINTS) else {
                continue;
            };
            for position in command.keys.positions(request.len()) {
                if lanes.add(request.arg(position)) {
                    lanes.search(tree, &mut self.hints);
                }
            }
        }
        if self.hints.is_empty() && lanes.filled == 1 {
            // A single search has nothing to overlap with.
            return;
        }
        lanes.search(tree, &mut self.hints);
    }

    /// Forgets everything; the requests it was about are executed.
    pub fn clear(&mut self) {
        self.plans.clear();
        self.hints.clear();
        self.hints.shrink_to(2 * MAX_HINTS);
    }

    /// The command of the request at `index`, or of `name` when there is no plan.
    #[inline]
    pub fn command(&self, index: usize, name: &[u8]) -> Option<&'static Command> {
        match self.plans.get(index) {
            Some(plan) => plan.command,
            None => table::find(name),
        }
    }

    /// The hints for the keys of the request at `index`.
    #[inline]
    pub fn hints(&self, index: usize) -> Hints<'_> {
        let first = self.plans.get(index).map_or(0, |plan| plan.first_hint);
        Hints(self.hints.get(first..).unwrap_or_default())
    }
}

/// Keys that wait to be searched for together.
struct Lanes<'a> {
    keys: [&'a [u8]; MAX_LANES],
    filled: usize,
}

impl<'a> Lanes<'a> {
    /// Adds a key; true when no lane is free any more.
    #[inline]
    fn add(&mut self, key: &'a [u8]) -> bool {
        self.keys[self.filled] = key;
        self.filled += 1;
        self.filled == MAX_LANES
    }

    fn search(&mut self, tree: &Treap<Value>, hints: &mut Vec<Option<Slot>>) {
        let start = hints.len();
        hints.resize(start + self.filled, None);
        tree.find_batch(&self.keys[..self.filled], &mut hints[start..]);
        self.filled = 0;
    }
}

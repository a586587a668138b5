//! A search is a chain of waits: which entry it needs next is known only when this one has come. Searches for different
//! keys do not wait for each other, so many of them can go side by side, a step each in turn. Stage 2 does it in a treap,
//! in groups of 64, and waits for a group's last search before it begins the next group.
//!
//! Here the keys lie in a sorted table, as in an index block of a database on disk, and the lanes are **refilled**: one
//! that is done takes the next key. A step of a search reads the entry in the middle of what is left, which was
//! requested in its turn before, and requests the middle of the half that remains.
//!
//! Write `Lane::start`, `Lane::step` and `find_batch`. What must hold:
//!
//! - **W4, batch**: a batch gives for each key what a search alone would give, in the order of the keys;
//! - every entry that is read was requested before, and all other lanes had a turn between, also when a lane is refilled;
//! - at most `MAX_LANES` searches are under way, and as many as that while there are keys to begin with.
//!
//! Run it with `cargo learn refilled-lanes`, then see with `cargo learn measure refilled-lanes` what it gains.

/// How many searches go side by side.
pub const MAX_LANES: usize = 16;

/// A sorted table without duplicates, whose entries are far away.
pub trait Table {
    /// How many entries it has.
    fn count(&self) -> usize;

    /// Starts to fetch an entry, and waits for nothing.
    fn request(&self, at: usize);

    /// An entry; waits until it is here.
    fn read(&self, at: usize) -> u64;
}

/// One search on its way. What it looks for is between `low`, included, and `high`, excluded.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    /// Which of the keys this is.
    pub index: usize,
    /// The first entry that it may be.
    pub low: usize,
    /// The first entry behind those.
    pub high: usize,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The search goes on.
    Goes,
    /// It is over: where the key is, or nowhere.
    Done(Option<usize>),
}

impl Lane {
    /// A search in the whole table for the key with this index. Its first entry is requested, if there is one.
    pub fn start<T: Table>(table: &T, index: usize) -> Self {
        let lane = Self { index, low: 0, high: table.count() };
        lane.request(table);
        lane
    }

    /// The entry that it looks at next, if anything is left.
    fn middle(&self) -> Option<usize> {
        (self.low < self.high).then(|| self.low + (self.high - self.low) / 2)
    }

    /// Requests the entry that it looks at next.
    fn request<T: Table>(&self, table: &T) {
        if let Some(middle) = self.middle() {
            table.request(middle);
        }
    }

    /// Reads one entry, at most. Where the search goes on, the next one is requested.
    pub fn step<T: Table>(&mut self, table: &T, key: u64) -> Step {
        let Some(middle) = self.middle() else {
            return Step::Done(None);
        };
        let entry = table.read(middle);
        if entry == key {
            return Step::Done(Some(middle));
        }
        if entry < key {
            self.low = middle + 1;
        } else {
            self.high = middle;
        }
        self.request(table);
        Step::Goes
    }
}

/// Where each of the keys is in the table (W4), with lanes that take a step in turn and are refilled.
pub fn find_batch<T: Table>(table: &T, keys: &[u64]) -> Vec<Option<usize>> {
    let mut places = vec![None; keys.len()];
    let mut next = keys.len().min(MAX_LANES);
    let mut lanes: Vec<Lane> = (0..next).map(|index| Lane::start(table, index)).collect();
    let mut turn = 0;
    while !lanes.is_empty() {
        if turn >= lanes.len() {
            turn = 0;
        }
        let lane = &mut lanes[turn];
        let Step::Done(place) = lane.step(table, keys[lane.index]) else {
            turn += 1;
            continue;
        };
        places[lane.index] = place;
        if next < keys.len() {
            *lane = Lane::start(table, next);
            next += 1;
            turn += 1;
        } else {
            // Those behind it move up, so that they keep their turns.
            lanes.remove(turn);
        }
    }
    places
}

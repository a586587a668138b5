pub const MAX_LANES: usize = 16;
pub trait Table {
    fn count(&self) -> usize;
    fn request(&self, at: usize);
    fn read(&self, at: usize) -> u64;
}
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    pub index: usize,
    pub low: usize,
    pub high: usize,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Goes,
    Done(Option<usize>),
}

impl Lane {
    pub fn start<T: Table>(table: &T, index: usize) -> Self {
        let lane = Self { index, low: 0, high: table.count() };
        lane.request(table);
        lane
    }
    fn middle(&self) -> Option<usize> {
        (self.low < self.high).then(|| self.low + (self.high - self.low) / 2)
    }
    fn request<T: Table>(&self, table: &T) {
        if let Some(middle) = self.middle() {
            table.request(middle);
        }
    }
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
pub fn find_batch<T: Table>(table: &T, keys: &[u64]) -> Vec<Option<usize>> {
    let mut places = vec![None; keys.len()];
    let mut next = keys.len();
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

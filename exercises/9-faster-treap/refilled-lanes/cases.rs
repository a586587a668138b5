use std::cell::RefCell;

use heapwood_kit::{Random, given};

use super::subject::{MAX_LANES, Table, find_batch};

/// A table that notes what is done to it.
struct Far {
    entries: Vec<u64>,
    notes: RefCell<Notes>,
}

#[derive(Default)]
struct Notes {
    /// Entries that were requested and not read yet, each with how many requests and reads there had been.
    open: Vec<(usize, [usize; 2])>,
    requests: usize,
    reads: usize,
    most_open: usize,
    unrequested: Vec<usize>,
    /// For each entry that was read, how many others were requested, or read if those are more, since it was requested.
    gaps: Vec<usize>,
    /// For each read, how many entries were requested and not read yet, its own included.
    under_way: Vec<usize>,
}

impl Far {
    fn of(entries: impl IntoIterator<Item = u64>) -> Self {
        Self { entries: entries.into_iter().collect(), notes: RefCell::default() }
    }
}

impl Table for Far {
    fn count(&self) -> usize {
        self.entries.len()
    }

    fn request(&self, at: usize) {
        let mut notes = self.notes.borrow_mut();
        notes.requests += 1;
        let so_far = [notes.requests, notes.reads];
        notes.open.push((at, so_far));
        notes.most_open = notes.most_open.max(notes.open.len());
    }

    fn read(&self, at: usize) -> u64 {
        let mut notes = self.notes.borrow_mut();
        let open = notes.open.len();
        notes.under_way.push(open);
        match notes.open.iter().position(|(open, _)| *open == at) {
            Some(found) => {
                let (_, [requests, reads]) = notes.open.remove(found);
                let gap = (notes.requests - requests).max(notes.reads - reads);
                notes.gaps.push(gap);
            }
            None => notes.unrequested.push(at),
        }
        notes.reads += 1;
        self.entries[at]
    }
}

fn check(expected: &[Option<usize>], entries: &[u64], keys: &[u64]) {
    let found = find_batch(&Far::of(entries.iter().copied()), keys);
    given(format!("the table {entries:?} and the keys {keys:?}"))
        .expect(format!("{expected:?}"), format!("{found:?}"));
}

/// A key alone is found where it is, or nowhere (W4).
pub fn a_key_alone() {
    check(&[Some(0)], &[7], &[7]);
    check(&[None], &[7], &[6]);
    check(&[None], &[7], &[8]);
    check(&[None], &[], &[7]);
    check(&[], &[7], &[]);
    for (place, key) in [3, 5, 8, 9].into_iter().enumerate() {
        check(&[Some(place)], &[3, 5, 8, 9], &[key]);
    }
    check(&[None], &[3, 5, 8, 9], &[6]);
}

/// Each answer stands where its key stood, whichever search ends first (W4).
pub fn answers_stand_where_their_keys_stood() {
    check(&[Some(3), Some(0), None, Some(2)], &[3, 5, 8, 9], &[9, 3, 4, 8]);
    check(&[None, Some(2), Some(2), Some(0)], &[3, 5, 8], &[6, 8, 8, 3]);
}

/// Any keys, any number of them, in any table: the answers are those of searches alone (W4).
pub fn as_searches_alone() {
    let mut random = Random::new(4);
    for _ in 0..300 {
        let count = random.below(40);
        let entries: Vec<u64> = (0..count).map(|at| 2 * at as u64 + 1).collect();
        let keys: Vec<u64> = (0..random.below(60)).map(|_| random.below(2 * count + 2) as u64).collect();
        let alone: Vec<Option<usize>> = keys.iter().map(|key| entries.binary_search(key).ok()).collect();
        check(&alone, &entries, &keys);
    }
}

/// Every entry that is read was requested before.
pub fn nothing_is_read_that_was_not_requested() {
    let table = Far::of(0..100);
    find_batch(&table, &[5, 99, 50, 200]);
    let unrequested = table.notes.take().unrequested;
    given("the numbers 0 to 99 and the keys [5, 99, 50, 200]").holds(
        unrequested.is_empty(),
        "each entry is requested before it is read",
        format!("these were read without that, by their places: {unrequested:?}"),
    );
}

/// Between the request of an entry and its reading all other lanes have a turn.
pub fn lanes_take_turns() {
    // Fifteen entries: a search for what is not there takes four steps, wherever it would be.
    let table = Far::of((0..15).map(|at| 2 * at));
    find_batch(&table, &[1, 7, 13, 25]);
    let gaps = table.notes.take().gaps;
    given("15 even numbers and 4 keys that are not among them, so all searches take 4 steps").holds(
        // When lanes end, fewer are left to have a turn.
        gaps.len() == 16 && gaps[..12].iter().all(|gap| *gap >= 3),
        "16 entries are requested and read, and for the first 12 the 3 other lanes have a turn between",
        format!("so many turns of others, for each entry that was requested and read: {gaps:?}"),
    );
}

/// No more searches are under way than there are lanes.
pub fn no_more_lanes_than_there_are() {
    for keys in [MAX_LANES - 1, MAX_LANES, MAX_LANES + 1, 5 * MAX_LANES] {
        let table = Far::of((0..1000).map(|at| 2 * at));
        let asked: Vec<u64> = (0..keys as u64).map(|key| 7 * key + 1).collect();
        find_batch(&table, &asked);
        let most = table.notes.take().most_open;
        given(format!("{keys} keys that are not in a table of 1,000")).expect(
            format!("{} searches under way at most", keys.min(MAX_LANES)),
            format!("{most} searches under way at most"),
        );
    }
}

/// What came of many keys, of which one for each lane takes ten steps and all others take one.
fn uneven() -> (String, Notes) {
    // In 1,023 entries, the one in the middle is found in the first step, and what is not there in ten.
    let table = Far::of((0..1023).map(|at| 2 * at));
    let (quick, slow) = (2 * 511, 1);
    let keys: Vec<u64> =
        (0..40 * MAX_LANES).map(|at| if at % MAX_LANES == 0 { slow } else { quick }).collect();
    let found = find_batch(&table, &keys);
    let input = format!("{} keys; one of {MAX_LANES} takes ten steps, the others take one", keys.len());
    given(&*input).expect(Some(&Some(511)), found.get(1));
    (input, table.notes.take())
}

/// The last searches have nobody beside them: so many reads may be theirs.
const AT_THE_END: usize = 3 * MAX_LANES;

/// A lane that is done takes the next key at once.
pub fn a_free_lane_takes_the_next_key() {
    let (input, notes) = uneven();
    let few = notes.under_way.iter().filter(|count| **count < MAX_LANES / 2).count();
    given(input).holds(
        few <= AT_THE_END,
        format!("at most {AT_THE_END} reads while fewer than half of the lanes were searching, at the end"),
        format!("{few} such reads"),
    );
}

/// A lane that was refilled lets the others have their turns before it reads what it has requested.
pub fn a_new_search_waits_for_its_turn() {
    let (input, notes) = uneven();
    let early = notes.gaps.iter().filter(|gap| **gap < MAX_LANES / 2).count();
    given(input).holds(
        early <= AT_THE_END,
        format!(
            "at most {AT_THE_END} entries that are read before half of the other lanes had a turn, at the end"
        ),
        format!("{early} such entries"),
    );
}

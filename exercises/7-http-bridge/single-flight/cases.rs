use heapwood_kit::given;

use super::subject::{Caller, Flights, KEPT_MS, Step};

/// Flights with a record of what was done to them, in words.
#[derive(Default)]
struct Watched {
    flights: Flights,
    told: Vec<String>,
}

impl Watched {
    fn check<T: std::fmt::Debug + PartialEq>(&mut self, what: String, expected: T, got: T) {
        let before = match self.told.is_empty() {
            true => "nothing before".to_owned(),
            false => self.told.join("; "),
        };
        given(format!("{before}; then: {what}")).expect(expected, got);
        self.told.push(what);
    }

    fn ask(&mut self, caller: Caller, name: &str, now_ms: u64, expected: Step) {
        let got = self.flights.ask(caller, name, now_ms);
        self.check(format!("{caller} asks for {name} at {now_ms} ms"), expected, got);
    }

    fn land(
        &mut self,
        caller: Caller,
        name: &str,
        said: Result<&str, &str>,
        now_ms: u64,
        expected: &[Caller],
    ) {
        let got = self.flights.land(caller, name, said, now_ms);
        self.check(format!("{caller} lands with {said:?} for {name} at {now_ms} ms"), expected.to_vec(), got);
    }

    fn leave(&mut self, caller: Caller, name: &str, expected: Option<Caller>) {
        let got = self.flights.leave(caller, name);
        self.check(format!("{caller} leaves, who wanted {name}"), expected, got);
    }
}

fn hit(text: &str) -> Step {
    Step::Hit(text.into())
}

/// Who asks first leads; after the landing there is a copy, for everybody, until its deadline, which no hit moves (B5).
pub fn a_copy_has_its_deadline() {
    let mut it = Watched::default();
    it.ask(1, "pear", 0, Step::Lead);
    it.land(1, "pear", Ok("green"), 500, &[]);
    it.ask(2, "pear", 501, hit("green"));
    it.ask(3, "pear", 6_000, hit("green"));
    it.ask(1, "pear", 500 + KEPT_MS - 1, hit("green"));
    it.ask(4, "pear", 500 + KEPT_MS, Step::Lead);
    it.ask(5, "pear", 500 + KEPT_MS + 1, Step::Wait);
    it.land(4, "pear", Ok("yellow"), 11_000, &[5]);
    it.ask(6, "pear", 20_999, hit("yellow"));
}

/// An error is told to all who wait and is not kept: the next one who asks leads, and its answer is kept.
pub fn an_error_is_not_kept() {
    let mut it = Watched::default();
    it.ask(1, "pear", 0, Step::Lead);
    it.ask(2, "pear", 1, Step::Wait);
    it.ask(3, "pear", 2, Step::Wait);
    it.land(1, "pear", Err("the disk is full of holes"), 3, &[2, 3]);
    it.ask(4, "pear", 4, Step::Lead);
    it.ask(2, "pear", 5, Step::Wait);
    it.land(4, "pear", Ok("green"), 6, &[2]);
    it.ask(5, "pear", 7, hit("green"));
}

/// Names have nothing to do with each other.
pub fn each_name_by_itself() {
    let mut it = Watched::default();
    it.ask(1, "pear", 0, Step::Lead);
    it.ask(2, "plum", 0, Step::Lead);
    it.ask(3, "pear", 1, Step::Wait);
    it.ask(4, "plum", 1, Step::Wait);
    it.land(2, "plum", Ok("blue"), 2, &[4]);
    it.ask(5, "pear", 3, Step::Wait);
    it.ask(6, "plum", 3, hit("blue"));
    it.land(1, "pear", Ok("green"), 4, &[3, 5]);
}

/// When the leader leaves, the one who has waited longest leads, and nobody is forgotten; if nobody waits, the flight is
/// over and the next one who asks leads.
pub fn a_leader_who_leaves_is_followed() {
    let mut it = Watched::default();
    it.ask(1, "pear", 0, Step::Lead);
    it.ask(2, "pear", 1, Step::Wait);
    it.ask(3, "pear", 2, Step::Wait);
    it.leave(1, "pear", Some(2));
    it.ask(4, "pear", 3, Step::Wait);
    it.land(2, "pear", Ok("green"), 4, &[3, 4]);
    it.ask(5, "pear", 5, hit("green"));
    it.ask(6, "plum", 6, Step::Lead);
    it.leave(6, "plum", None);
    it.ask(7, "plum", 7, Step::Lead);
    it.leave(7, "fig", None);
}

/// Who waited and left is not told, and does not get to lead.
pub fn who_left_is_not_told() {
    let mut it = Watched::default();
    it.ask(1, "pear", 0, Step::Lead);
    for caller in [2, 3, 4] {
        it.ask(caller, "pear", 1, Step::Wait);
    }
    it.leave(3, "pear", None);
    it.leave(2, "pear", None);
    it.leave(1, "pear", Some(4));
    it.ask(5, "pear", 2, Step::Wait);
    it.land(4, "pear", Ok("green"), 3, &[5]);
}

/// Only the leader lands: one who left, or never led, changes nothing and tells nobody.
pub fn only_the_leader_lands() {
    let mut it = Watched::default();
    it.land(9, "pear", Ok("from nowhere"), 0, &[]);
    it.ask(1, "pear", 0, Step::Lead);
    it.ask(2, "pear", 1, Step::Wait);
    it.ask(3, "pear", 1, Step::Wait);
    it.leave(1, "pear", Some(2));
    it.land(1, "pear", Ok("late"), 2, &[]);
    it.ask(4, "pear", 3, Step::Wait);
    it.land(2, "pear", Ok("green"), 4, &[3, 4]);
    it.ask(5, "pear", 5, hit("green"));
}

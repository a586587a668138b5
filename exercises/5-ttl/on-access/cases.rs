use heapwood_kit::given;
use heapwood_treap::{Packed, Slot};

use super::subject::Keyspace;

type Keys = Keyspace<Packed>;

/// A keyspace of some keys, each with its deadline.
fn keyspace(keys: &[(&str, Option<u64>)]) -> Keys {
    let mut keyspace = Keys::with_seed(5);
    for (key, deadline_ms) in keys {
        let (slot, _) = keyspace.put(Packed::string(key.as_bytes(), b"a value")).unwrap();
        keyspace.set_deadline(slot, *deadline_ms);
    }
    keyspace
}

/// The key at a slot, as text.
fn name(keyspace: &Keys, slot: Option<Slot>) -> Option<String> {
    slot.map(|slot| String::from_utf8_lossy(keyspace.tree().record(slot).key()).into_owned())
}

/// The keys that are handed on.
fn drained(keyspace: &mut Keys) -> Vec<String> {
    let mut keys = Vec::new();
    keyspace.drain_expired(|record| keys.push(String::from_utf8_lossy(record.key()).into_owned()));
    keys
}

/// A key is there until its deadline, and gone from that millisecond on (E2).
pub fn on_the_millisecond() {
    for (now_ms, there) in [(99, true), (100, false), (101, false)] {
        let mut keys = keyspace(&[("tea", Some(100))]);
        let given = given(format!("tea with the deadline 100, looked for at {now_ms}"));
        let expected = there.then(|| "tea".to_owned());
        let found = keys.peek(b"tea", now_ms);
        given.expect(("peek", expected.clone()), ("peek", name(&keys, found)));
        let found = keys.find(b"tea", None, now_ms);
        given.expect(("find", expected.clone()), ("find", name(&keys, found)));
    }
}

/// A key without a deadline is always there, and one that was never stored never is.
pub fn without_a_deadline() {
    let mut keys = keyspace(&[("milk", None)]);
    let given = given("milk without a deadline, at the latest moment there is");
    let found = keys.find(b"milk", None, u64::MAX);
    given.expect(Some("milk".to_owned()), name(&keys, found));
    let found = keys.at(0, u64::MAX);
    given.expect(Some("milk".to_owned()), name(&keys, found));
    given.expect(None, keys.find(b"tea", None, u64::MAX));
}

/// `find` takes an expired key out of memory, with its entry among the deadlines, and hands it on once (E3).
pub fn found_too_late() {
    let mut keys = keyspace(&[("milk", Some(900)), ("tea", Some(100))]);
    let given = given("milk with the deadline 900, tea with 100; find tea at 100, twice");
    let found = (keys.find(b"tea", None, 100), keys.find(b"tea", None, 100));
    given.expect((None, None), found);
    given.expect(("keys", 1, "deadlines", 1), ("keys", keys.len(), "deadlines", keys.deadline_count()));
    given.expect(("handed on", vec!["tea".to_owned()]), ("handed on", drained(&mut keys)));
    given.expect(("handed on later", Vec::<String>::new()), ("handed on later", drained(&mut keys)));
    let no_such_key = self::given("milk; remove_expired soup, which is not there");
    keys.remove_expired(b"soup");
    no_such_key.expect(("handed on", Vec::<String>::new()), ("handed on", drained(&mut keys)));
}

/// `peek` changes nothing: what has expired stays in memory, and is handed on by nobody.
pub fn peek_leaves_no_trace() {
    let mut keys = keyspace(&[("milk", None), ("tea", Some(100))]);
    let given = given("milk without a deadline, tea with 100; peek at both at 200");
    let seen = (keys.peek(b"milk", 200), keys.peek(b"tea", 200));
    given.expect((Some("milk".to_owned()), None::<String>), (name(&keys, seen.0), name(&keys, seen.1)));
    given.expect(("keys", 2), ("keys", keys.len()));
    given.expect(("handed on", Vec::<String>::new()), ("handed on", drained(&mut keys)));
}

/// A hint counts only where the key is still there: another key may be at that slot now, or none.
pub fn hints() {
    let mut keys = keyspace(&[("milk", None), ("tea", None)]);
    let milk = keys.peek(b"milk", 0);
    let found = keys.find(b"milk", milk, 0);
    given("milk and tea; find milk with its own slot as the hint")
        .expect(Some("milk".to_owned()), name(&keys, found));
    let found = keys.find(b"tea", milk, 0);
    given("milk and tea; find tea with the slot of milk as the hint")
        .expect(Some("tea".to_owned()), name(&keys, found));
    let tea = keys.peek(b"tea", 0);
    keys.remove(b"tea");
    let found = keys.find(b"tea", tea, 0);
    given("tea is removed; find tea with the slot at which it was, which is free, as the hint")
        .expect(None, name(&keys, found));
    let found = keys.find(b"milk", tea, 0);
    given("tea is removed; find milk with the slot at which tea was as the hint")
        .expect(Some("milk".to_owned()), name(&keys, found));
}

/// A key that is met through its hint does not outlive its deadline either (E2).
pub fn a_hint_to_an_expired_key() {
    let mut keys = keyspace(&[("milk", None), ("soup", Some(100))]);
    let soup = keys.peek(b"soup", 0);
    let given = given("soup with the deadline 100; find soup at 100 with its own slot as the hint");
    let found = keys.find(b"soup", soup, 100);
    given.expect(None, name(&keys, found));
    given.expect(("handed on", vec!["soup".to_owned()]), ("handed on", drained(&mut keys)));
}

/// What `by_position` and the case after it begin with.
const FIVE: [(&str, Option<u64>); 5] =
    [("a", Some(50)), ("b", Some(50)), ("c", Some(20)), ("d", None), ("e", Some(10))];
const FIVE_IN_WORDS: &str = "a and b with the deadline 50, c with 20, d with none, e with 10";

/// The key at a position is never an expired one: those that stand there go (E2).
pub fn by_position() {
    let mut keys = keyspace(&FIVE);
    let given = given(format!("{FIVE_IN_WORDS}; AT 1 at 50"));
    let found = keys.at(1, 50);
    given.expect(Some("d".to_owned()), name(&keys, found));
    given.expect(("keys that are left", 3), ("keys that are left", keys.len()));
    let found = keys.at(2, 50);
    given.expect(("AT 2 after that", None), ("AT 2 after that", name(&keys, found)));
}

/// Keys that expired are handed on in the order in which they went (E3).
pub fn in_that_order() {
    let mut keys = keyspace(&FIVE);
    let found = (keys.find(b"e", None, 50), keys.at(1, 50).is_some());
    let handed_on = drained(&mut keys);
    given(format!("{FIVE_IN_WORDS}; at 50 find e, and then AT 1, which meets b and c")).expect(
        ("handed on", vec!["e".to_owned(), "b".to_owned(), "c".to_owned()]),
        ("handed on", handed_on),
    );
    given(format!("{FIVE_IN_WORDS}; find e at 50, and AT 1: is there a key?")).expect((None, true), found);
}

/// While a log is replayed nothing expires; as soon as that is over, what is due is gone (E4).
pub fn while_replaying() {
    let mut keys = keyspace(&[("tea", Some(100))]);
    keys.set_replaying(true);
    let while_it_lasts = given("tea with the deadline 100, at 5,000, while a log is replayed");
    while_it_lasts.expect(("is_due", false), ("is_due", keys.is_due(100, 5000)));
    let found = (keys.find(b"tea", None, 5000), keys.at(0, 5000), keys.peek(b"tea", 5000));
    for found in [found.0, found.1, found.2] {
        while_it_lasts.expect(Some("tea".to_owned()), name(&keys, found));
    }
    keys.set_replaying(false);
    given("tea with the deadline 100, at 5,000, after a log was replayed")
        .expect(None, keys.find(b"tea", None, 5000));
}

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

/// `find` takes an expired key out of memory, with its entry among the deadlines (E1), and hands it on once (E3).
pub fn found_too_late() {
    let mut keys = keyspace(&[("milk", Some(900)), ("tea", Some(100))]);
    let given = given("milk with the deadline 900, tea with 100; find tea at 100, twice");
    let found = (keys.find(b"tea", None, 100), keys.find(b"tea", None, 100));
    given.expect((None, None), found);
    given.expect(("keys", 1, "deadlines", 1), ("keys", keys.len(), "deadlines", keys.deadline_count()));
    given.expect(("handed on", vec!["tea".to_owned()]), ("handed on", drained(&mut keys)));
    given.expect(("handed on later", Vec::<String>::new()), ("handed on later", drained(&mut keys)));
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

/// A good hint saves the search, and a hint at which another key stands now is no answer.
pub fn hints() {
    let mut keys = keyspace(&[("milk", None), ("soup", Some(100)), ("tea", None)]);
    let milk = keys.peek(b"milk", 0);
    let soup = keys.peek(b"soup", 0);
    let found = keys.find(b"tea", milk, 0);
    given("milk and tea; find tea with the slot of milk as the hint")
        .expect(Some("tea".to_owned()), name(&keys, found));
    let found = keys.find(b"milk", milk, 0);
    given("milk and tea; find milk with its own slot as the hint")
        .expect(Some("milk".to_owned()), name(&keys, found));
    let too_late = given("soup with the deadline 100; find soup at 100 with its own slot as the hint");
    too_late.expect(None, keys.find(b"soup", soup, 100));
    too_late.expect(("handed on", vec!["soup".to_owned()]), ("handed on", drained(&mut keys)));
}

/// The key at a position is never an expired one: those that stand there go, and are handed on in that order (E2, E3).
pub fn by_position() {
    let mut keys =
        keyspace(&[("a", Some(50)), ("b", Some(50)), ("c", Some(20)), ("d", None), ("e", Some(10))]);
    let given = given("a and b with the deadline 50, c with 20, d with none, e with 10; AT 1 at 50");
    let found = keys.at(1, 50);
    given.expect(Some("d".to_owned()), name(&keys, found));
    given.expect(("handed on", vec!["b".to_owned(), "c".to_owned()]), ("handed on", drained(&mut keys)));
    given.expect(("keys", 3), ("keys", keys.len()));
    let found = keys.at(2, 50);
    given.expect(("AT 2 after that", None), ("AT 2 after that", name(&keys, found)));
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

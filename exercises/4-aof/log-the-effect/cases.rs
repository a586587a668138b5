use heapwood_kit::{Random, given};

use super::subject::{Log, Reply, Store, execute};

/// A store from `key=value` pairs.
fn store(pairs: &str) -> Store {
    let pairs = pairs.split_whitespace().filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.into(), value.into())).collect()
}

fn shown(store: &Store) -> String {
    store.iter().map(|(key, value)| format!("{key}={value} ")).collect()
}

fn lines(log: &Log) -> Vec<String> {
    log.iter().map(|record| record.join(" ").trim_end().to_owned()).collect()
}

/// Carries out one command, and compares its reply, the log and the store.
fn check(before: &str, args: &[&str], reply: Reply, log: &[&str], after: &str) {
    let (mut it, mut written) = (store(before), Log::new());
    let given = given(format!("{args:?}, in a store with {before:?}"));
    given.expect(reply, execute(&mut it, args, &mut written));
    given.expect(log, lines(&written));
    given.expect(shown(&store(after)), shown(&it));
}

/// A command that fails gives an error, and leaves store and log as they were.
fn check_error(before: &str, args: &[&str]) {
    let (mut it, mut written) = (store(before), Log::new());
    let given = given(format!("{args:?}, in a store with {before:?}"));
    let reply = execute(&mut it, args, &mut written);
    given.holds(matches!(reply, Reply::Error(_)), "an error", format!("{reply:?}"));
    given.expect([""; 0], lines(&written).as_slice());
    given.expect(shown(&store(before)), shown(&it));
}

/// A plain SET is its own effect.
pub fn a_set() {
    check("", &["SET", "apple", "red"], Reply::Ok, &["SET apple red"], "apple=red");
    check("apple=green", &["SET", "apple", "red"], Reply::Ok, &["SET apple red"], "apple=red");
}

/// INCR and APPEND are logged as the value that came out.
pub fn the_value_that_came_out() {
    check("n=41", &["INCR", "n"], Reply::Integer(42), &["SET n 42"], "n=42");
    check("", &["INCR", "n"], Reply::Integer(1), &["SET n 1"], "n=1");
    check("s=heap", &["APPEND", "s", "wood"], Reply::Integer(8), &["SET s heapwood"], "s=heapwood");
    check("", &["APPEND", "s", "wood"], Reply::Integer(4), &["SET s wood"], "s=wood");
}

/// An option decides whether something changes, and is no part of the effect.
pub fn options() {
    check("", &["SET", "a", "1", "NX"], Reply::Ok, &["SET a 1"], "a=1");
    check("a=0", &["SET", "a", "1", "NX"], Reply::Nil, &[], "a=0");
    check("a=0", &["SET", "a", "1", "XX"], Reply::Ok, &["SET a 1"], "a=1");
    check("", &["SET", "a", "1", "XX"], Reply::Nil, &[], "");
}

/// Of the keys of a DEL only those are logged that were there.
pub fn deletions() {
    check("a=1 b=2", &["DEL", "b"], Reply::Integer(1), &["DEL b"], "a=1");
    check("a=1 b=2 c=3", &["DEL", "c", "x", "a"], Reply::Integer(2), &["DEL c a"], "b=2");
    check("a=1", &["DEL", "a", "a"], Reply::Integer(1), &["DEL a"], "");
}

/// A command that changes nothing is not logged.
pub fn nothing_changed() {
    check("a=1", &["DEL", "x", "y"], Reply::Integer(0), &[], "a=1");
    check("a=1", &["SET", "a", "1"], Reply::Ok, &[], "a=1");
    check("a=1", &["APPEND", "a", ""], Reply::Integer(1), &[], "a=1");
    // This one does change something: a key is there that was not.
    check("", &["APPEND", "a", ""], Reply::Integer(0), &["SET a"], "a=");
}

/// A command that fails is not logged, and changes nothing.
pub fn failures() {
    check_error("s=heap", &["INCR", "s"]);
    check_error("n=9223372036854775807", &["INCR", "n"]);
    check_error("a=1", &["SET", "a", "2", "YY"]);
    check_error("a=1", &["SET", "a"]);
    check_error("a=1", &["DEL"]);
}

/// Carried out twice, or over a store that has a part of it already, the log gives the same store.
pub fn twice_does_no_harm() {
    const KEYS: [&str; 3] = ["a", "b", "c"];
    let mut random = Random::new(4);
    for _ in 0..50 {
        let (mut it, mut log, mut commands) = (Store::new(), Log::new(), Vec::new());
        let mut snapshots = vec![it.clone()];
        for _ in 0..12 {
            let (key, other) = (KEYS[random.below(3)], KEYS[random.below(3)]);
            let command = match random.below(6) {
                0 => vec!["SET", key, "5"],
                1 => vec!["SET", key, "7", "NX"],
                2 => vec!["APPEND", key, "1"],
                3 => vec!["DEL", key, other],
                _ => vec!["INCR", key],
            };
            execute(&mut it, &command, &mut log);
            commands.push(command.join(" "));
            snapshots.push(it.clone());
        }
        for (after, mut replayed) in snapshots.into_iter().enumerate() {
            let given = given(format!(
                "the commands {commands:?}, and their log carried out over the store as it was after {after} of them"
            ));
            for record in &log {
                replay(&mut replayed, record, &given);
            }
            given.expect(shown(&it), shown(&replayed));
        }
    }
}

fn replay(store: &mut Store, record: &[String], given: &heapwood_kit::Given) {
    match record {
        [name, key, value] if name == "SET" => drop(store.insert(key.clone(), value.clone())),
        [name, keys @ ..] if name == "DEL" => keys.iter().for_each(|key| drop(store.remove(key))),
        _ => given.holds(false, "records SET key value, and DEL key…", format!("the record {record:?}")),
    }
}

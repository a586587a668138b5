use std::collections::VecDeque;

use heapwood_aof::Snapshot;
use heapwood_aof::resp::encode_command;
use heapwood_deques::ValueSnapshot;
use heapwood_kit::{Random, given};
use heapwood_sockets::{FrameReplies, MAX_BODY_BYTES, Value, decode_reply};

use super::subject::Store;

/// A request or a record: words between blanks.
fn words(line: &str) -> Vec<&[u8]> {
    line.split(' ').map(str::as_bytes).collect()
}

/// A log of these records.
fn log(records: &[&str]) -> Vec<u8> {
    let mut log = Vec::new();
    records.iter().for_each(|record| encode_command(&words(record), &mut log));
    log
}

/// A store that was loaded from these records, at the time 100.
fn loaded(records: &[&str]) -> Store {
    match Store::replay(&log(records), 100) {
        Ok(store) => store,
        Err(error) => panic!("Store::replay was given, and should not be changed: {error}"),
    }
}

/// Executes a request, and gives the reply as a client shows it.
fn say(store: &mut Store, request: &str) -> String {
    say_within(store, request, MAX_BODY_BYTES)
}

/// The same where a reply has so many bytes at most.
fn say_within(store: &mut Store, request: &str, bytes: usize) -> String {
    let mut out = Vec::new();
    let mut replies = FrameReplies::with_limit(&mut out, bytes);
    store.execute(&words(request), &mut replies);
    replies.finish();
    match out.get(4..).map(decode_reply) {
        None => "no reply".into(),
        Some(Err(error)) => format!("not one reply: {error}"),
        Some(Ok(value)) => shown(&value),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "(nil)".into(),
        Value::Error(text) => format!("(error) {text}"),
        Value::Integer(number) => number.to_string(),
        Value::Bytes(bytes) => bytes.escape_ascii().to_string(),
        Value::Array(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

/// All keys, as the commands that make them.
fn keys(store: &Store) -> Vec<String> {
    let mut commands = Vec::new();
    let mut snapshot = ValueSnapshot::new(&store.keys);
    let mut emit = |args: &[&[u8]]| {
        let words: Vec<String> = args.iter().map(|arg| arg.escape_ascii().to_string()).collect();
        commands.push(words.join(" "));
    };
    while !snapshot.step(&mut emit) {}
    commands
}

/// Checks replies one after the other, on a store that was loaded from these records.
fn talk(records: &[&str], requests: &[(&str, &str)]) -> Store {
    let mut store = loaded(records);
    let mut said = records.join(", ");
    for (request, reply) in requests {
        said = if said.is_empty() { (*request).to_owned() } else { format!("{said}, {request}") };
        let got = say(&mut store, request);
        given(&said).expect(*reply, got.as_str());
    }
    store
}

/// What comes of these records and of what the store recorded since.
fn replayed(records: &[&str], store: &Store) -> Vec<String> {
    let whole = [log(records), store.log.clone()].concat();
    match Store::replay(&whole, store.now_ms) {
        Ok(store) => keys(&store),
        Err(error) => vec![format!("refused: {error}")],
    }
}

/// Checks that the log leads to the same keys.
fn replays(records: &[&str], store: &Store, said: &str) {
    given(format!("{said}; the log then holds \"{}\"", store.log.escape_ascii()))
        .expect(keys(store), replayed(records, store));
}

/// Values are taken in the order in which they were pushed. An empty queue is no key, and answers nil.
pub fn m1_first_in_first_out() {
    let store = talk(
        &[],
        &[
            ("QPOP jobs", "(nil)"),
            ("QPUSH jobs 5 a", "1"),
            ("qpush jobs 5 b c", "3"),
            ("QPOP jobs", "a"),
            ("QPOP jobs 9", "[b, c]"),
            ("QPOP jobs", "(nil)"),
        ],
    );
    given("a queue that became empty: the keys").expect(Vec::<String>::new(), keys(&store));
}

/// A queue takes as many values as its limit says, and not one more; the error names length, limit and values.
pub fn m1_full() {
    talk(
        &[],
        &[
            ("QPUSH jobs 3 a b c", "3"),
            ("QPUSH jobs 3 d", "(error) FULL 3 of 3 places are taken; 1 more do not fit"),
            ("QPUSH jobs 2 d", "(error) FULL 3 of 2 places are taken; 1 more do not fit"),
            ("QPOP jobs", "a"),
            ("QPUSH jobs 3 d", "3"),
            ("QPUSH other 3 a b c d", "(error) FULL 0 of 3 places are taken; 4 more do not fit"),
        ],
    );
}

/// Values that do not all fit are refused together, and the queue is as it was.
pub fn m1_all_or_none() {
    let store = talk(
        &["RPUSH jobs a b"],
        &[("QPUSH jobs 3 c d", "(error) FULL 2 of 3 places are taken; 2 more do not fit")],
    );
    given("RPUSH jobs a b, QPUSH jobs 3 c d: the keys").expect(vec!["RPUSH jobs a b"], keys(&store));
}

/// Limits, counts, strings and requests that are none become error replies.
pub fn m1_what_is_refused() {
    let bad_limit = "(error) ERR the limit is not a number from 1 on";
    let wrong_type = "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
    let bad_count = "(error) ERR value is out of range, must be positive";
    talk(
        &["SET name x"],
        &[
            ("QPUSH jobs 0 a", bad_limit),
            ("QPUSH jobs -1 a", bad_limit),
            ("QPUSH jobs many a", bad_limit),
            ("QPUSH name 3 a", wrong_type),
            ("QPOP name", wrong_type),
            ("QPOP jobs -1", bad_count),
            ("QPUSH jobs 3", "(error) ERR unknown command 'QPUSH', or wrong number of arguments"),
            ("QPOP jobs 1 1", "(error) ERR unknown command 'QPOP', or wrong number of arguments"),
            ("QFLY jobs", "(error) ERR unknown command 'QFLY', or wrong number of arguments"),
        ],
    );
}

/// QKEEP adds what there is room for, and then drops the oldest and answers them.
pub fn m2_the_oldest_are_dropped() {
    talk(
        &[],
        &[
            ("QKEEP log 3 a b", "[2, []]"),
            ("QKEEP log 3 c", "[3, []]"),
            ("QKEEP log 3 d e", "[3, [a, b]]"),
            ("QPOP log 9", "[c, d, e]"),
            ("QKEEP log 0 f", "(error) ERR the limit is not a number from 1 on"),
        ],
    );
}

/// With more values than places, or a smaller limit than before, what stays is the newest.
pub fn m2_more_values_than_places() {
    talk(
        &["RPUSH log a b c d"],
        &[
            ("QKEEP log 2 e", "[2, [a, b, c]]"),
            ("QKEEP log 2 f g h", "[2, [d, e, f]]"),
            ("QPOP log 9", "[g, h]"),
            ("QKEEP new 1 x y z", "[1, [x, y]]"),
        ],
    );
}

/// Where the dropped values do not fit into the reply, nothing changes.
pub fn m2_a_reply_that_does_not_fit() {
    let long = "x".repeat(60);
    let old = format!("RPUSH log {long} {long} b");
    let new = format!("QKEEP log 1 {long} {long} c");
    // The reply has 149 bytes: each string five beside its own, the arrays five, the length nine.
    for (room, fits) in [(160, true), (148, false), (100, false)] {
        for (records, request, length) in
            [(vec![old.as_str()], "QKEEP log 2 c", 2), (vec![], new.as_str(), 1)]
        {
            let mut store = loaded(&records);
            let before = keys(&store);
            let reply = say_within(&mut store, request, room);
            let said = [records, vec![request]].concat().join(", ").replace(&long, "(60 x)");
            let given = given(format!("{said}, where a reply may have {room} bytes, and would have 149"));
            if fits {
                given.expect(format!("[{length}, [{long}, {long}]]"), reply);
                continue;
            }
            let too_big = "(error) TOOBIG the elements do not fit into one reply; take fewer at a time";
            given.expect(too_big, reply.as_str());
            given.expect(before, keys(&store));
            given.expect("", store.log.escape_ascii().to_string().as_str());
        }
    }
}

/// A queue keeps its deadline, also when all that was in it is dropped; after it, the queue is a new one (E2).
pub fn m2_deadlines() {
    let records = &["RPUSH log a b", "PEXPIREAT log 500"];
    let store = talk(records, &[("QKEEP log 2 c d", "[2, [a, b]]"), ("QPUSH log 3 e", "3")]);
    let said = "RPUSH log a b, PEXPIREAT log 500, QKEEP log 2 c d, QPUSH log 3 e";
    given(format!("{said}: the keys")).expect(vec!["RPUSH log c d e", "PEXPIREAT log 500"], keys(&store));
    for (request, reply, expected) in [
        ("QKEEP log 1 f", "[1, []]", vec!["RPUSH log f"]),
        ("QPUSH log 1 f", "1", vec!["RPUSH log f"]),
        ("QPOP log", "(nil)", vec![]),
    ] {
        let mut store = loaded(records);
        store.now_ms = 500;
        let given = given(format!("{}; at 500 o'clock {request}", records.join(", ")));
        given.expect(reply, say(&mut store, request).as_str());
        given.expect(expected, keys(&store));
    }
}

/// The log leads to the same keys, whatever was done.
pub fn m3_replay_gives_the_same() {
    for (request, expected) in [
        ("QPUSH log 3 c", "RPUSH log a b c"),
        ("QKEEP log 2 c", "RPUSH log b c"),
        ("QPOP log", "RPUSH log b"),
    ] {
        let mut store = loaded(&["RPUSH log a b"]);
        say(&mut store, request);
        given(format!("RPUSH log a b, {request}, replayed"))
            .expect(vec![expected], replayed(&["RPUSH log a b"], &store));
    }
    let (mut random, mut store) = (Random::new(17), loaded(&[]));
    let (mut model, mut said) = (VecDeque::new(), Vec::new());
    for number in 0..80 {
        let (limit, kind) = (1 + random.below(6), random.below(5));
        let values: Vec<String> = (0..=random.below(3)).map(|it| format!("{number}.{it}")).collect();
        let request = match kind {
            0 | 1 => format!("QPUSH q {limit} {}", values.join(" ")),
            2 | 3 => format!("QKEEP q {limit} {}", values.join(" ")),
            _ => format!("QPOP q {limit}"),
        };
        say(&mut store, &request);
        said.push(request);
        match kind {
            0 | 1 if model.len() + values.len() <= limit => model.extend(values),
            0 | 1 => {}
            2 | 3 => {
                model.extend(values);
                model.drain(..model.len().saturating_sub(limit));
            }
            _ => drop(model.drain(..limit.min(model.len()))),
        }
        let values: Vec<&str> = model.iter().map(String::as_str).collect();
        let expected = if values.is_empty() { vec![] } else { vec![format!("RPUSH q {}", values.join(" "))] };
        given(format!("{}: the keys", said.join(", "))).expect(expected, keys(&store));
        replays(&[], &store, &said.join(", "));
    }
}

/// What was refused, and a pop of nothing, is not recorded.
pub fn m3_nothing_is_recorded_in_vain() {
    let mut store = loaded(&["RPUSH q a b", "SET name x"]);
    for request in
        ["QPUSH q 2 c", "QPUSH q 3 c d", "QPOP none", "QPOP q 0", "QPUSH name 3 a", "QKEEP name 3 a"]
    {
        say(&mut store, request);
        let log = store.log.escape_ascii().to_string();
        given(format!("RPUSH q a b, SET name x, then {request}: what is added to the log"))
            .expect("", log.as_str());
    }
}

/// The deadline of a queue is the same after a replay, also where QKEEP dropped all that was in it.
pub fn m3_the_deadline_is_replayed() {
    let records = &["RPUSH q a b", "PEXPIREAT q 500"];
    for request in ["QPUSH q 3 c", "QKEEP q 3 c d", "QKEEP q 2 c d", "QKEEP q 1 c d e"] {
        let mut store = loaded(records);
        say(&mut store, request);
        replays(records, &store, &format!("{}, {request}", records.join(", ")));
    }
}

/// A queue that had expired has its DEL in the log before what was pushed afterwards (E3).
pub fn m3_an_expired_queue_goes_first() {
    let records = &["RPUSH q a b", "PEXPIREAT q 500"];
    for request in ["QPUSH q 2 c", "QKEEP q 2 c", "QPOP q"] {
        let mut store = loaded(records);
        store.now_ms = 500;
        say(&mut store, request);
        replays(records, &store, &format!("{}; at 500 o'clock {request}", records.join(", ")));
    }
}

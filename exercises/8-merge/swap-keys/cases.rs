use heapwood_aof::Snapshot;
use heapwood_deques::ValueSnapshot;
use heapwood_kit::{Random, given};
use heapwood_sockets::{FrameReplies, Value, decode_reply};

use super::subject::Store;

/// Executes a request, words between blanks, and gives the reply as a client shows it.
fn say(store: &mut Store, request: &str) -> String {
    let args: Vec<&[u8]> = request.split(' ').map(str::as_bytes).collect();
    let mut out = Vec::new();
    let mut replies = FrameReplies::new(&mut out);
    store.execute(&args, &mut replies);
    replies.finish();
    match out.get(4..).map(decode_reply) {
        None => "no reply".into(),
        Some(Err(error)) => format!("a reply that is none: {error}"),
        Some(Ok(value)) => shown(&value),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "(nil)".into(),
        Value::Error(text) => format!("(error) {text}"),
        Value::Status(text) => text.clone(),
        Value::Integer(number) => format!("(integer) {number}"),
        Value::Bytes(bytes) => format!("\"{}\"", bytes.escape_ascii()),
        other => format!("{other:?}"),
    }
}

/// A store after requests, at the time 100.
fn after(requests: &[&str]) -> Store {
    let mut store = Store::new(100);
    for request in requests {
        say(&mut store, request);
    }
    store
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

/// What a log is replayed to, at a time.
fn replayed(log: &[u8], now_ms: u64) -> Vec<String> {
    match Store::replay(log, now_ms) {
        Ok(store) => keys(&store),
        Err(error) => vec![format!("refused: {error}")],
    }
}

/// Checks a swap: the requests before it, the reply, the keys afterwards.
fn swaps(before: &[&str], request: &str, reply: &str, expected: &[&str]) {
    let mut store = after(before);
    let given = given(format!("{}, then {request}", before.join(", ")));
    let got = say(&mut store, request);
    given.expect(reply, got.as_str());
    given.expect(expected.to_vec(), keys(&store));
    given.expect(Ok(()), store.keys.check());
}

/// A command is found by its name in any letter case, and run; what it refuses, and a name that nobody has, become error
/// replies.
pub fn m1_the_table_is_asked() {
    let mut store = Store::new(100);
    for (request, reply) in [
        ("SET fruit apple", "OK"),
        ("get fruit", "\"apple\""),
        ("LLen fruit", "(error) WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("FLY fruit", "(error) ERR unknown command 'FLY'"),
        ("SE fruit apple", "(error) ERR unknown command 'SE'"),
        ("del fruit tree", "(integer) 1"),
    ] {
        given(format!("the request {request}")).expect(reply, say(&mut store, request).as_str());
    }
}

/// The number of arguments is checked against the row before the command runs: an exact one, and one that is the least.
pub fn m1_the_number_of_arguments() {
    let mut store = Store::new(100);
    for (request, reply) in [
        ("GET", "(error) ERR wrong number of arguments for 'get' command"),
        ("GET a b", "(error) ERR wrong number of arguments for 'get' command"),
        ("swap a", "(error) ERR wrong number of arguments for 'swap' command"),
        ("SWAP a b c", "(error) ERR wrong number of arguments for 'swap' command"),
        ("RPUSH a", "(error) ERR wrong number of arguments for 'rpush' command"),
        ("RPUSH a x", "(integer) 1"),
        ("RPUSH a y z", "(integer) 3"),
    ] {
        given(format!("the request {request}")).expect(reply, say(&mut store, request).as_str());
    }
}

/// Two strings change places.
pub fn m2_two_strings() {
    swaps(
        &["SET a 1", "SET b two", "SET c 3"],
        "SWAP a b",
        "(integer) 2",
        &["SET a two", "SET b 1", "SET c 3"],
    );
}

/// A deadline goes with its value: the value vanishes at the same moment as before, under its new name.
pub fn m2_deadlines_go_with_their_values() {
    swaps(
        &["SET a 1", "PEXPIREAT a 500", "SET b 2"],
        "SWAP a b",
        "(integer) 2",
        &["SET a 2", "SET b 1", "PEXPIREAT b 500"],
    );
    swaps(
        &["SET a 1", "PEXPIREAT a 500", "SET b 2", "PEXPIREAT b 700"],
        "SWAP b a",
        "(integer) 2",
        &["SET a 2", "SET b 1", "PEXPIREAT b 500", "PEXPIREAT a 700"],
    );
}

/// A list and a string change places, and stay a list and a string.
pub fn m2_a_list_and_a_string() {
    swaps(
        &["RPUSH a x y z", "PEXPIREAT a 500", "SET b 2"],
        "SWAP a b",
        "(integer) 2",
        &["SET a 2", "RPUSH b x y z", "PEXPIREAT b 500"],
    );
}

/// Where one key is missing the other is moved, whichever it is; where both are missing nothing happens.
pub fn m2_a_missing_key() {
    swaps(&["SET a 1", "PEXPIREAT a 500"], "SWAP a b", "(integer) 1", &["SET b 1", "PEXPIREAT b 500"]);
    swaps(&["RPUSH b x"], "SWAP a b", "(integer) 1", &["RPUSH a x"]);
    swaps(&["SET c 1"], "SWAP a b", "(integer) 0", &["SET c 1"]);
}

/// A key that is exchanged with itself keeps its value and its deadline, and the reply is 0.
pub fn m2_the_same_key() {
    swaps(&["SET a 1", "PEXPIREAT a 500"], "SWAP a a", "(integer) 0", &["SET a 1", "PEXPIREAT a 500"]);
    swaps(&["RPUSH a x y"], "SWAP a a", "(integer) 0", &["RPUSH a x y"]);
}

/// A key whose deadline has come is missing (E2): the other one is moved.
pub fn m2_an_expired_key() {
    for expired in ["a", "b"] {
        let mut store = after(&["SET a one", "SET b two", &format!("PEXPIREAT {expired} 500")]);
        store.now_ms = 500;
        let given =
            given(format!("SET a one, SET b two, PEXPIREAT {expired} 500; when it is 500 o'clock, SWAP a b"));
        given.expect("(integer) 1", say(&mut store, "SWAP a b").as_str());
        let expected = if expired == "a" { "SET a two" } else { "SET b one" };
        given.expect(vec![expected], keys(&store));
    }
}

/// The log of many requests is replayed to the same keys that they left.
pub fn m3_replay_gives_the_same() {
    let mut store = after(&["SET a one", "SWAP a b"]);
    given("the log of SET a one, SWAP a b").expect(vec!["SET b one"], replayed(&store.log, 100));
    let mut random = Random::new(8);
    let names = ["a", "b", "c", "d", "e"];
    let mut requests = Vec::new();
    for number in 0..60 {
        let (key, other) = (names[random.below(5)], names[random.below(5)]);
        let request = match random.below(6) {
            0 => format!("SET {key} v{number}"),
            1 => format!("DEL {key}"),
            2 => format!("RPUSH {key} e{number}"),
            3 => format!("PEXPIREAT {key} {}", 1000 + number),
            _ => format!("SWAP {key} {other}"),
        };
        say(&mut store, &request);
        requests.push(request);
    }
    given(format!("SET a one, SWAP a b, {}; then the log is replayed", requests.join(", ")))
        .expect(keys(&store), replayed(&store.log, 100));
}

/// A log that a crash has cut, at any byte, is replayed to the keys as they were before the swap or after it.
pub fn m3_a_crash_anywhere() {
    for before in [
        &["SET a one", "SET b two"][..],
        &["SET a one", "PEXPIREAT a 500", "SET b two", "PEXPIREAT b 700"],
        &["RPUSH a x y", "SET b two"],
        &["SET a one"],
    ] {
        let mut store = after(before);
        let (start, old) = (store.log.len(), keys(&store));
        say(&mut store, "SWAP a b");
        let new = keys(&store);
        let (log, all) = (&store.log, before.join(", "));
        given(format!("the log of {all}, SWAP a b")).expect(new.clone(), replayed(log, 100));
        for cut in start..log.len() {
            let got = replayed(&log[..cut], 100);
            given(format!(
                "the log of {all}, SWAP a b, of which the last {} bytes are lost",
                log.len() - cut
            ))
            .holds(got == old || got == new, format!("{old:?} or {new:?}"), format!("{got:?}"));
        }
    }
}

/// A key that the swap found expired has its DEL in the log before the swap (E3), so that replay moves what was moved.
pub fn m3_an_expired_key_goes_first() {
    for expired in ["a", "b"] {
        let mut store = after(&["SET a one", "SET b two", &format!("PEXPIREAT {expired} 500")]);
        store.now_ms = 500;
        say(&mut store, "SWAP a b");
        given(format!(
            "the log of SET a one, SET b two, PEXPIREAT {expired} 500 and, when it was 500 o'clock, SWAP a b: \
             \"{}\"",
            store.log.escape_ascii()
        ))
        .expect(keys(&store), replayed(&store.log, 500));
    }
}

/// During replay nothing expires (E4), however late it is by then; what is due goes afterwards.
pub fn m3_nothing_expires_in_replay() {
    let store = after(&["SET a one", "PEXPIREAT a 500", "SET b two", "SWAP a b", "PERSIST b"]);
    given("the log of SET a one, PEXPIREAT a 500, SET b two, SWAP a b, PERSIST b, replayed at 900 o'clock")
        .expect(vec!["SET a two", "SET b one"], replayed(&store.log, 900));
    let store = after(&["SET a one", "PEXPIREAT a 500", "SWAP a b"]);
    let given = given("the log of SET a one, PEXPIREAT a 500, SWAP a b, replayed at 900 o'clock; then GET b");
    match Store::replay(&store.log, 900) {
        Ok(mut store) => given.expect("(nil)", say(&mut store, "GET b").as_str()),
        Err(error) => given.holds(false, "it is replayed", error),
    }
}

/// What changed nothing is not recorded, a replayed store begins with an empty log, and a record that nobody knows is refused.
pub fn m3_nothing_is_recorded_twice_or_in_vain() {
    let mut store = after(&["SET a one"]);
    for request in ["SWAP a a", "SWAP x y", "SWAP x x"] {
        let before = store.log.len();
        say(&mut store, request);
        let got = store.log[before..].escape_ascii().to_string();
        given(format!("SET a one, then {request}: what is added to the log")).expect("", got.as_str());
    }
    let given = given("the log of SET a one, SWAP a b, replayed: the log of the new store");
    say(&mut store, "SWAP a b");
    match Store::replay(&store.log, 100) {
        Ok(store) => given.expect("", store.log.escape_ascii().to_string().as_str()),
        Err(error) => given.holds(false, "it is replayed", error),
    }
    let unknown = b"*2\r\n$3\r\nFLY\r\n$1\r\na\r\n";
    heapwood_kit::given("a log with the record FLY a").holds(
        Store::replay(unknown, 100).is_err(),
        "replay refuses it",
        "it is replayed",
    );
}

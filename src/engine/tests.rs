//! Properties of the commands together: hints change nothing, and the log gives back what was
//! there.

use heapwood_aof::Replay;
use heapwood_sockets::FrameReplies;
use heapwood_treap::Slot;
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::arguments::Arguments;
use super::commands;
use super::hints::Hints;
use super::replay::Loading;
use super::store::{Call, Journal, Moment, Store};
use super::table;

const MAX_BULK_BYTES: usize = 1 << 20;

/// The records of a log, as they were given.
#[derive(Default)]
struct Recorded(Vec<Vec<Vec<u8>>>);

impl Journal for Recorded {
    fn record(&mut self, arguments: &[&[u8]]) {
        self.0.push(arguments.iter().map(|argument| argument.to_vec()).collect());
    }
}

/// A store, its log, and the time.
struct Bench {
    store: Store,
    log: Recorded,
    now: Moment,
}

impl Bench {
    fn new() -> Self {
        let now = Moment { unix_ms: 1_000_000, mono_ms: 0 };
        Self { store: Store::new(Some(7), MAX_BULK_BYTES), log: Recorded::default(), now }
    }

    /// Runs a line and gives its reply's bytes.
    fn run(&mut self, line: &str, hints: Hints<'_>) -> Vec<u8> {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let command = table::find(words[0]).expect("a command");
        let mut out = Vec::new();
        let mut replies = FrameReplies::new(&mut out);
        let mut call = Call {
            command,
            arguments: Arguments::Slices(&words),
            hints,
            now: self.now,
            store: &mut self.store,
            journal: &mut self.log,
            replies: &mut replies,
            wrote: false,
            wait: None,
        };
        let reply = commands::run(&mut call).expect("a command on keys");
        if let Err(refusal) = reply {
            out = refusal.as_str().as_bytes().to_vec();
        } else {
            replies.finish();
        }
        self.store.settle_expired(&mut self.log);
        self.store.keys.check().expect("both treaps are sound and agree");
        out
    }

    /// Everything that is there.
    fn picture(&mut self) -> Vec<Vec<Vec<u8>>> {
        let mut records = Vec::new();
        let mut loading = Loading::new(&mut self.store);
        let mut snapshot = loading.snapshot();
        let mut keep = |arguments: &[&[u8]]| {
            records.push(arguments.iter().map(|argument| argument.to_vec()).collect());
        };
        while !snapshot.step(&mut keep) {}
        records
    }
}

/// Where a batched search would have found the keys when the round began.
fn found(store: &Store, line: &str) -> Vec<Option<Slot>> {
    let words: Vec<&str> = line.split(' ').collect();
    let command = table::find(words[0].as_bytes()).expect("a command");
    let keys = command.keys.positions(words.len());
    keys.map(|position| store.tree().find(words[position].as_bytes())).collect()
}

/// Any slots of the tree, or none.
fn drawn(store: &Store, random: u64) -> Vec<Option<Slot>> {
    let places = store.tree().slot_count() + 1;
    (0..4)
        .map(|lane| store.tree().slot_at((random.rotate_left(lane * 16) % u64::from(places)) as u32))
        .collect()
}

/// One of the words. (A bare string is a regular expression to proptest.)
fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> + Clone {
    proptest::sample::select(words)
}

fn key() -> impl Strategy<Value = &'static str> + Clone {
    one_of(&["a", "b", "c", "d", "e", "f", "list", "other"])
}

fn line() -> impl Strategy<Value = String> {
    let value = one_of(&["1", "-7", "x", "9223372036854775807", "a-longer-value-than-the-others"]);
    let options =
        one_of(&["", "", " NX", " XX GET", " EX 1", " PX 30", " KEEPTTL", " PXAT 1000010", " PXAT 1"]);
    let count = one_of(&["0", "1", "2", "9"]);
    let both = (key(), key());
    prop_oneof![
        3 => (key(), value.clone(), options.clone()).prop_map(|(k, v, o)| format!("SET {k} {v}{o}")),
        2 => key().prop_map(|k| format!("GET {k}")),
        1 => (one_of(&["GETDEL", "INCR", "DECR", "STRLEN", "TYPE", "PERSIST", "TTL", "PTTL", "RANK", "LLEN"]), key())
            .prop_map(|(c, k)| format!("{c} {k}")),
        1 => (one_of(&["DEL", "UNLINK", "EXISTS", "MGET"]), both.clone()).prop_map(|(c, (k, l))| format!("{c} {k} {l}")),
        1 => (one_of(&["GETSET", "SETNX", "APPEND", "INCRBY", "DECRBY"]), key(), value.clone())
            .prop_map(|(c, k, v)| format!("{c} {k} {v}")),
        1 => (key(), one_of(&["", " PERSIST", " PX 20", " PXAT 1"])).prop_map(|(k, o)| format!("GETEX {k}{o}")),
        1 => (both.clone(), value.clone()).prop_map(|((k, l), v)| format!("MSET {k} {v} {l} z")),
        1 => both.clone().prop_map(|(k, l)| format!("RENAME {k} {l}")),
        1 => (one_of(&["PEXPIRE", "PEXPIREAT"]), key(), one_of(&["10", "1000020", "-1"]))
            .prop_map(|(c, k, w)| format!("{c} {k} {w}")),
        2 => (one_of(&["LPUSH", "RPUSH"]), key(), value).prop_map(|(c, k, v)| format!("{c} {k} {v} second")),
        1 => (one_of(&["LPOP", "RPOP"]), key(), count).prop_map(|(c, k, n)| format!("{c} {k} {n}")),
        1 => (one_of(&["BLPOP", "BRPOP"]), both.clone()).prop_map(|(c, (k, l))| format!("{c} {k} {l} 1")),
        1 => both.prop_map(|(k, l)| format!("RANGE {k} {l} WITHVALUES")),
        1 => one_of(&["KEYS *", "SCAN 0", "DBSIZE", "AT 1", "AT -1", "COUNT a z", "TREE", "PREFIX o"]).prop_map(String::from),
        1 => Just(String::from("FLUSHALL")),
    ]
}

/// Rounds: their lines, what time passes before each, and bits to draw hints from.
fn rounds() -> impl Strategy<Value = Vec<(Vec<String>, u64, u64)>> {
    let round = (proptest::collection::vec(line(), 1..12), 0..20_u64, any::<u64>());
    proptest::collection::vec(round, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replies_are_the_same_with_hints_without_and_with_wrong_ones(rounds in rounds()) {
        let (mut without, mut with, mut wrong) = (Bench::new(), Bench::new(), Bench::new());
        for (lines, passed_ms, random) in rounds {
            for bench in [&mut without, &mut with, &mut wrong] {
                bench.now.unix_ms += passed_ms;
            }
            let hints: Vec<_> = lines.iter().map(|line| found(&with.store, line)).collect();
            for (line, hints) in lines.iter().zip(&hints) {
                let plain = without.run(line, Hints::NONE);
                prop_assert_eq!(&with.run(line, Hints::new(hints)), &plain, "{}", line);
                let any_slots = drawn(&wrong.store, random);
                prop_assert_eq!(&wrong.run(line, Hints::new(&any_slots)), &plain, "{} {:?}", line, any_slots);
            }
        }
        prop_assert_eq!(&with.log.0, &without.log.0);
        prop_assert_eq!(&wrong.log.0, &without.log.0);
    }

    #[test]
    fn what_was_logged_gives_back_what_was_there(rounds in rounds()) {
        let mut live = Bench::new();
        for (lines, passed_ms, _) in rounds {
            live.now.unix_ms += passed_ms;
            for line in lines {
                let (before, logged) = (live.picture(), live.log.0.len());
                live.run(&line, Hints::NONE);
                if live.log.0.len() == logged {
                    prop_assert_eq!(before, live.picture(), "{} changed something unlogged", line);
                }
            }
        }
        let mut loaded = Bench::new();
        let mut loading = Loading::new(&mut loaded.store);
        for record in &live.log.0 {
            let arguments: Vec<&[u8]> = record.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(loading.apply(&arguments), Ok(()));
        }
        drop(loading);
        prop_assert_eq!(loaded.picture(), live.picture());
    }
}

#[test]
fn what_depends_on_time_or_chance_is_logged_as_what_it_came_to() {
    for (before, line, logged) in [
        ("", "SET a 1 EX 10", "SET a 1 PXAT 1010000"),
        ("", "SETEX a 10 1", "SET a 1 PXAT 1010000"),
        ("", "SET a 1 NX", "SET a 1"),
        ("SET a 1 PX 9", "SET a 2 KEEPTTL", "SET a 2 KEEPTTL"),
        ("SET a 1", "SET a 2 KEEPTTL", "SET a 2"),
        ("SET a 1", "GETSET a 2", "SET a 2"),
        ("SET a 1", "GETDEL a", "DEL a"),
        ("SET a 1", "GETEX a PX 5", "PEXPIREAT a 1000005"),
        ("SET a 1", "EXPIRE a 5", "PEXPIREAT a 1005000"),
        ("SET a 1", "EXPIRE a -5", "DEL a"),
        ("SET a 1 PX 9", "PERSIST a", "PERSIST a"),
        ("SET a 1", "UNLINK b a", "DEL a"),
        ("RPUSH a 1 2", "BRPOP a 0", "RPOP a"),
        ("RPUSH a 1 2", "LPOP a 5", "LPOP a 5"),
        ("", "incr a", "INCR a"),
        ("SET a 1 PXAT 1", "GET a", "DEL a"),
        ("SET a 1 PXAT 1", "SET a 2", "DEL a|SET a 2"),
        ("SET a 1", "FLUSHALL SYNC", "FLUSHALL"),
    ] {
        assert_eq!(logged_by(before, line), logged, "{before} | {line}");
    }
}

#[test]
fn what_changes_nothing_is_not_logged() {
    for (before, line) in [
        ("SET a 1", "SETNX a 2"),
        ("SET a 1", "SET a 2 NX"),
        ("", "SET a 2 XX"),
        ("SET a 1", "GETEX a"),
        ("SET a 1", "PERSIST a"),
        ("SET a 1", "APPEND a "),
        ("SET a 1", "INCRBY a 0"),
        ("SET a 1", "RENAME a a"),
        ("SET a 1", "EXPIRE a 5 XX"),
        ("SET a 1", "LPUSH a x"),
        ("SET a x", "INCR a"),
        ("RPUSH a 1", "LPOP a 0"),
        ("", "DEL a"),
        ("", "LPOP a"),
        ("", "BLPOP a 1"),
        ("", "EXPIRE a 5"),
        ("", "FLUSHALL"),
    ] {
        assert_eq!(logged_by(before, line), "", "{before} | {line}");
    }
}

/// What a line logs after another one.
fn logged_by(before: &str, line: &str) -> String {
    let mut bench = Bench::new();
    if !before.is_empty() {
        bench.run(before, Hints::NONE);
    }
    bench.log.0.clear();
    bench.run(line, Hints::NONE);
    let text = |record: &Vec<Vec<u8>>| String::from_utf8_lossy(&record.join(&b' ')).into_owned();
    bench.log.0.iter().map(text).collect::<Vec<_>>().join("|")
}

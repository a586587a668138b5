//! Keys that expire, seen from outside: through a socket, in the log, after a crash.
#![allow(clippy::unwrap_used)]

#[path = "../../04-aof/tests/redis_server/mod.rs"]
mod redis_server;
mod server;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use heapwood_aof::commands::Commands;
use heapwood_aof::resp::encode_command;
use heapwood_aof::round::{RoundBuffer, RoundLine};
use heapwood_aof::{DiskStorage, Log, LogOptions, Replay, Snapshot, SortedRun};
use heapwood_sockets::{Client, Value};
use heapwood_treap::Packed;
use heapwood_ttl::{Keyspace, KeyspaceSnapshot};
use pretty_assertions::assert_eq;
use server::{Server, bytes, call, ok, wait_for};

const BINARY: &str = env!("CARGO_BIN_EXE_heapwood-ttl");

/// Deadlines that no test reaches.
const LONG_MS: i64 = 3_600_000;

fn start(directory: &Path) -> Server {
    Server::start(BINARY, directory)
}

fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

fn integer(client: &mut Client, command: &str) -> i64 {
    match call(client, command) {
        Value::Integer(number) => number,
        other => panic!("{command} answers {other:?}"),
    }
}

#[test]
fn a_key_is_gone_once_its_time_has_come() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    assert_eq!(call(&mut client, "SET short value PX 40"), ok());
    assert_eq!(call(&mut client, "SET long value EX 3600"), ok());
    wait_for(&mut client, "GET short", |reply| *reply == Value::Nil);
    assert_eq!(call(&mut client, "TTL short"), Value::Integer(-2));
    assert_eq!(call(&mut client, "TTL long"), Value::Integer(3600));
    assert_eq!(call(&mut client, "RANGE a z"), Value::Array(vec![bytes("long")]));
}

#[test]
fn a_key_that_nobody_asks_for_goes_too_and_the_log_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    for number in 0..300 {
        call(&mut client, &format!("SET key:{number} value PX 30"));
    }
    let gone = |log: &[u8]| log.windows(5).filter(|window| window == b"\nDEL\r").count();
    let deadline = Instant::now() + server::PATIENCE;
    while gone(&fs::read(directory.path().join("database.aof")).unwrap()) < 300 {
        assert!(Instant::now() < deadline);
        call(&mut client, "PING");
    }
}

#[test]
fn replies_are_those_of_redis() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let Some(mut redis) = server::empty_redis(directory.path()) else {
        return;
    };
    server::compare_with_redis(
        &server,
        &mut redis,
        "TTL none
        PTTL none
        EXPIRETIME none
        PEXPIRETIME none
        PERSIST none
        EXPIRE none 10
        SET a 1
        TTL a
        PTTL a
        EXPIRETIME a
        PERSIST a
        EXPIREAT a 4000000000
        EXPIRETIME a
        PEXPIRETIME a
        PEXPIREAT a 4000000000499
        EXPIRETIME a
        PEXPIREAT a 4000000000500
        EXPIRETIME a
        PERSIST a
        TTL a
        EXPIRE a 100 XX
        EXPIRE a 100 GT
        EXPIRE a 100 NX
        TTL a
        EXPIRE a 200 NX
        EXPIRE a 50 gt
        EXPIRE a 200 Gt
        TTL a
        EXPIRE a 300 LT
        EXPIRE a 150 lt XX
        TTL a
        EXPIRE a 10 NX XX
        EXPIRE a 10 NX GT
        EXPIRE a 10 LT NX
        EXPIRE a 10 GT LT
        EXPIRE a 10 SOON
        EXPIRE a ten NX XX
        EXPIRE a ten SOON
        EXPIRE a ten
        EXPIRE a 1.5
        EXPIRE a 9223372036854775807
        EXPIRE a -9223372036854775808
        EXPIRE a 9223372036854775
        EXPIRE none 9223372036854775807
        EXPIREAT a 9223372036854775807
        PEXPIRE a 9223372036854775807
        PEXPIREAT a 9223372036854775807
        PEXPIRETIME a
        EXPIRETIME a
        TTL a
        SET a 2 KEEPTTL
        PEXPIRETIME a
        SET a 3
        TTL a
        SET a 4 EX 0
        SET a 4 PX -1
        SET a 4 EX ten
        SET a 4 EX 9223372036854775807
        SET a 4 PX 9223372036854775807
        SET a 4 EXAT 4000000000
        GET a
        EXPIRETIME a
        SET a 5 PXAT 4000000000000
        EXPIRETIME a
        SET a 5 SOON
        EXPIRE a 0
        GET a
        SET a 6
        PEXPIRE a -5
        EXISTS a
        SET a 7
        EXPIREAT a 1
        EXISTS a
        SET a 8
        PEXPIREAT a -1 LT
        EXISTS a
        SET a 9 PXAT 5
        GET a",
    );
}

#[test]
fn deadlines_survive_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    for key in ["expires", "persists", "overwritten", "kept", "deleted"] {
        call(&mut client, &format!("SET {key} value EX 3600"));
    }
    let deadline = integer(&mut client, "PEXPIRETIME expires");
    call(&mut client, "PERSIST persists");
    call(&mut client, "SET overwritten again");
    call(&mut client, "SET kept again KEEPTTL");
    call(&mut client, "EXPIRE deleted -1");
    call(&mut client, "SET short value PX 20");
    server.kill();

    let server = start(directory.path());
    let mut client = server.client();
    assert_eq!(integer(&mut client, "PEXPIRETIME expires"), deadline);
    assert_eq!(call(&mut client, "TTL persists"), Value::Integer(-1));
    assert_eq!(call(&mut client, "TTL overwritten"), Value::Integer(-1));
    assert!(integer(&mut client, "TTL kept") > 3000);
    assert_eq!(call(&mut client, "EXISTS deleted"), Value::Integer(0));
    wait_for(&mut client, "EXISTS short", |reply| *reply == Value::Integer(0));
}

#[test]
fn what_changes_nothing_is_not_logged() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    call(&mut client, "SET a 1 EX 3600");
    let log = directory.path().join("database.aof");
    let before = fs::read(&log).unwrap();
    for command in ["EXPIRE none 10", "EXPIRE a 10 NX", "EXPIRE a x", "PERSIST none", "DEL none", "TTL a"] {
        call(&mut client, command);
    }
    assert_eq!(fs::read(&log).unwrap(), before);
}

/// The commands in a server's log.
fn logged(directory: &Path) -> Vec<String> {
    let log = fs::read(directory.join("database.aof")).unwrap();
    let mut commands = Commands::new(&log, 0);
    let mut found = Vec::new();
    while let Some(args) = commands.next().unwrap() {
        found.push(args.iter().map(|arg| String::from_utf8_lossy(arg)).collect::<Vec<_>>().join(" "));
    }
    found
}

#[test]
fn the_log_holds_outcomes_that_mean_the_same_at_any_time() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    for command in ["SET a 1 EX 3600", "SET b 2", "EXPIRE b 3600 NX", "SET a 3 KEEPTTL", "EXPIRE a -1"] {
        call(&mut client, command);
    }
    let log = logged(directory.path());
    let named: Vec<_> =
        log.iter().map(|record| record.trim_end_matches(|c: char| c.is_ascii_digit())).collect();
    let outcomes = ["SET a 1 PXAT ", "SET b ", "PEXPIREAT b ", "SET a 3 PXAT ", "DEL a"];
    assert_eq!(named, outcomes, "E5: moments and DELs, never how long from now");
    let b_ms = integer(&mut client, "PEXPIRETIME b");
    assert_eq!(log[2], format!("PEXPIREAT b {b_ms}"), "E5: the moment is the one in memory");
}

#[test]
fn an_expired_key_is_deleted_in_the_log_before_it_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    call(&mut client, "SET a old PX 1");
    wait_for(&mut client, "GET a", |reply| *reply == Value::Nil);
    call(&mut client, "SET a new KEEPTTL");
    server.kill();
    let server = start(directory.path());
    assert_eq!(call(&mut server.client(), "GET a"), bytes("new"));
    assert_eq!(call(&mut server.client(), "TTL a"), Value::Integer(-1));
}

/// A log of one round.
fn write_log(directory: &Path, commands: &[&str]) {
    let mut round = RoundBuffer::default();
    for command in commands {
        encode_command(&server::words(command), round.records());
    }
    let line = RoundLine { id: 1, offset: 0, len: 0, synced: 0, now_unix_ms: 1 };
    fs::write(directory.join("database.aof"), round.seal(line)).unwrap();
}

#[test]
fn replay_expires_nothing_before_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let commands =
        ["SET kept value", "PEXPIREAT kept 1000", "SET gone value", "PEXPIREAT gone 1000", "PERSIST kept"];
    write_log(directory.path(), &commands);
    for _ in 0..2 {
        let server = start(directory.path());
        let mut client = server.client();
        assert_eq!(call(&mut client, "GET kept"), bytes("value"));
        assert_eq!(call(&mut client, "TTL kept"), Value::Integer(-1));
        assert_eq!(call(&mut client, "GET gone"), Value::Nil);
        server.kill();
    }
}

#[test]
fn a_plain_set_in_the_log_takes_the_deadline_away() {
    let directory = tempfile::tempdir().unwrap();
    let commands = [
        "SET set-again 1",
        "PEXPIREAT set-again 4000000000000",
        "SET kept 1",
        "PEXPIREAT kept 4000000000000",
        "SET set-again 2",
        "DEL none",
        "SET new 1",
    ];
    write_log(directory.path(), &commands);
    let server = start(directory.path());
    let mut client = server.client();
    assert_eq!(call(&mut client, "GET set-again"), bytes("2"));
    assert_eq!(call(&mut client, "TTL set-again"), Value::Integer(-1));
    assert_eq!(integer(&mut client, "PEXPIRETIME kept"), 4_000_000_000_000);
    assert_eq!(call(&mut client, "RANGE  "), Value::Array(["kept", "new", "set-again"].map(bytes).into()));
}

/// What the binary says and its exit code.
fn refusal(args: &[&str]) -> (String, Option<i32>) {
    let output = std::process::Command::new(BINARY).args(args).output().unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
}

#[test]
fn what_cannot_be_started_says_why_and_exits() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path().to_str().unwrap();
    for (args, words) in [
        (vec!["--port", "x"], "x"),
        (vec!["--port"], "needs a value"),
        (vec!["--sooner", "1"], "--sooner"),
        (vec!["--fsync", "never"], "always, everysec or no"),
        (vec!["--port", "0", "--dir", "/dev/null"], "/dev/null"),
    ] {
        let (said, code) = refusal(&args);
        assert!(said.contains(words), "{args:?}: {said}");
        assert_eq!((said.lines().count(), code), (1, Some(2)), "{args:?}: {said}");
    }
    let server = start(directory.path());
    assert_eq!(refusal(&["--port", "0", "--dir", dir]).1, Some(2), "the folder is in use");
    server.kill();
    write_log(directory.path(), &["SET a 1", "SOLVE everything"]);
    let (said, code) = refusal(&["--port", "0", "--dir", dir]);
    assert_eq!(code, Some(1), "{said}");
}

/// So much that a log with it is compacted when it is opened, once it is deleted.
fn history() -> String {
    format!("SET history {}", "x".repeat(17 * 1024 * 1024))
}

#[test]
fn a_rewritten_log_keeps_values_and_deadlines() {
    let directory = tempfile::tempdir().unwrap();
    let commands: Vec<String> = (0..1000)
        .flat_map(|n| {
            [format!("SET key:{n} {n}"), format!("PEXPIREAT key:{n} {}", 4_000_000_000_000_u64 + n)]
        })
        .chain([String::from("SET plain value"), history(), String::from("DEL history")])
        .collect();
    write_log(directory.path(), &commands.iter().map(String::as_str).collect::<Vec<_>>());
    start(directory.path()).kill();
    assert!(fs::metadata(directory.path().join("database.aof")).unwrap().len() < 1_000_000, "compacted");
    let server = start(directory.path());
    let mut client = server.client();
    for n in [0, 7, 999] {
        assert_eq!(call(&mut client, &format!("GET key:{n}")), bytes(&n.to_string()));
        assert_eq!(integer(&mut client, &format!("PEXPIRETIME key:{n}")), 4_000_000_000_000 + n);
    }
    assert_eq!(call(&mut client, "TTL plain"), Value::Integer(-1));
}

/// The rounds of a log that hold DELs: the `now` of each, and how many.
fn rounds_with_dels(directory: &Path) -> Vec<(u64, usize)> {
    let log = fs::read_to_string(directory.join("database.aof")).unwrap();
    let rounds = log.split("#HW1 ").skip(1).map(|round| {
        let now = round.split_once(" now=").and_then(|(_, rest)| rest.split_once(' '));
        (now.map_or(0, |(now_ms, _)| now_ms.parse().unwrap()), round.matches("\nDEL\r").count())
    });
    rounds.filter(|(_, dels)| *dels > 0).collect()
}

#[test]
fn many_due_keys_go_in_several_rounds_and_none_of_their_dels_waits() {
    // A machine that pauses can make the last DELs late as well, but not each time; a loop that goes to sleep before
    // it has committed them gets up a second later, always.
    const SLEEP_MS: u64 = 900;
    let waits: Vec<u64> = (0..3).map(|_| wait_of_the_last_dels()).collect();
    assert!(waits.iter().any(|wait_ms| *wait_ms < SLEEP_MS), "the last DELs have waited for {waits:?} ms");
}

/// Lets many keys expire at once, and says how long after the round before it the last round of their DELs was written.
fn wait_of_the_last_dels() -> u64 {
    const KEYS: usize = 5000;
    let directory = tempfile::tempdir().unwrap();
    let commands: Vec<String> =
        (0..KEYS).flat_map(|n| [format!("SET key:{n} {n}"), format!("PEXPIREAT key:{n} 1000")]).collect();
    write_log(directory.path(), &commands.iter().map(String::as_str).collect::<Vec<_>>());
    let _server = start(directory.path());
    let deadline = Instant::now() + server::PATIENCE;
    let rounds = loop {
        let rounds = rounds_with_dels(directory.path());
        if rounds.iter().map(|(_, dels)| dels).sum::<usize>() == KEYS {
            break rounds;
        }
        assert!(Instant::now() < deadline, "{rounds:?}");
        thread::yield_now();
    };
    assert!(rounds.len() > 1, "one round removed all of them, whatever its budget");
    rounds[rounds.len() - 1].0 - rounds[rounds.len() - 2].0
}

struct Nothing(Keyspace<Packed>);

impl Replay for Nothing {
    fn apply(&mut self, _: &[&[u8]]) -> Result<(), String> {
        Ok(())
    }

    fn load_run(&mut self, _: SortedRun<'_>) -> Result<(), String> {
        Ok(())
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(KeyspaceSnapshot::new(&self.0))
    }
}

#[test]
fn the_clock_does_not_go_back_behind_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let ahead_ms = unix_ms() + LONG_MS;
    let (storage, mut nothing) = (DiskStorage::new(directory.path()), Nothing(Keyspace::new()));
    let opened = Log::open(storage, LogOptions::default(), ahead_ms as u64, &mut nothing, &mut |_, _| {});
    let mut log = opened.unwrap().0;
    for (key, deadline_ms) in [("expired", ahead_ms - 1000), ("alive", ahead_ms + 5000)] {
        log.record(&[b"SET", key.as_bytes(), b"value"]);
        log.record(&[b"PEXPIREAT", key.as_bytes(), deadline_ms.to_string().as_bytes()]);
    }
    log.commit(ahead_ms as u64).unwrap();
    log.close(ahead_ms as u64).unwrap();

    let server = start(directory.path());
    let mut client = server.client();
    assert_eq!(call(&mut client, "GET expired"), Value::Nil);
    assert!((1..=5000).contains(&integer(&mut client, "PTTL alive")));
}

#[test]
fn redis_loads_the_log_with_every_deadline() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    for n in 0..300 {
        call(&mut client, &format!("SET key:{n} {n} PXAT {}", 4_000_000_000_000_u64 + n));
    }
    for n in 0..100 {
        call(&mut client, &format!("PERSIST key:{n}"));
        call(&mut client, &format!("EXPIREAT key:{} {}", n + 100, 4_100_000_000_u64 + n));
    }
    call(&mut client, "SET short value PX 10");
    wait_for(&mut client, "EXISTS short", |reply| *reply == Value::Integer(0));
    assert!(server.stop().success());

    let log = directory.path().join("database.aof");
    let Some(mut redis) = redis_server::RedisServer::start(&directory.path().join("redis"), &log) else {
        return;
    };
    let server = start(directory.path());
    let mut client = server.client();
    assert_eq!(redis.keys().len(), 300);
    for n in 0..300 {
        for command in [format!("GET key:{n}"), format!("PEXPIRETIME key:{n}")] {
            let ours = server::as_redis(call(&mut client, &command));
            assert_eq!(redis.call(&server::words(&command)).unwrap(), ours, "{command}");
        }
    }
}

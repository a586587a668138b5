//! Deadlines that passed while the server was away: replay applies them as written, and nothing expires before its last record. The clock never goes
//! back behind the log.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use heapwood_aof::resp::encode_command;
use heapwood_aof::round::{RoundBuffer, RoundLine};
use pretty_assertions::assert_eq;
use support::dump::dump;
use support::{Client, Server, Value, ask, wait_for};

const HOUR_MS: u64 = 3_600_000;

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn text(text: &str) -> Value {
    Value::Bytes(text.into())
}

fn integer(client: &mut Client, line: &str) -> i64 {
    match ask(client, line) {
        Value::Integer(number) => number,
        other => panic!("{line}: {other:?}"),
    }
}

/// A server whose log is these commands, one a line, in one round that was committed at `now_ms`.
fn server_on(commands: &str, now_ms: u64) -> Server {
    let mut round = RoundBuffer::default();
    for line in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        encode_command(&words, round.records());
    }
    let line = RoundLine { id: 7, offset: 0, len: 0, synced: 0, now_unix_ms: now_ms };
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/database.aof"), round.seal(line)).unwrap();
    Server::start_in(folder, &[] as &[&str])
}

/// The same commands as a file of Redis, which has no rounds and no clock.
fn server_on_a_file_of_redis(commands: &str) -> Server {
    let mut file = Vec::new();
    for line in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        encode_command(&words, &mut file);
    }
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/database.aof"), file).unwrap();
    Server::start_in(folder, &[] as &[&str])
}

/// Keys that had a deadline when something was done to them, which has passed since.
const HISTORY: &str = "
    SET persisted v
    PEXPIREAT persisted 1000
    PERSIST persisted
    SET expired v
    PEXPIREAT expired 1000
    SET counted 41 PXAT 1000
    INCR counted
    PERSIST counted
    SET text abc PXAT 1000
    APPEND text def
    PERSIST text
    SET name v PXAT 1000
    RENAME name renamed
    PERSIST renamed
    RPUSH list a b
    PEXPIREAT list 1000
    RPUSH list c
    LPOP list
    PERSIST list
    SET again old PXAT 1000
    SET again new
    SET kept old PXAT 1000
    SET kept new KEEPTTL
    SET prolonged v PXAT 1000
    PEXPIREAT prolonged 4000000000000
    SET shortened v
    PEXPIREAT shortened 1000
    RPUSH gone x
    PEXPIREAT gone 1000
    RPUSH gone y
    SET removed v PXAT 1000
    DEL removed
    SET plain v";

fn check_history(server: &Server) {
    let mut client = server.client();
    for (line, reply) in [
        ("GET persisted", text("v")),
        ("GET counted", text("42")),
        ("GET text", text("abcdef")),
        ("GET renamed", text("v")),
        ("LRANGE list 0 -1", Value::Array(vec![text("b"), text("c")])),
        ("GET again", text("new")),
        ("GET prolonged", text("v")),
        ("GET plain", text("v")),
    ] {
        assert_eq!(ask(&mut client, line), reply, "{line}");
    }
    for key in ["persisted", "counted", "text", "renamed", "list", "again", "plain"] {
        assert_eq!(integer(&mut client, &format!("TTL {key}")), -1, "{key}");
    }
    assert!(integer(&mut client, "TTL prolonged") > 0);
    for key in ["expired", "name", "kept", "shortened", "gone", "removed"] {
        assert_eq!(integer(&mut client, &format!("EXISTS {key}")), 0, "{key}");
    }
    assert_eq!(integer(&mut client, "DBSIZE"), 8);
}

#[test]
fn a_key_that_outlived_its_deadline_in_the_log_outlives_replay() {
    let mut server = server_on(HISTORY, 500);
    check_history(&server);
    // The removals that followed are in the log as well.
    server.kill();
    server.restart();
    check_history(&server);
    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    check_history(&server);
}

#[test]
fn so_it_does_in_a_file_of_redis() {
    let mut server = server_on_a_file_of_redis(HISTORY);
    check_history(&server);
    server.kill();
    server.restart();
    check_history(&server);
}

#[test]
fn no_reply_names_a_key_whose_deadline_passed_while_the_server_was_away() {
    let keys: Vec<String> =
        (0..50).map(|number| format!("SET gone:{number} v PXAT {}", 1_000 + number)).collect();
    let server = server_on(&format!("SET here v\n{}", keys.join("\n")), 500);
    let mut client = server.client();
    for line in [
        "RANGE  ",
        "PREFIX gone",
        "KEYS gone:*",
        "MGET gone:1",
        "GET gone:2",
        "RANK gone:3",
        "RANDOMKEY",
        "AT -1",
    ] {
        let reply = format!("{:?}", ask(&mut client, line));
        assert!(!reply.contains("gone"), "{line}: {reply}");
    }
    wait_for("housekeeping to remove them", || (integer(&mut client, "DBSIZE") == 1).then_some(()));
}

#[test]
fn what_the_server_logged_itself_outlives_a_deadline_that_passes_while_it_is_away() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    let mut client = server.client();
    let deadline_ms = now_ms() + 400;
    for line in ["SET kept v", "SET lost v", "RPUSH kept:list a b", "RPUSH lost:list a b"] {
        ask(&mut client, line);
    }
    for key in ["kept", "lost", "kept:list", "lost:list"] {
        assert_eq!(integer(&mut client, &format!("PEXPIREAT {key} {deadline_ms}")), 1, "{key}");
    }
    for key in ["kept", "kept:list"] {
        assert_eq!(integer(&mut client, &format!("PERSIST {key}")), 1, "{key}");
    }
    server.kill();
    wait_for("the deadline", || (now_ms() > deadline_ms).then_some(()));
    server.restart();
    let mut client = server.client();
    assert_eq!(ask(&mut client, "GET kept"), text("v"));
    assert_eq!(integer(&mut client, "LLEN kept:list"), 2);
    assert_eq!(integer(&mut client, "EXISTS lost lost:list"), 0);
    assert_eq!(integer(&mut client, "TTL kept"), -1);
}

#[test]
fn a_deadline_is_a_moment_and_not_a_while() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    let mut client = server.client();
    ask(&mut client, "SET key v EX 1000");
    ask(&mut client, "EXPIRE key 2000");
    let before = integer(&mut client, "PTTL key");
    let deadline = now_ms() as i64 + before;
    for clean in [true, false] {
        if clean {
            assert_eq!(server.stop().code(), Some(0));
        } else {
            server.kill();
        }
        server.restart();
        let mut client = server.client();
        let after = integer(&mut client, "PTTL key");
        assert!(after <= before, "{after} <= {before}");
        // A reply may wait on a busy machine, and a clock may be set by a little: seconds, where a deadline begun anew would be minutes off.
        let error_ms = (now_ms() as i64 + after - deadline).abs();
        assert!(error_ms < 30_000, "{error_ms} ms off");
    }
}

#[test]
fn the_clock_does_not_go_back_behind_the_log() {
    let last_ms = now_ms() + HOUR_MS;
    let commands = format!(
        "SET past v PXAT {}\nSET future v PXAT {}\nSET plain v",
        last_ms - HOUR_MS / 2,
        last_ms + HOUR_MS / 2,
    );
    let mut server = server_on(&commands, last_ms);
    for _ in 0..2 {
        let mut client = server.client();
        // For the wall both are still to come; but the log has seen a later time, at which the one had passed.
        assert_eq!(ask(&mut client, "GET past"), Value::Nil);
        let left = integer(&mut client, "PTTL future");
        assert!((1..=HOUR_MS as i64 / 2).contains(&left), "{left}");
        let relative = integer(&mut client, "SETNX short v") + integer(&mut client, "EXPIRE short 1000");
        assert!((1..=2).contains(&relative));
        let left = integer(&mut client, "TTL short");
        assert!((900..=1_000).contains(&left), "{left}");
        assert_eq!(ask(&mut client, "GET plain"), text("v"));
        server.kill();
        server.restart();
    }
    let lines = support::rounds::judge(&fs::read(server.log()).unwrap()).rounds;
    assert!(lines.iter().all(|round| round.now_ms >= last_ms), "{lines:?}");
}

#[test]
fn deadlines_of_any_size_come_back_as_they_were() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    let mut client = server.client();
    for (key, deadline_ms) in
        [("near", now_ms() + 600_000), ("far", 4_000_000_000_000), ("farthest", 9_000_000_000_000_000)]
    {
        assert_eq!(ask(&mut client, &format!("SET {key} v PXAT {deadline_ms}")), Value::Status("OK".into()));
    }
    let before = dump(&mut client);
    server.kill();
    server.restart();
    assert_eq!(dump(&mut server.client()), before);
}

//! A log that cannot be written for a while: writes are refused, reads go on, nothing acknowledged is lost, and writes come back by themselves.
//!
//! The limit on the size of files stands for a full disk; only Linux lets one process change it for another.
#![cfg(target_os = "linux")]
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod support;
#[path = "support/sys.rs"]
#[allow(unsafe_code, unreachable_pub)]
mod sys;

use std::time::{SystemTime, UNIX_EPOCH};

use pretty_assertions::assert_eq;
use support::dump::dump;
use support::{Client, Ended, Server, Value, ask, run_in, wait_for};

/// A value that one page does not hold, so that a part of its round can be written.
const LARGE: usize = 20_000;

fn ok() -> Value {
    Value::Status("OK".into())
}

fn refuses(reply: &Value) -> bool {
    matches!(reply, Value::Error(text) if text.starts_with("MISCONF "))
}

/// From now on the log can grow by this many bytes only.
fn fill_the_disk(server: &Server, left: u64) {
    let size = server.log().metadata().unwrap().len();
    sys::limit_file_size(server.pid(), Some(size + left)).unwrap();
}

fn free_the_disk(server: &Server) {
    sys::limit_file_size(server.pid(), None).unwrap();
}

/// Writes until a write fails: what was acknowledged. The client of the write that failed is closed.
fn write_until_it_fails(server: &Server, name: &str) -> usize {
    let mut client = server.client();
    for number in 0.. {
        match client.call(&["SET", &format!("{name}:{number}"), &"v".repeat(LARGE)]) {
            Ok(reply) => assert_eq!(reply, ok()),
            Err(_) => return number,
        }
    }
    unreachable!("the limit is reached before numbers end")
}

fn assert_there(client: &mut Client, name: &str, acknowledged: usize) {
    for number in 0..acknowledged {
        let value = client.call(&["GET", &format!("{name}:{number}")]).unwrap();
        assert!(value == Value::Bytes(vec![b'v'; LARGE]), "{name}:{number} of {acknowledged}: {value:?}");
    }
}

fn wait_until_writes_are_taken(server: &Server) {
    let mut client = server.client();
    wait_for("writes to be taken again", || (ask(&mut client, "SET again 1") == ok()).then_some(()));
}

fn check_log(server: &Server) -> Ended {
    run_in(server.folder().path(), &["check-aof", "data/database.aof"])
}

fn fail_and_come_back(policy: &str) {
    let mut server = Server::start_with(&["--fsync", policy]);
    let mut before = server.client();
    assert_eq!(ask(&mut before, "SET early 1"), ok());
    for life in ["first", "second"] {
        // Room for some rounds and a part of one.
        fill_the_disk(&server, 3 * LARGE as u64 + LARGE as u64 / 2);
        let acknowledged = write_until_it_fails(&server, life);
        assert!((1..=3).contains(&acknowledged), "{acknowledged}");
        for line in ["SET early 2", "DEL early", "RPUSH list x", "FLUSHALL", "EXPIRE early 1", "INCR early"] {
            let reply = ask(&mut before, line);
            assert!(refuses(&reply), "{line}: {reply:?}");
        }
        assert_eq!(ask(&mut before, "GET early"), Value::Bytes("1".into()));
        assert_eq!(ask(&mut before, "PING"), Value::Status("PONG".into()));
        assert_there(&mut server.client(), life, acknowledged);
        let checked = check_log(&server);
        assert_eq!(checked.code, Some(0), "a part of a round was left: {}", checked.output);

        free_the_disk(&server);
        wait_until_writes_are_taken(&server);
        assert_there(&mut before, life, acknowledged);
        assert_eq!(ask(&mut before, "DEL again"), Value::Integer(1));
    }
    let memory = dump(&mut before);
    server.kill();
    server.restart();
    assert_eq!(dump(&mut server.client()), memory, "the log tells what memory held");
}

#[test]
fn writes_are_refused_while_the_log_cannot_be_written_and_reads_go_on() {
    fail_and_come_back("always");
}

#[test]
fn the_lazier_policies_refuse_writes_too() {
    fail_and_come_back("everysec");
    fail_and_come_back("no");
}

#[test]
fn a_kill_while_the_log_cannot_be_written_loses_nothing_acknowledged() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    fill_the_disk(&server, 10 * LARGE as u64);
    let acknowledged = write_until_it_fails(&server, "key");
    server.kill();
    server.restart();
    let mut client = server.client();
    assert_there(&mut client, "key", acknowledged);
    assert_eq!(ask(&mut client, "DBSIZE"), Value::Integer(acknowledged as i64));
    assert_eq!(ask(&mut client, "SET more 1"), ok());
}

#[test]
fn a_shutdown_while_the_log_cannot_be_written_says_so_and_loses_nothing_acknowledged() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    fill_the_disk(&server, 10 * LARGE as u64);
    let acknowledged = write_until_it_fails(&server, "key");
    assert_eq!(server.stop().code(), Some(1), "not all could be saved");
    let errors = wait_for("the reason", || {
        let errors = server.errors();
        (errors.matches("could not be written").count() > 1).then_some(errors)
    });
    assert!(errors.lines().all(|line| line.starts_with("heapwood: ")), "{errors}");
    server.restart();
    assert_there(&mut server.client(), "key", acknowledged);
}

#[test]
fn the_round_that_failed_closes_its_writers_and_the_waiters_it_served() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    let mut reader = server.client();
    let mut waiter = server.client();
    waiter.send(&["BLPOP", "queue", "0"]).unwrap();
    waiter.flush().unwrap();
    wait_for("the pop to wait", || (support::figure(&mut reader, "blocked_clients") == "1").then_some(()));
    fill_the_disk(&server, 0);
    let mut pusher = server.client();
    assert!(pusher.call(&["RPUSH", "queue", "taken", "left"]).is_err(), "nothing tells how the push went");
    assert!(waiter.receive().is_err(), "an element that may come back was handed out");
    assert_eq!(ask(&mut reader, "PING"), Value::Status("PONG".into()));
    // A pop that would find something changes the list; one that finds nothing could wait for nobody.
    assert!(refuses(&ask(&mut reader, "BLPOP queue 0")));
    free_the_disk(&server);
    wait_until_writes_are_taken(&server);
    let memory = dump(&mut reader);
    assert_eq!(ask(&mut reader, "LRANGE queue 0 -1"), Value::Array(vec![Value::Bytes("left".into())]));
    server.kill();
    server.restart();
    assert_eq!(dump(&mut server.client()), memory);
}

#[test]
fn keys_expire_for_readers_though_the_log_cannot_be_told() {
    let mut server = Server::start_with(&["--fsync", "always"]);
    let mut client = server.client();
    let deadline_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() + 300;
    for key in ["short", "unread"] {
        assert_eq!(ask(&mut client, &format!("SET {key} 1 PXAT {deadline_ms}")), ok());
    }
    fill_the_disk(&server, 0);
    write_until_it_fails(&server, "key");
    wait_for("the deadline", || (ask(&mut client, "GET short") == Value::Nil).then_some(()));
    for _ in 0..200 {
        assert_eq!(ask(&mut client, "EXISTS short unread"), Value::Integer(0));
    }
    let told = server.errors();
    assert!(told.lines().count() <= 1, "told again in each round: {told}");
    free_the_disk(&server);
    wait_until_writes_are_taken(&server);
    let memory = dump(&mut client);
    server.kill();
    server.restart();
    assert_eq!(dump(&mut server.client()), memory);
}

#[test]
fn the_operator_is_told_once_when_it_begins_and_once_when_it_is_over() {
    let server = Server::start_with(&["--fsync", "always"]);
    fill_the_disk(&server, 0);
    write_until_it_fails(&server, "key");
    for _ in 0..20 {
        assert!(refuses(&ask(&mut server.client(), "SET a 1")));
    }
    free_the_disk(&server);
    wait_until_writes_are_taken(&server);
    let errors = wait_for("the good news", || {
        let errors = server.errors();
        errors.contains("writes are taken").then_some(errors)
    });
    assert_eq!(errors.lines().count(), 2, "{errors}");
}

/// Its messages may go to the disk that is full.
#[test]
fn a_server_that_cannot_even_tell_goes_on() {
    let server = Server::start_under("exec 2>/dev/full", &["--fsync", "always"]);
    fill_the_disk(&server, 100_000);
    let written = write_until_it_fails(&server, "key");
    let mut client = server.client();
    assert!(refuses(&ask(&mut client, "SET more 1")));
    assert_there(&mut client, "key", written);
    free_the_disk(&server);
    wait_until_writes_are_taken(&server);
    assert_eq!(ask(&mut client, "SET more 1"), ok());
}

//! Queues between clients, seen from outside: through sockets, in the log, after a crash.
#![allow(clippy::unwrap_used)]

#[path = "../../04-aof/tests/redis_server/mod.rs"]
mod redis_server;
#[path = "../../05-ttl/tests/server/mod.rs"]
mod server;

use std::fs;
use std::path::Path;

use heapwood_aof::resp::encode_command;
use heapwood_aof::round::{RoundBuffer, RoundLine};
use heapwood_sockets::{Client, Value};
use pretty_assertions::assert_eq;
use server::{Server, bytes, call, ok, wait_for, words};

const BINARY: &str = env!("CARGO_BIN_EXE_heapwood-deques");

fn start(directory: &Path) -> Server {
    Server::start(BINARY, directory)
}

fn integer(number: i64) -> Value {
    Value::Integer(number)
}

fn array(elements: &[&str]) -> Value {
    Value::Array(elements.iter().map(|element| bytes(element)).collect())
}

/// A client that has sent a blocking pop. When this returns the server has it: what another client sends after is
/// answered after.
fn waiter(server: &Server, command: &str) -> Client {
    let mut client = server.client();
    client.send(&words(command)).unwrap();
    client.flush().unwrap();
    assert_eq!(call(&mut server.client(), "PING"), Value::Status("PONG".into()));
    client
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
        "LLEN none
        LPOP none
        LPOP none 0
        LPOP none 2
        LPOP none -1
        LPOP none x
        RPOP none 1.5
        LRANGE none 0 -1
        LINDEX none 0
        RPUSH a 1 2 3 4 5 6 7 8 9
        LPUSH a x y z
        LLEN a
        LRANGE a 0 -1
        LRANGE a 2 4
        LRANGE a -3 -1
        LRANGE a 5 2
        LRANGE a 100 200
        LRANGE a -100 1
        LRANGE a x 1
        LRANGE a 1 9223372036854775808
        LRANGE a 9223372036854775807 -9223372036854775808
        LINDEX a 0
        LINDEX a -1
        LINDEX a 12
        LINDEX a -13
        LINDEX a one
        LPOP a
        RPOP a
        LPOP a 2
        RPOP a 2
        LPOP a 0
        LPOP a -1
        LPOP a x
        RPOP a 9223372036854775808
        RPOP a 1000
        LLEN a
        EXISTS a
        SET s text
        LPUSH s 1
        RPOP s
        RPOP s 0
        LLEN s
        LRANGE s 0 -1
        LRANGE s x -1
        LINDEX s 0
        BLPOP s 0
        RPUSH a 1 2 3
        GET a
        BLPOP none a 0
        BRPOP a none 0
        BLPOP a s 0.5
        BLPOP s a 0
        BLPOP none 0.01
        BRPOP none -1
        BLPOP none x
        BLPOP none nan
        BLPOP s x
        RPUSH a 1 2
        EXPIRE a 1000
        RPUSH a 3
        TTL a
        LPOP a 3
        RPUSH a 4
        TTL a
        SET a now
        GET a
        DEL a s
        FLUSHALL",
    );
}

#[test]
fn an_element_wakes_the_waiter_that_came_first_and_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut first = waiter(&server, "BLPOP jobs 0");
    let mut second = waiter(&server, "BRPOP other jobs 0");
    let mut pusher = server.client();
    assert_eq!(call(&mut pusher, "RPUSH jobs a"), integer(1));
    assert_eq!(first.receive().unwrap(), array(&["jobs", "a"]));
    assert_eq!(call(&mut pusher, "LLEN jobs"), integer(0));
    assert_eq!(call(&mut pusher, "RPUSH jobs b c"), integer(2));
    assert_eq!(second.receive().unwrap(), array(&["jobs", "c"]));
    assert_eq!(call(&mut pusher, "LRANGE jobs 0 -1"), array(&["b"]));
}

#[test]
fn several_elements_wake_as_many_waiters_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut waiters: Vec<_> = (0..5).map(|_| waiter(&server, "BLPOP jobs 0")).collect();
    assert_eq!(call(&mut server.client(), "RPUSH jobs 0 1 2"), integer(3));
    for (n, waiter) in waiters.iter_mut().take(3).enumerate() {
        assert_eq!(waiter.receive().unwrap(), array(&["jobs", &n.to_string()]));
    }
    assert_eq!(call(&mut server.client(), "RPUSH jobs 3 4"), integer(2));
    assert_eq!(waiters[3].receive().unwrap(), array(&["jobs", "3"]));
    assert_eq!(waiters[4].receive().unwrap(), array(&["jobs", "4"]));
}

#[test]
fn a_waiter_that_leaves_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let leaves = waiter(&server, "BLPOP jobs 0");
    let mut stays = waiter(&server, "BLPOP jobs 0");
    drop(leaves);
    let mut pusher = server.client();
    assert_eq!(call(&mut pusher, "RPUSH jobs a"), integer(1));
    assert_eq!(stays.receive().unwrap(), array(&["jobs", "a"]));
    drop(waiter(&server, "BLPOP jobs 0"));
    assert_eq!(call(&mut pusher, "RPUSH jobs b"), integer(1));
    assert_eq!(call(&mut pusher, "LRANGE jobs 0 -1"), array(&["b"]), "D5: nobody is there to take it");
}

#[test]
fn a_waiter_whose_time_is_up_gets_nil_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    client.send(&words("BLPOP a b 0.02")).unwrap();
    client.send(&words("PING")).unwrap();
    client.flush().unwrap();
    assert_eq!(client.receive().unwrap(), Value::Nil);
    assert_eq!(client.receive().unwrap(), Value::Status("PONG".into()));
    assert_eq!(call(&mut client, "RPUSH a 1"), integer(1));
    assert_eq!(call(&mut client, "LLEN a"), integer(1));
}

#[test]
fn what_a_waiter_sent_behind_its_pop_waits_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    for command in ["BLPOP jobs 0", "SET after pop", "BLPOP jobs 0", "GET after"] {
        client.send(&words(command)).unwrap();
    }
    client.flush().unwrap();
    let mut other = server.client();
    assert_eq!(call(&mut other, "GET after"), Value::Nil);
    call(&mut other, "RPUSH jobs 1 2");
    assert_eq!(client.receive().unwrap(), array(&["jobs", "1"]));
    assert_eq!(client.receive().unwrap(), ok());
    assert_eq!(client.receive().unwrap(), array(&["jobs", "2"]));
    assert_eq!(client.receive().unwrap(), bytes("pop"));
}

#[test]
fn a_queue_between_clients_loses_and_doubles_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut workers: Vec<Client> = (0..4).map(|_| server.client()).collect();
    for worker in &mut workers {
        for _ in 0..50 {
            worker.send(&words("BRPOP jobs 0")).unwrap();
        }
        worker.flush().unwrap();
    }
    let mut pusher = server.client();
    for n in 0..200 {
        pusher.send(&words(&format!("LPUSH jobs {n:03}"))).unwrap();
    }
    pusher.flush().unwrap();
    let mut taken = Vec::new();
    for worker in &mut workers {
        let replies: Vec<Value> = (0..50).map(|_| worker.receive().unwrap()).collect();
        assert!(
            replies.is_sorted_by_key(|reply| format!("{reply:?}")),
            "each worker sees the order of arrival"
        );
        taken.extend(replies);
    }
    taken.sort_by_key(|reply| format!("{reply:?}"));
    let expected: Vec<Value> = (0..200).map(|n| array(&["jobs", &format!("{n:03}")])).collect();
    assert_eq!(taken, expected);
}

/// All elements of a list.
fn list(client: &mut Client, key: &str) -> Value {
    call(client, &format!("LRANGE {key} 0 -1"))
}

#[test]
fn lists_survive_a_crash_and_popped_elements_stay_away() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    call(&mut client, "RPUSH jobs 1 2 3 4 5 6");
    call(&mut client, "LPUSH jobs 0");
    let mut popper = waiter(&server, "BLPOP queue 0");
    call(&mut client, "RPUSH queue a b");
    assert_eq!(popper.receive().unwrap(), array(&["queue", "a"]));
    for command in ["LPOP jobs", "RPOP jobs 2", "BLPOP jobs 0", "RPUSH emptied 1", "LPOP emptied"] {
        call(&mut client, command);
    }
    call(&mut client, "EXPIRE jobs 1000");
    server.kill();

    let server = start(directory.path());
    let mut client = server.client();
    assert_eq!(list(&mut client, "queue"), array(&["b"]), "D5: what a waiter took is gone from the log, too");
    assert_eq!(list(&mut client, "jobs"), array(&["2", "3", "4"]));
    assert_eq!(call(&mut client, "EXISTS emptied"), integer(0));
    wait_for(&mut client, "TTL jobs", |reply| matches!(reply, Value::Integer(900..=1000)));
}

#[test]
fn elements_of_any_size_come_back_from_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    let all_bytes: Vec<u8> = (0..=255).collect();
    let elements = [all_bytes, Vec::new(), vec![b'x'; 5000], vec![0; 3_000_000]];
    for element in &elements {
        client.call(&[b"RPUSH", &b"key"[..], element]).unwrap();
    }
    server.kill();
    let server = start(directory.path());
    let expected = Value::Array(elements.into_iter().map(Value::Bytes).collect());
    assert!(list(&mut server.client(), "key") == expected);
}

/// A log of one round: a long list, a short one, strings, deadlines, and so much that is deleted that the log is compacted when it is opened.
fn write_log(directory: &Path) {
    let mut commands: Vec<String> =
        (0..3000).map(|n| format!("RPUSH long {n}:{}", "x".repeat(n % 97))).collect();
    commands.extend((0..500).map(|n| format!("SET key:{n} {n}")));
    commands.push("LPUSH short b a".into());
    commands.push("PEXPIREAT short 4000000000000".into());
    commands.push(format!("SET history {}", "x".repeat(17 * 1024 * 1024)));
    commands.push("DEL history".into());
    let mut round = RoundBuffer::default();
    commands.iter().for_each(|command| encode_command(&words(command), round.records()));
    let line = RoundLine { id: 1, offset: 0, len: 0, synced: 0, now_unix_ms: 1 };
    fs::write(directory.join("database.aof"), round.seal(line)).unwrap();
}

#[test]
fn a_rewritten_log_keeps_lists_strings_and_deadlines() {
    let directory = tempfile::tempdir().unwrap();
    write_log(directory.path());
    let server = start(directory.path());
    let long = list(&mut server.client(), "long");
    server.kill();
    assert!(fs::metadata(directory.path().join("database.aof")).unwrap().len() < 1_000_000, "compacted");
    let server = start(directory.path());
    let mut client = server.client();
    assert_eq!(call(&mut client, "LLEN long"), integer(3000));
    assert!(list(&mut client, "long") == long);
    assert_eq!(list(&mut client, "short"), array(&["a", "b"]));
    assert_eq!(call(&mut client, "PEXPIRETIME short"), integer(4_000_000_000_000));
    assert_eq!(call(&mut client, "GET key:499"), bytes("499"));
}

#[test]
fn redis_loads_the_log_with_every_list() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    for n in 0..500 {
        call(&mut client, &format!("RPUSH list:{} {n} {}", n % 50, "y".repeat(n % 300)));
    }
    for n in 0..50 {
        call(&mut client, &format!("LPOP list:{n} {}", n % 7));
        call(&mut client, &format!("BRPOP list:{n} 0"));
    }
    call(&mut client, "EXPIRE list:3 1000");
    let mut popper = waiter(&server, "BLPOP queue 0");
    call(&mut client, "RPUSH queue a b");
    popper.receive().unwrap();
    assert!(server.stop().success());

    let log = directory.path().join("database.aof");
    let Some(mut redis) = redis_server::RedisServer::start(&directory.path().join("redis"), &log) else {
        return;
    };
    let server = start(directory.path());
    let lists: Vec<String> = (0..50).map(|n| format!("LRANGE list:{n} 0 -1")).collect();
    let commands = format!("{}\nLRANGE queue 0 -1\nPEXPIRETIME list:3\nPEXPIRETIME list:4", lists.join("\n"));
    server::compare_with_redis(&server, &mut redis, &commands);
    assert_eq!(redis.keys().len(), 51);
}

#[test]
fn large_lists_are_dropped_without_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path());
    let mut client = server.client();
    let element = "z".repeat(1_000_000);
    for command in ["DEL big", "SET big small", "FLUSHALL", "PEXPIRE big 1"] {
        for _ in 0..3 {
            call(&mut client, &format!("RPUSH big {element}"));
        }
        call(&mut client, command);
        wait_for(&mut client, "LLEN big", |reply| *reply != integer(3));
        call(&mut client, "DEL big");
        assert_eq!(call(&mut client, "RANGE  "), Value::Array(vec![]));
    }
}

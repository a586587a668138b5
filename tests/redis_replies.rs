//! Replies to the commands that Redis has: those written in the script, which a real redis-server gives too, and the
//! same as its for any sequence of commands.
//!
//! Where no `redis-server` is installed, what needs it says so and passes.
#![allow(clippy::unwrap_used)]

mod support;

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use support::{Client, PATIENCE, Server, Value, wait_for};

/// A redis-server of one's own and a connection to it.
struct Redis {
    child: Child,
    socket: BufReader<TcpStream>,
    _folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let spawned = Command::new("redis-server")
            .args(["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = spawned else {
            let required = std::env::var_os("CI").is_some_and(|value| value == "true");
            assert!(!required, "no redis-server to compare with");
            support::say_aloud("SKIPPED: no redis-server here, nothing to compare with");
            return None;
        };
        let socket = wait_for("redis-server", || TcpStream::connect(("127.0.0.1", port)).ok());
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let socket = BufReader::new(socket);
        Some(Self { child, socket, _folder: folder })
    }

    fn call(&mut self, arguments: &[Vec<u8>]) -> Value {
        let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
        for argument in arguments {
            request.extend(format!("${}\r\n", argument.len()).bytes());
            request.extend_from_slice(argument);
            request.extend(b"\r\n");
        }
        self.socket.get_mut().write_all(&request).unwrap();
        self.read()
    }

    fn read(&mut self) -> Value {
        let mut line = Vec::new();
        self.socket.read_until(b'\n', &mut line).unwrap();
        let line = line.strip_suffix(b"\r\n").unwrap();
        let text = String::from_utf8_lossy(&line[1..]).into_owned();
        match line[0] {
            b'+' => Value::Status(text),
            b'-' => Value::Error(text),
            b':' => Value::Integer(text.parse().unwrap()),
            b'$' if text == "-1" => Value::Nil,
            b'*' if text == "-1" => Value::Nil,
            b'$' => {
                let mut bytes = vec![0; text.parse::<usize>().unwrap() + 2];
                self.socket.read_exact(&mut bytes).unwrap();
                bytes.truncate(bytes.len() - 2);
                Value::Bytes(bytes)
            }
            b'*' => Value::Array((0..text.parse().unwrap()).map(|_| self.read()).collect()),
            other => panic!("redis-server says {other}"),
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn words(line: &str) -> Vec<Vec<u8>> {
    let unquote = |word: &str| {
        if word == "''" { Vec::new() } else { word.as_bytes().to_vec() }
    };
    line.split(' ').map(unquote).collect()
}

/// Order is told by neither: a hash table has none.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(mut items) => {
            items.sort_by_key(|item| format!("{item:?}"));
            Value::Array(items)
        }
        other => other,
    }
}

fn compare(client: &mut Client, redis: &mut Redis, arguments: &[Vec<u8>]) -> (Value, Value) {
    let ours = client.call(arguments).unwrap();
    let theirs = redis.call(arguments);
    if arguments[0].eq_ignore_ascii_case(b"KEYS") {
        return (sorted(ours), sorted(theirs));
    }
    (ours, theirs)
}

/// A command and its reply a line, with an arrow between them.
const SCRIPT: &str = include_str!("redis_replies.txt");

fn script() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = SCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" -> ").unwrap())
}

/// A reply as the script writes it.
fn written(value: &Value) -> String {
    match value {
        Value::Nil => String::from("nil"),
        Value::Error(text) => format!("-{text}"),
        Value::Status(text) => format!("+{text}"),
        Value::Integer(number) => format!(":{number}"),
        Value::Bytes(bytes) => format!("\"{}\"", bytes.escape_ascii()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(" "))
        }
        other => format!("{other:?}"),
    }
}

/// The lines whose reply is another one.
fn differences(mut call: impl FnMut(&[Vec<u8>]) -> Value) -> Vec<String> {
    let mut differences = Vec::new();
    for (line, wanted) in script() {
        let arguments = words(line);
        let mut reply = call(&arguments);
        if arguments[0] == b"KEYS" {
            reply = sorted(reply);
        }
        let reply = written(&reply);
        if reply.trim_end() != wanted.trim_end() {
            differences.push(format!("{line}\n    wanted {wanted}\n    got    {reply}"));
        }
    }
    differences
}

#[test]
fn every_command_of_the_script_gets_the_reply_written_there() {
    let server = Server::start();
    let mut client = server.client();
    let differences = differences(|arguments| client.call(arguments).unwrap());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_replies_of_the_script_are_those_of_redis() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let differences = differences(|arguments| redis.call(arguments));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn command() -> impl Strategy<Value = String> {
    let key = prop_oneof!["a", "b", "c", "list"];
    let value = prop_oneof!["''", "1", "-7", "9223372036854775807", "x", "long value"]
        .prop_map(|value| value.replace(' ', "_"));
    let index = prop_oneof!["0", "1", "-1", "2", "-3", "99", "x"];
    let option = prop_oneof![
        "",
        " NX",
        " XX",
        " GET",
        " EX 100",
        " PX 100000",
        " KEEPTTL",
        " XX GET",
        " NX GET",
        " EX 0",
        " EX x",
        " BAD",
    ];
    let when = prop_oneof!["100", "0", "-1", "x", "99999999999999999"];
    let condition = prop_oneof!["", " NX", " XX", " GT", " LT", " NX XX", " BAD"];
    prop_oneof![
        (key.clone(), value.clone(), option.clone()).prop_map(|(k, v, o)| format!("SET {k} {v}{o}")),
        key.clone().prop_map(|k| format!("GET {k}")),
        key.clone().prop_map(|k| format!("GETDEL {k}")),
        (key.clone(), option).prop_map(|(k, o)| format!("GETEX {k}{o}")),
        (key.clone(), value.clone()).prop_map(|(k, v)| format!("GETSET {k} {v}")),
        (key.clone(), key.clone()).prop_map(|(k, l)| format!("MGET {k} {l} {k}")),
        (key.clone(), key.clone(), value.clone()).prop_map(|(k, l, v)| format!("MSET {k} {v} {l} z")),
        (key.clone(), value.clone()).prop_map(|(k, v)| format!("SETNX {k} {v}")),
        (key.clone(), value.clone()).prop_map(|(k, v)| format!("APPEND {k} {v}")),
        key.clone().prop_map(|k| format!("STRLEN {k}")),
        key.clone().prop_map(|k| format!("INCR {k}")),
        key.clone().prop_map(|k| format!("DECR {k}")),
        (key.clone(), value.clone()).prop_map(|(k, v)| format!("INCRBY {k} {v}")),
        (key.clone(), value.clone()).prop_map(|(k, v)| format!("DECRBY {k} {v}")),
        (key.clone(), key.clone()).prop_map(|(k, l)| format!("DEL {k} {l}")),
        (key.clone(), key.clone()).prop_map(|(k, l)| format!("EXISTS {k} {l} {k}")),
        key.clone().prop_map(|k| format!("TYPE {k}")),
        (key.clone(), key.clone()).prop_map(|(k, l)| format!("RENAME {k} {l}")),
        Just(String::from("KEYS *")),
        Just(String::from("DBSIZE")),
        (key.clone(), when.clone(), condition.clone()).prop_map(|(k, w, c)| format!("EXPIRE {k} {w}{c}")),
        (key.clone(), when, condition).prop_map(|(k, w, c)| format!("PEXPIREAT {k} {w}{c}")),
        key.clone().prop_map(|k| format!("TTL {k}")),
        key.clone().prop_map(|k| format!("PERSIST {k}")),
        (key.clone(), value.clone()).prop_map(|(k, v)| format!("LPUSH {k} {v} other")),
        (key.clone(), value).prop_map(|(k, v)| format!("RPUSH {k} {v}")),
        key.clone().prop_map(|k| format!("LPOP {k}")),
        (key.clone(), index.clone()).prop_map(|(k, i)| format!("RPOP {k} {i}")),
        key.clone().prop_map(|k| format!("LLEN {k}")),
        (key.clone(), index.clone(), index.clone()).prop_map(|(k, i, j)| format!("LRANGE {k} {i} {j}")),
        (key.clone(), index).prop_map(|(k, i)| format!("LINDEX {k} {i}")),
        (key.clone(), key).prop_map(|(k, l)| format!("BLPOP {k} {l} 0.001")),
    ]
}

#[test]
fn random_sequences_get_the_replies_that_redis_gives() {
    let Some(redis) = Redis::start() else { return };
    let server = Server::start();
    let both = RefCell::new((server.client(), redis));
    let script = proptest::collection::vec(command(), 1..60);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let result = runner.run(&script, |lines| {
        let (client, redis) = &mut *both.borrow_mut();
        client.call(&["FLUSHALL"]).unwrap();
        redis.call(&words("FLUSHALL"));
        for line in lines {
            let (ours, theirs) = compare(client, redis, &words(&line));
            prop_assert_eq!(ours, theirs, "{}", line);
        }
        Ok(())
    });
    assert_eq!(result.map_err(|error| error.to_string()), Ok(()));
}

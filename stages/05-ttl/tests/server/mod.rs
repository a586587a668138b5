//! A stage's binary on a free port and a scratch directory, for the tests of this stage and of the next, which includes
//! this file by its path.
#![allow(dead_code, unreachable_pub)]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use heapwood_sockets::{Client, Value};

use crate::redis_server::{RedisServer, Reply};

/// A machine under load may take long for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running server, killed when dropped.
pub struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts `binary` on the log in `directory`, and waits until it says where it listens.
    pub fn start(binary: &str, directory: &Path) -> Self {
        let mut process = Command::new(binary)
            .args(["--port", "0", "--fsync", "always", "--dir"])
            .arg(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let word = line.split([' ', ';', '\n']).find(|word| word.starts_with("127.0.0.1:"));
        let address = word.unwrap_or_else(|| panic!("no address in {line:?}")).parse().unwrap();
        Self { process, address }
    }

    pub fn client(&self) -> Client {
        let mut client = Client::connect(self.address).unwrap();
        client.set_timeout(Some(PATIENCE)).unwrap();
        client
    }

    /// Ends it as `kill -9` does.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Ends it as SIGTERM does, in order.
    pub fn stop(mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.process.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A command written as one string, its arguments between spaces.
pub fn words(command: &str) -> Vec<&[u8]> {
    command.split(' ').map(str::as_bytes).collect()
}

/// The reply to a command written as one string.
pub fn call(client: &mut Client, command: &str) -> Value {
    client.call(&words(command)).unwrap()
}

/// Asks again and again until `done` says of the reply that it is the right one.
pub fn wait_for(client: &mut Client, command: &str, done: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let reply = call(client, command);
        if done(&reply) {
            return reply;
        }
        assert!(Instant::now() < deadline, "{command} still answers {reply:?}");
    }
}

pub fn bytes(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

pub fn ok() -> Value {
    Value::Status("OK".into())
}

/// A reply of ours as Redis would give it.
pub fn as_redis(value: Value) -> Reply {
    match value {
        Value::Nil => Reply::Nil,
        Value::Error(text) => Reply::Error(text),
        Value::Bytes(bytes) => Reply::Bytes(bytes),
        Value::Integer(number) => Reply::Integer(number),
        Value::Status(text) => Reply::Status(text),
        Value::Array(values) => Reply::Array(values.into_iter().map(as_redis).collect()),
        other => panic!("Redis has no reply like {other:?} here"),
    }
}

/// Gives both servers the same commands, one a line, and wants the same replies.
pub fn compare_with_redis(server: &Server, redis: &mut RedisServer, commands: &str) {
    let mut client = server.client();
    for command in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let ours = as_redis(call(&mut client, command));
        let theirs = redis.call(&words(command)).unwrap_or_else(|error| panic!("{command}: {error}"));
        assert_eq!(ours, theirs, "ours on the left, in reply to {command}");
    }
}

/// A redis-server without any keys; `None` where it is not installed.
pub fn empty_redis(directory: &Path) -> Option<RedisServer> {
    let log = directory.join("empty.aof");
    std::fs::write(&log, b"").unwrap();
    RedisServer::start(&directory.join("redis"), &log)
}

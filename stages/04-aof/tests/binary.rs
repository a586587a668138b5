//! The stage's binary, from outside: kill -9, a clean end, a damaged log, a full disk, bad options.
#![allow(clippy::unwrap_used)]

use heapwood_sockets::{Client, ClientError, Value};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_heapwood-aof");

/// A running server, killed when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(dir: &Path, policy: &str) -> Self {
        Self::spawn(Command::new(BINARY), dir, policy)
    }

    /// With a limit on the size of files, set by the shell that starts it.
    fn start_with_file_limit(dir: &Path, policy: &str, kib: u32) -> Self {
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("ulimit -S -f {kib}; exec \"$0\" \"$@\""), BINARY]);
        Self::spawn(shell, dir, policy)
    }

    fn spawn(mut command: Command, dir: &Path, policy: &str) -> Self {
        let dir = dir.to_str().unwrap();
        let mut process = command
            .args(["--port", "0", "--dir", dir, "--fsync", policy])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split(" on ").nth(1).unwrap().split(';').next().unwrap();
        Self { address: address.into(), process }
    }

    fn client(&self) -> Client {
        let mut client = Client::connect(&*self.address).unwrap();
        client.set_timeout(Some(Duration::from_secs(30))).unwrap();
        client
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// SIGTERM; the exit code.
    fn stop(&mut self) -> Option<i32> {
        let pid = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn refused(args: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = Command::new(BINARY).args(args).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

fn bytes(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

#[test]
fn what_was_set_is_there_after_a_clean_end_with_every_policy() {
    for policy in ["always", "everysec", "no"] {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Server::start(dir.path(), policy);
        let mut client = server.client();
        assert_eq!(client.call(&["SET", "a", "1"]).unwrap(), Value::Status("OK".into()));
        assert_eq!(client.call(&["set", "b", "2"]).unwrap(), Value::Status("OK".into()));
        assert_eq!(client.call(&["DEL", "a", "c"]).unwrap(), Value::Integer(1));
        assert_eq!(server.stop(), Some(0));
        let log = fs::read(dir.path().join("database.aof")).unwrap();
        let last = log[..log.len() - 1].iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
        let line = std::str::from_utf8(&log[last..]).unwrap();
        let covered = format!("off={last} len=0 synced={last} ");
        assert!(line.starts_with("#HW1 ") && line.contains(&covered), "{line}");
        let server = Server::start(dir.path(), policy);
        let mut client = server.client();
        assert_eq!(client.call(&["GET", "a"]).unwrap(), Value::Nil);
        assert_eq!(client.call(&["GET", "b"]).unwrap(), bytes("2"));
    }
}

#[test]
fn a_damaged_log_refuses_the_start_and_names_the_command_that_repairs_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), "no");
    server.client().call(&["SET", "a", "1"]).unwrap();
    assert_eq!(server.stop(), Some(0));
    let path = dir.path().join("database.aof");
    let mut log = fs::read(&path).unwrap();
    let middle = log.len() / 2;
    log[middle] ^= 1;
    fs::write(&path, &log).unwrap();
    let (code, text) = refused(&["--port", "0", "--dir", dir.path().to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(text.contains(&format!("heapwood check-aof {} --fix", path.display())), "{text}");
    assert_eq!(fs::read(&path).unwrap(), log);
}

#[test]
fn a_log_at_its_size_limit_refuses_writes_and_serves_reads() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_with_file_limit(dir.path(), "always", 64);
    let mut client = server.client();
    let value = "v".repeat(1_000);
    let mut acknowledged = 0;
    let outcome = loop {
        match client.call(&["SET", &format!("key:{acknowledged}"), &value]) {
            Ok(Value::Status(_)) => acknowledged += 1,
            other => break other,
        }
    };
    // The write that failed: its outcome is unknown to its client.
    assert!(matches!(outcome, Err(ClientError::Closed | ClientError::Io(_))), "{outcome:?}");
    let mut client = server.client();
    assert_eq!(client.call(&["GET", "key:0"]).unwrap(), bytes(&value));
    let Value::Error(refusal) = client.call(&["SET", "a", "1"]).unwrap() else {
        panic!("a write was taken");
    };
    assert!(refusal.starts_with("MISCONF "), "{refusal}");
    server.kill();
    let server = Server::start(dir.path(), "always");
    let mut client = server.client();
    for key in 0..acknowledged {
        assert_eq!(client.call(&["GET", &format!("key:{key}")]).unwrap(), bytes(&value));
    }
    assert_eq!(client.call(&["SET", "a", "1"]).unwrap(), Value::Status("OK".into()));
}

#[test]
fn bad_options_and_busy_places_are_refused_with_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let server = Server::start(dir.path(), "no");
    let port = server.address.split(':').nth(1).unwrap();
    let other = tempfile::tempdir().unwrap();
    let file = other.path().join("file");
    fs::write(&file, "").unwrap();
    for (args, said) in [
        (&["--port", "x"][..], "\"x\""),
        (&["--fsync", "never"], "always, everysec or no"),
        (&["--what", "1"], "--what"),
        (&["--port"], "--help"),
        (&["--port", "0", "--dir", path], path),
        (&["--port", "0", "--dir", file.to_str().unwrap()], "file"),
        (&["--port", port, "--dir", other.path().to_str().unwrap()], port),
    ] {
        let (code, text) = refused(args);
        assert_eq!(code, Some(2), "{args:?}: {text}");
        assert!(text.contains(said) && text.lines().count() == 1, "{args:?}: {text}");
    }
    let help = Command::new(BINARY).arg("--help").output().unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8(help.stdout).unwrap().contains("--fsync"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// L3, from outside: writes without waiting for replies, kills the server after some of these came back, and asks a new one for every acknowledged write.
    #[test]
    fn kill_9_at_any_point_loses_nothing_acknowledged(pipeline in 1..40usize, until in 1..300usize) {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Server::start(dir.path(), "always");
        let mut client = server.client();
        let (mut sent, mut acknowledged) = (0, 0);
        while acknowledged < until {
            while sent < acknowledged + pipeline {
                let key = format!("key:{}", sent % 50);
                client.send(&["SET", &key, &sent.to_string()]).unwrap();
                sent += 1;
            }
            client.flush().unwrap();
            prop_assert_eq!(client.receive().unwrap(), Value::Status("OK".into()));
            acknowledged += 1;
        }
        server.kill();
        let server = Server::start(dir.path(), "always");
        let mut client = server.client();
        for key in 0..50 {
            let newest = (0..acknowledged).rev().find(|number| number % 50 == key);
            let there = client.call(&["GET", &format!("key:{key}")]).unwrap();
            let there = match there {
                Value::Bytes(text) => String::from_utf8(text).unwrap().parse::<usize>().ok(),
                _ => None,
            };
            prop_assert!(there >= newest, "key {}: {:?} instead of {:?}", key, there, newest);
        }
    }
}

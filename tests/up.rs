//! The built binary with its HTTP side: `heapwood up` and `heapwood bridge`.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use pretty_assertions::assert_eq;
use support::{Client, PATIENCE, Value, ask, heapwood, run_in, wait_for};

/// A process that has announced its HTTP address; killed when dropped.
struct Running {
    child: Child,
    banner: String,
    http: String,
}

impl Running {
    fn start(mut command: Command, before_http: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut banner = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut banner).unwrap();
        let (_, rest) = banner.split_once(before_http).unwrap_or_else(|| panic!("{banner:?}"));
        let http = rest.split([' ', ',', '\n']).next().unwrap().to_owned();
        Self { child, banner, http }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.http).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    fn stop(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-15", &pid]).status().unwrap().success());
        let status = wait_for("its end", || self.child.try_wait().unwrap());
        status.code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn up_serves_both_ports_while_it_builds_the_market_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = heapwood();
    command
        .args(["--port", "0", "--http", "127.0.0.1:0"])
        .current_dir(folder.path())
        .env("TMPDIR", folder.path());
    let mut up = Running::start(command, "the dashboard on http://");
    // A million bars take longer than these requests.
    let health = up.get("/healthz");
    assert!(health.starts_with("HTTP/1.1 503 "), "{health}");
    assert!(health.contains("\"BUILDING\"") || health.contains("\"NOT_READY\""), "{health}");
    assert!(health.contains(" of 1000000)"), "how far it is: {health}");
    assert!(up.get("/").starts_with("HTTP/1.1 200 "));
    let stats = up.get("/api/stats");
    assert!(stats.contains("\"state\":\"building\""), "{stats}");
    let engine = up.banner.split_once("listens on ").unwrap().1;
    let mut client = Client::connect(engine.split(',').next().unwrap()).unwrap();
    assert_eq!(ask(&mut client, "SET a b"), Value::Status("OK".to_owned()));
    let asked = Instant::now();
    assert_eq!(up.stop(), Some(0));
    assert!(asked.elapsed() < PATIENCE / 2, "took {:?}", asked.elapsed());
    assert!(folder.path().join("data/database.aof").exists());
}

#[test]
fn a_bridge_alone_waits_for_its_engine_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = heapwood();
    command
        .args(["bridge", "--listen", "127.0.0.1:0", "--engine", "127.0.0.1:1"])
        .current_dir(folder.path())
        .env("TMPDIR", folder.path());
    let mut bridge = Running::start(command, "the dashboard listens on ");
    assert!(bridge.get("/").starts_with("HTTP/1.1 200 "));
    let keys = bridge.get("/api/keys");
    assert!(keys.starts_with("HTTP/1.1 503 ") && keys.contains("ENGINE_UNREACHABLE"), "{keys}");
    assert_eq!(bridge.stop(), Some(0));
}

#[test]
fn an_http_port_in_use_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let http = taken.local_addr().unwrap().to_string();
    let ended = run_in(folder.path(), &["--port", "0", "--http", &http]);
    assert_eq!((ended.code, ended.output.as_str()), (Some(2), ""));
    assert_eq!(ended.errors.lines().count(), 1, "{}", ended.errors);
    assert!(ended.errors.contains(&http) && ended.errors.contains("--http"), "{}", ended.errors);
}

//! The stage's own server before a real engine: the page, a quote by both ways, a key.
#![allow(clippy::unwrap_used)]

mod engine;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine::engine;
use pretty_assertions::assert_eq;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

/// The built server; killed when dropped.
struct Server {
    child: Child,
    addr: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn before(engine: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_heapwood-http-bridge"))
            .args(["--port", "0", "--engine", engine])
            .current_dir(folder.path())
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim_end().rsplit_once("http://").unwrap().1.to_owned();
        Self { child, addr, _folder: folder }
    }

    /// Status and body.
    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let host = if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.addr) };
        let mut stream = TcpStream::connect(&self.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\n{host}{headers}Content-Length: {length}\r\n\r\n");
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        (head["HTTP/1.1 ".len()..][..3].parse().unwrap(), body.to_owned())
    }

    fn json(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.send("GET", path, "", "");
        (status, serde_json::from_str(&body).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_quote_misses_once_and_then_comes_from_memory() {
    let server = Server::before(&engine().address);
    let quote = |via: &str| server.json(&format!("/quotes/T099999?via={via}")).1;
    let (disk, miss, hit) = (quote("disk"), quote("cache"), quote("cache"));
    assert_eq!((&disk["hit"], &miss["hit"], &hit["hit"]), (&Value::Null, &false.into(), &true.into()));
    assert_eq!((&miss["price"], &hit["price"]), (&disk["price"], &disk["price"]));
    assert!(hit["latency_us"].as_f64() > Some(0.0), "{hit}");
    assert_eq!(server.json("/quotes/NONE").0, 404);
    assert_eq!(server.json("/quotes/NONE?via=pigeon").0, 400);
}

#[test]
fn a_key_is_put_got_and_deleted() {
    let server = Server::before(&engine().address);
    let ask = |method: &str, body: &str| server.send(method, "/keys/a%20b", "", body);
    assert_eq!(ask("GET", "").0, 404);
    assert_eq!(ask("PUT", "value"), (204, String::new()));
    assert_eq!(ask("GET", ""), (200, "value".to_owned()));
    assert_eq!(ask("DELETE", "").0, 204);
    assert_eq!(ask("DELETE", "").0, 404);
    assert_eq!(ask("PATCH", "").0, 405);
    assert_eq!(server.json("/keys/list").1["error"]["code"], "WRONGTYPE");
    assert_eq!(server.json("/keys/list").0, 409);
    assert_eq!(server.json("/keys/%").0, 400);
    assert_eq!(server.json("/nowhere").0, 404);
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_is_asked_only_by_its_own_name() {
    let server = Server::before(&engine().address);
    let (status, page) = server.send("GET", "/", "", "");
    assert_eq!(status, 200);
    assert!(!page.contains("http://") && !page.contains("https://"));
    assert!(page.lines().count() <= 500);
    assert_eq!(server.send("GET", "/", "Host: evil.example\r\n", "").0, 421);
    assert_eq!(server.send("PUT", "/keys/a", "Origin: http://evil.example\r\n", "x").0, 403);
    let own = format!("Origin: http://{}\r\n", server.addr);
    assert_eq!(server.send("PUT", "/keys/a", &own, "x").0, 204);
}

#[test]
fn without_an_engine_the_disk_still_answers() {
    let server = Server::before("127.0.0.1:1");
    assert_eq!(server.json("/quotes/T000001?via=disk").0, 200);
    let (status, error) = server.json("/quotes/T000001");
    assert_eq!((status, &error["error"]["code"]), (503, &"ENGINE_UNREACHABLE".into()));
}

#[test]
fn options_are_told_and_mistakes_end_with_2() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_heapwood-http-bridge")).args(arguments).output().unwrap()
    };
    let help = run(&["--help"]);
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("--port"));
    for wrong in [&["--port", "x"][..], &["--port"], &["--nonsense", "1"]] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

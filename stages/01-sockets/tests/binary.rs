//! The stage's program as its user meets it.
#![allow(clippy::unwrap_used)]

use heapwood_sockets::{Client, Value};
use pretty_assertions::assert_eq;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_heapwood-sockets"))
}

struct Server {
    child: Child,
    line: String,
}

impl Server {
    fn start() -> Self {
        let mut child = program().args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, line }
    }

    fn client(&self) -> Client {
        let address = self.line.split([' ', ';']).find(|word| word.starts_with("127.0.0.1:")).unwrap();
        let mut client = Client::connect(address).unwrap();
        client.set_timeout(Some(Duration::from_secs(20))).unwrap();
        client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bytes(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

fn error(text: &str) -> Value {
    Value::Error(text.to_owned())
}

#[test]
fn every_command_answers() {
    let server = Server::start();
    let mut client = server.client();
    let ok = || Value::Status("OK".to_owned());
    let cases: &[(&[&str], Value)] = &[
        (&["PING"], Value::Status("PONG".to_owned())),
        (&["ping", "hello"], bytes("hello")),
        (&["ECHO", ""], bytes("")),
        (&["GET", "a"], Value::Nil),
        (&["SET", "a", "1"], ok()),
        (&["SET", "a", "2"], ok()),
        (&["GET", "a"], bytes("2")),
        (&["EXISTS", "a", "a", "b"], Value::Integer(2)),
        (&["DEL", "a", "a", "b"], Value::Integer(1)),
        (&["EXISTS", "a"], Value::Integer(0)),
        (&["SET", "a"], error("ERR wrong number of arguments for 'set' command")),
        (&["DEL"], error("ERR wrong number of arguments for 'del' command")),
        (&["NoSuch\n", "a"], error("ERR unknown command 'NoSuch\\n'")),
        (&["RANGE", "a", "b"], error("ERR a hash table knows no order; RANGE comes with stage 2")),
        (&["QUIT"], ok()),
    ];
    for (request, expected) in cases {
        assert_eq!(client.call(request).unwrap(), *expected, "{request:?}");
    }
    assert!(client.receive().is_err(), "QUIT closes the connection");
}

#[test]
fn keys_stay_from_one_client_to_the_next() {
    let server = Server::start();
    server.client().call(&["SET", "a", "1"]).unwrap();
    assert_eq!(server.client().call(&["GET", "a"]).unwrap(), bytes("1"));
}

#[test]
fn it_says_in_one_line_what_it_is_and_how_to_talk_to_it() {
    let server = Server::start();
    assert!(server.line.starts_with("heapwood-sockets: "));
    assert!(server.line.contains("heapwood cli --port "));
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = program().args(arguments).output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn bad_options_are_refused_with_exit_code_2() {
    for (arguments, expected) in [
        (&["--port", "70000"][..], "\"70000\" is not a number from 0 to 65535"),
        (&["--port"], "see --help"),
        (&["--nonsense"], "the options --nonsense; see --help"),
    ] {
        let (code, text) = run(arguments);
        assert_eq!(code, Some(2));
        assert!(text.contains(expected), "{text}");
    }
    assert_eq!(run(&["--help"]).0, Some(0));
}

#[test]
fn a_port_in_use_is_refused_with_the_address_and_exit_code_2() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let (code, text) = run(&["--port", &port]);
    assert_eq!(code, Some(2));
    assert!(text.contains(&format!("127.0.0.1:{port}")) && text.contains("--port"), "{text}");
}

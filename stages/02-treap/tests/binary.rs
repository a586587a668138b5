//! The stage's program as its user meets it.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use heapwood_sockets::{Client, Value};
use pretty_assertions::assert_eq;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_heapwood-treap"))
}

struct Server {
    child: Child,
    client: Client,
}

impl Server {
    fn start() -> Self {
        let mut child = program().args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split([' ', ';']).find(|word| word.starts_with("127.0.0.1:")).unwrap();
        let mut client = Client::connect(address).unwrap();
        client.set_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { child, client }
    }

    /// The reply to a request whose arguments have no blanks; `''` is an empty one.
    fn reply(&mut self, request: &str) -> Value {
        let arguments: Vec<&str> =
            request.split(' ').map(|word| if word == "''" { "" } else { word }).collect();
        self.client.call(&arguments).unwrap()
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

fn keys(texts: &[&str]) -> Value {
    Value::Array(texts.iter().map(|text| bytes(text)).collect())
}

fn error(text: &str) -> Value {
    Value::Error(text.to_owned())
}

fn with_words() -> Server {
    let mut server = Server::start();
    for word in ["pear", "apple", "fig", "plum"] {
        assert_eq!(server.reply(&format!("SET {word} {}", word.len())), Value::Status("OK".into()));
    }
    server
}

#[test]
fn values_are_stored_replaced_found_and_deleted() {
    let mut server = with_words();
    assert_eq!(server.reply("GET fig"), bytes("3"));
    assert_eq!(server.reply("set fig ''"), Value::Status("OK".into()));
    assert_eq!(server.reply("GET fig"), bytes(""));
    assert_eq!(server.reply("EXISTS fig kiwi plum fig"), Value::Integer(3));
    assert_eq!(server.reply("DEL fig kiwi fig"), Value::Integer(1));
    assert_eq!(server.reply("GET fig"), Value::Nil);
}

#[test]
fn ranges_come_in_key_order_with_both_ends_and_open_ones() {
    let mut server = with_words();
    assert_eq!(server.reply("RANGE '' ''"), keys(&["apple", "fig", "pear", "plum"]));
    assert_eq!(server.reply("RANGE fig pear"), keys(&["fig", "pear"]));
    assert_eq!(server.reply("RANGE b ''"), keys(&["fig", "pear", "plum"]));
    assert_eq!(server.reply("RANGE '' p"), keys(&["apple", "fig"]));
    assert_eq!(server.reply("RANGE pear fig"), keys(&[]));
}

#[test]
fn ranks_and_places_are_each_others_inverse() {
    let mut server = with_words();
    for (place, word) in ["apple", "fig", "pear", "plum"].iter().enumerate() {
        assert_eq!(server.reply(&format!("RANK {word}")), Value::Integer(place as i64));
        assert_eq!(server.reply(&format!("AT {place}")), bytes(word));
        assert_eq!(server.reply(&format!("AT {}", place as i64 - 4)), bytes(word));
    }
    for request in ["RANK kiwi", "AT 4", "AT -5", "AT -9223372036854775808"] {
        assert_eq!(server.reply(request), Value::Nil);
    }
    assert_eq!(server.reply("AT one"), error("ERR value is not an integer or out of range"));
}

#[test]
fn what_cannot_be_done_is_said_and_the_connection_stays() {
    let mut server = Server::start();
    assert_eq!(server.reply("RANGE a"), error("ERR wrong number of arguments for 'range' command"));
    assert_eq!(server.reply("LPUSH a b"), error("ERR unknown command 'LPUSH'"));
    assert_eq!(server.reply("PING"), Value::Status("PONG".into()));
    assert_eq!(server.reply("QUIT"), Value::Status("OK".into()));
}

#[test]
fn help_names_the_port_and_a_bad_option_ends_with_code_2() {
    let help = program().arg("--help").output().unwrap();
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("--port PORT"));
    let bad = program().args(["--port", "many"]).output().unwrap();
    assert_eq!(bad.status.code(), Some(2));
    assert!(String::from_utf8(bad.stderr).unwrap().contains("many"));
}

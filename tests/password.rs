//! The password, and what an unauthenticated client may do.
#![allow(clippy::unwrap_used)]

mod support;

use pretty_assertions::assert_eq;
use support::{Client, Server, Value, ask, frame, read_to_close, send};

fn error(text: &str) -> Value {
    Value::Error(text.into())
}

#[test]
fn commands_wait_for_the_password() {
    let server = Server::start_with(&["--requirepass", "sesame"]);
    let mut client = server.client();
    let noauth = error("NOAUTH Authentication required.");
    let wrong = error("WRONGPASS invalid username-password pair or user is disabled.");
    for line in ["GET a", "SET a 1", "PING", "INFO", "TREE", "COMMAND COUNT"] {
        assert_eq!(ask(&mut client, line), noauth, "{line}");
    }
    for line in ["AUTH sesam", "AUTH sesamee", "AUTH other sesame", "AUTH default x"] {
        assert_eq!(ask(&mut client, line), wrong, "{line}");
    }
    assert_eq!(ask(&mut client, "AUTH a b c"), error("ERR syntax error"));
    assert_eq!(ask(&mut client, "PING"), noauth);
    assert_eq!(ask(&mut client, "AUTH sesame"), Value::Status("OK".into()));
    assert_eq!(ask(&mut client, "SET a 1"), Value::Status("OK".into()));
    assert_eq!(ask(&mut server.client(), "GET a"), noauth, "each connection for itself");
    let mut other = server.client();
    assert_eq!(ask(&mut other, "AUTH default sesame"), Value::Status("OK".into()));
    assert_eq!(ask(&mut other, "GET a"), Value::Bytes(b"1".to_vec()));
    assert_eq!(ask(&mut server.client(), "QUIT"), Value::Status("OK".into()));
}

fn refused(server: &Server, arguments: &[Vec<u8>]) -> String {
    let mut socket = server.socket();
    send(&mut socket, &frame(arguments));
    String::from_utf8_lossy(&read_to_close(&mut socket)).into_owned()
}

#[test]
fn before_the_password_requests_are_small() {
    let server = Server::start_with(&["--requirepass", "sesame"]);
    let long = vec![b"SET".to_vec(), b"a".to_vec(), vec![b'x'; 17_000]];
    let many: Vec<Vec<u8>> = (0..11).map(|_| b"x".to_vec()).collect();
    for request in [&long, &many] {
        assert!(refused(&server, request).contains("PROTOCOL"));
    }
    let mut client = server.client();
    ask(&mut client, "AUTH sesame");
    assert_eq!(client.call(&long).unwrap(), Value::Status("OK".into()));
    let many: Vec<String> = (0..1_000).map(|number| format!("key{number}")).collect();
    let mut command = vec![String::from("DEL")];
    command.extend(many);
    assert_eq!(client.call(&command).unwrap(), Value::Integer(0));
}

#[test]
fn the_password_comes_from_a_file_or_a_variable_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "from file\n").unwrap();
    let server = Server::start_with(&["--requirepass-file", path.to_str().unwrap()]);
    let mut client = server.client();
    assert_eq!(client.call(&["AUTH", "from file"]).unwrap(), Value::Status("OK".into()));
}

#[test]
fn without_a_password_auth_says_so() {
    let server = Server::start();
    let mut client: Client = server.client();
    let Value::Error(text) = ask(&mut client, "AUTH x") else {
        panic!("no error");
    };
    assert!(text.starts_with("ERR AUTH <password> called without any password"), "{text}");
}

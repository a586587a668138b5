//! Thousands of clients on one thread, one of them never reading; and what happens where there may be no more of them.
//!
//! The server is a process of its own, so that each side has all its descriptors for the connections.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use heapwood_poll_loop::raise_open_files;
use pretty_assertions::assert_eq;
use support::{Client, Server, Value, ask, decode_reply, figure, frame, read_to_close, say_aloud, wait_for};

const CLIENTS: usize = 5_000;

/// Descriptors of a process that are no clients.
const OTHER_DESCRIPTORS: usize = 200;

/// Clients connected before the server is asked to have accepted them: fewer than may wait in a listener's queue anywhere.
const CONNECTED_AT_ONCE: usize = 100;

fn ok() -> Value {
    Value::Status("OK".into())
}

/// Held by each test that needs most of this process's descriptors.
fn most_descriptors() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As many clients as are wanted and the system allows; says so when these are fewer.
fn allowed_clients() -> usize {
    let allowed = raise_open_files((CLIENTS + OTHER_DESCRIPTORS) as u64) as usize;
    let clients = CLIENTS.min(allowed.saturating_sub(OTHER_DESCRIPTORS));
    if clients < CLIENTS {
        say_aloud(&format!("RLIMIT_NOFILE is {allowed} here: trying {clients} clients, NOT {CLIENTS}"));
    }
    clients
}

fn connect(server: &Server, count: usize) -> Vec<Client> {
    let mut clients: Vec<Client> = Vec::with_capacity(count);
    while clients.len() < count {
        let more = CONNECTED_AT_ONCE.min(count - clients.len());
        clients.extend((0..more).map(|_| server.client()));
        assert_eq!(ask(clients.last_mut().unwrap(), "PING"), Value::Status("PONG".into()));
    }
    clients
}

/// Asks for gigabytes and reads none of it.
fn greedy(server: &Server) -> TcpStream {
    let mut greedy = server.socket();
    greedy.set_nonblocking(true).unwrap();
    let flood = frame(&["GET", "large"]).repeat(5_000);
    let written = greedy.write(&flood);
    assert!(written.is_ok() || written.is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
    greedy
}

fn serve_them_all(poller: &str) {
    let _turn = most_descriptors();
    let count = allowed_clients();
    // These, and one that comes late.
    let server = Server::start_with(&["--poller", poller, "--max-clients", &(count + 1).to_string()]);
    let mut clients = connect(&server, count - 1);
    let value = "v".repeat(1_000_000);
    assert_eq!(clients[0].call(&["SET", "large", &value]).unwrap(), ok());
    let _greedy = greedy(&server);
    for turn in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            client.send(&["SET", &format!("key:{number}"), &turn.to_string()]).unwrap();
            client.send(&["GET", &format!("key:{number}")]).unwrap();
            client.flush().unwrap();
        }
        for client in &mut clients {
            assert_eq!(client.receive().unwrap(), ok());
            assert_eq!(client.receive().unwrap(), Value::Bytes(turn.to_string().into()));
        }
    }
    // Idle clients in between must not keep an active one waiting, nor one that comes new.
    let active = clients.len() / 2;
    for _ in 0..100 {
        assert_eq!(ask(&mut clients[active], "ECHO here"), Value::Bytes("here".into()));
    }
    assert_eq!(ask(&mut server.client(), "DBSIZE"), Value::Integer(count as i64));
    wait_for("the late client to be gone", || {
        (figure(&mut clients[0], "connected_clients") == count.to_string()).then_some(())
    });
    assert_eq!(server.errors(), "");
}

#[test]
fn five_thousand_clients_are_served_with_poll() {
    serve_them_all("poll");
}

#[test]
fn five_thousand_clients_are_served_with_what_the_server_chooses() {
    serve_them_all("auto");
}

#[cfg(target_os = "linux")]
#[test]
fn five_thousand_clients_are_served_with_epoll() {
    serve_them_all("epoll");
}

#[test]
fn clients_come_and_go_by_the_thousand() {
    let _turn = most_descriptors();
    let server = Server::start();
    for storm in 0..3 {
        let mut clients = connect(&server, 600.min(allowed_clients()));
        for client in &mut clients {
            client.send(&["INCR", "count"]).unwrap();
            client.send(&["BLPOP", "nothing", "0"]).unwrap();
            client.flush().unwrap();
        }
        let count = clients.len();
        let mut last = 0;
        for client in &mut clients {
            let Value::Integer(number) = client.receive().unwrap() else {
                panic!("no number");
            };
            last = last.max(number);
        }
        assert_eq!(last, (count * (storm + 1)) as i64);
        drop(clients);
        let mut client = server.client();
        wait_for("all to be gone, with their waiting pops", || {
            let gone = figure(&mut client, "connected_clients") == "1"
                && figure(&mut client, "blocked_clients") == "0";
            gone.then_some(())
        });
    }
    // Nobody waits any more, so the element stays.
    let mut client = server.client();
    assert_eq!(ask(&mut client, "RPUSH nothing x"), Value::Integer(1));
    assert_eq!(ask(&mut client, "LLEN nothing"), Value::Integer(1));
}

/// The reply to a client that is one too many, before it said anything.
fn refusal(server: &Server) -> String {
    let reply = read_to_close(&mut server.socket());
    match decode_reply(&reply[4..]).unwrap() {
        Value::Error(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_client_too_many_is_told_so_and_the_next_may_come_when_one_leaves() {
    let server = Server::start_with(&["--max-clients", "20"]);
    let mut clients = connect(&server, 20);
    for _ in 0..50 {
        assert!(refusal(&server).starts_with("MAXCLIENTS "));
    }
    for client in &mut clients {
        assert_eq!(ask(client, "PING"), Value::Status("PONG".into()));
    }
    drop(clients.pop());
    wait_for("the place to be free", || (figure(&mut clients[0], "connected_clients") == "19").then_some(()));
    assert_eq!(ask(&mut server.client(), "PING"), Value::Status("PONG".into()));
}

#[test]
fn with_few_descriptors_the_server_says_so_takes_fewer_clients_and_refuses_the_others() {
    // Hard, so that the server cannot raise it.
    let server = Server::start_under("ulimit -n 100", &[] as &[&str]);
    let warning = wait_for("a warning", || {
        let errors = server.errors();
        errors.contains('\n').then_some(errors)
    });
    assert!(warning.contains("100") && warning.contains("ulimit -n"), "{warning}");
    let mut clients: Vec<Client> = Vec::new();
    loop {
        let mut client = server.client();
        match client.call(&["PING"]) {
            Ok(Value::Status(_)) => clients.push(client),
            _ => break,
        }
        assert!(clients.len() < 100, "more clients than descriptors");
    }
    assert!(clients.len() >= 20, "{}", clients.len());
    assert!(refusal(&server).starts_with("MAXCLIENTS "));
    for client in &mut clients {
        assert_eq!(ask(client, "SET a 1"), ok());
    }
}

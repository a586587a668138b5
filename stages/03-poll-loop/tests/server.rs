//! The built server, as a user meets it.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write, stderr};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use heapwood_poll_loop::raise_open_files;
use heapwood_sockets::{Client, Value, encode_request};
use pretty_assertions::assert_eq;

const BINARY: &str = env!("CARGO_BIN_EXE_heapwood-poll-loop");
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; killed when the test ends, if it has not ended by itself.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new(BINARY).args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line
            .split([' ', ';'])
            .find_map(|word| word.parse().ok())
            .unwrap_or_else(|| panic!("no address in {line:?}"));
        Self { process, address }
    }

    fn client(&self) -> Client {
        let mut client = Client::connect(self.address).unwrap();
        client.set_timeout(Some(PATIENCE)).unwrap();
        client
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    fn exit_code(&mut self) -> Option<i32> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(started.elapsed() < PATIENCE, "it does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).output().unwrap()
}

fn request(arguments: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request(arguments, &mut bytes).unwrap();
    bytes
}

fn ok() -> Value {
    Value::Status("OK".into())
}

#[test]
fn commands_and_their_errors() {
    let server = Server::start();
    let mut client = server.client();
    let error = |text: &str| Value::Error(text.into());
    let cases: [(&[&str], Value); 16] = [
        (&["PING"], Value::Status("PONG".into())),
        (&["ping", "text"], Value::Bytes("text".into())),
        (&["echo", "text"], Value::Bytes("text".into())),
        (&["ECHO"], error("ERR wrong number of arguments for 'echo' command")),
        (&["GET", "a"], Value::Nil),
        (&["SET", "a", "1"], ok()),
        (&["SET", "b", ""], ok()),
        (&["SET", "a", "2"], ok()),
        (&["GET", "a"], Value::Bytes("2".into())),
        (&["EXISTS", "a", "b", "c", "a"], Value::Integer(3)),
        (&["DEL", "a", "c"], Value::Integer(1)),
        (&["GET", "a"], Value::Nil),
        (&["GET"], error("ERR wrong number of arguments for 'get' command")),
        (&["NOPE", "a"], error("ERR unknown command 'NOPE'")),
        (&["N\u{e9}\n"], error("ERR unknown command 'N\\xc3\\xa9\\n'")),
        (&["QUIT"], ok()),
    ];
    for (arguments, reply) in cases {
        assert_eq!(client.call(arguments).unwrap(), reply, "{arguments:?}");
    }
    assert!(client.call(&["PING"]).is_err(), "closed");
}

#[test]
fn help_and_bad_options() {
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8(help.stdout).unwrap().contains("--port"));
    for bad in [&["--port"][..], &["--port", "70000"], &["--frobnicate"]] {
        let output = run(bad);
        assert_eq!(output.status.code(), Some(2), "{bad:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn a_port_in_use_is_said_in_one_line() {
    let server = Server::start();
    let output = run(&["--port", &server.address.port().to_string()]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("--port"), "{text}");
}

#[test]
fn a_signal_ends_it_in_order_with_every_reply_delivered() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start();
        let mut client = server.client();
        let large = "v".repeat(20_000_000);
        assert_eq!(client.call(&["SET", "large", &large]).unwrap(), ok());
        let mut idle = server.client();
        idle.call(&["PING"]).unwrap();

        let mut reader = TcpStream::connect(server.address).unwrap();
        reader.set_read_timeout(Some(PATIENCE)).unwrap();
        reader.write_all(&request(&["GET", "large"])).unwrap();
        // The first bytes are here: the request was executed, and most of the reply waits.
        let mut reply = vec![0; 9];
        reader.read_exact(&mut reply).unwrap();
        server.signal(signal);
        reader.read_to_end(&mut reply).unwrap();
        assert_eq!(reply.len(), 9 + large.len(), "after SIG{signal}");
        assert_eq!(server.exit_code(), Some(0), "after SIG{signal}");
        assert!(idle.call(&["PING"]).is_err());
        assert!(Client::connect(server.address).is_err());
    }
}

#[test]
fn a_client_that_never_reads_does_not_hold_up_the_end() {
    let mut server = Server::start();
    let mut client = server.client();
    let large = "v".repeat(20_000_000);
    client.call(&["SET", "large", &large]).unwrap();
    let mut greedy = TcpStream::connect(server.address).unwrap();
    greedy.write_all(&request(&["GET", "large"])).unwrap();
    greedy.read_exact(&mut [0; 9]).unwrap();
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_peer_that_leaves_in_the_middle_of_its_reply_kills_nobody() {
    let server = Server::start();
    let mut client = server.client();
    let large = "v".repeat(20_000_000);
    client.call(&["SET", "large", &large]).unwrap();
    for _ in 0..20 {
        let mut rude = TcpStream::connect(server.address).unwrap();
        rude.write_all(&request(&["GET", "large"])).unwrap();
        rude.read_exact(&mut [0; 9]).unwrap();
        rude.shutdown(Shutdown::Both).unwrap();
        drop(rude);
        assert_eq!(client.call(&["EXISTS", "large"]).unwrap(), Value::Integer(1));
    }
}

/// The server is a process of its own; this one is the second, which holds the clients.
#[test]
fn five_thousand_clients_are_served_while_one_of_them_never_reads() {
    const WANTED: usize = 5_000;
    const OTHER_DESCRIPTORS: usize = 200;
    let allowed = raise_open_files((WANTED + OTHER_DESCRIPTORS) as u64) as usize;
    let count = WANTED.min(allowed.saturating_sub(OTHER_DESCRIPTORS));
    if count < WANTED {
        // Around the harness, which swallows what passing tests print.
        let _ = writeln!(stderr(), "RLIMIT_NOFILE is {allowed}: trying {count} clients, NOT {WANTED}");
    }
    let server = Server::start();
    let mut clients: Vec<Client> = (0..count).map(|_| server.client()).collect();
    let value = "v".repeat(1_000_000);
    assert_eq!(clients[0].call(&["SET", "large", &value]).unwrap(), ok());
    let mut greedy = TcpStream::connect(server.address).unwrap();
    greedy.set_nonblocking(true).unwrap();
    // Gigabytes of replies, if they were all made.
    let flood = request(&["GET", "large"]).repeat(5_000);
    greedy.write_all(&flood).unwrap();

    for turn in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            client.send(&["SET", &format!("key {number}"), &format!("{turn}")]).unwrap();
            client.send(&["GET", &format!("key {number}")]).unwrap();
            client.flush().unwrap();
        }
        for client in &mut clients {
            assert_eq!(client.receive().unwrap(), ok());
            let reply = Value::Bytes(turn.to_string().into());
            assert_eq!(client.receive().unwrap(), reply);
        }
    }
}

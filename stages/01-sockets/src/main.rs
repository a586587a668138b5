//! Stage 1's server: a hash table behind frames, for one client at a time.
#![forbid(unsafe_code)]

use heapwood_sockets::{Flow, Replies, RequestLimits, serve};
use std::collections::HashMap;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

/// What `--help` prints.
const HELP: &str = "\
heapwood-sockets: stage 1 of Heapwood, a hash table behind length-prefixed frames.
It serves one client at a time.

usage: heapwood-sockets [--port PORT]

  --port PORT  the port to listen on, on 127.0.0.1; 0 chooses a free one [default: 7379]
  --help       this text

Commands: PING [text], ECHO text, SET key value, GET key, DEL key..., EXISTS key..., QUIT
Talk to it with: heapwood cli --port PORT";

/// Where the server listens when it is not told.
const DEFAULT_PORT: u16 = 7379;

/// How much of a command's name an error quotes.
const QUOTED_BYTES: usize = 64;

/// Keys and their values: all of the server's state.
type Store = HashMap<Vec<u8>, Vec<u8>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match parse_port(&arguments) {
        Ok(Some(port)) => port,
        Ok(None) => {
            // A reader that has seen enough, as in `--help | head -1`, is no failure.
            let _ = writeln!(std::io::stdout(), "{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(message) => return refuse(&message),
    };
    match run(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            refuse(&format!("cannot listen on 127.0.0.1:{port}: {error}; choose another port with --port"))
        }
    }
}

/// Says why the program ends.
fn refuse(message: &str) -> ExitCode {
    eprintln!("heapwood-sockets: {message}");
    ExitCode::from(2)
}

/// The port to listen on, or `None` when help is asked for.
fn parse_port(arguments: &[String]) -> Result<Option<u16>, String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => Ok(Some(DEFAULT_PORT)),
        ["--help" | "-h"] => Ok(None),
        ["--port", port] => match port.parse() {
            Ok(port) => Ok(Some(port)),
            Err(_) => Err(format!("--port {port:?} is not a number from 0 to 65535")),
        },
        _ => Err(format!("cannot understand the options {}; see --help", arguments.join(" "))),
    }
}

/// Listens, says so, and serves until the listener fails.
fn run(port: u16) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let address = listener.local_addr()?;
    println!(
        "heapwood-sockets: a hash table behind frames, for one client at a time, on {address}; \
         talk to it with: heapwood cli --port {}",
        address.port()
    );
    let mut store = Store::new();
    serve(&listener, RequestLimits::default(), |request, replies| execute(&mut store, request, replies))
}

/// Runs one request and writes its reply.
fn execute(store: &mut Store, request: &[&[u8]], replies: &mut dyn Replies) -> Flow {
    let name = request[0].to_ascii_uppercase();
    match (&name[..], &request[1..]) {
        (b"PING", []) => replies.status("PONG"),
        (b"PING" | b"ECHO", [text]) => replies.bytes(text),
        (b"SET", [key, value]) => {
            store.insert(key.to_vec(), value.to_vec());
            replies.status("OK");
        }
        (b"GET", [key]) => match store.get(*key) {
            Some(value) => replies.bytes(value),
            None => replies.nil(),
        },
        (b"DEL", keys @ [_, ..]) => {
            let removed = keys.iter().filter(|key| store.remove(**key).is_some());
            replies.integer(removed.count() as i64);
        }
        (b"EXISTS", keys @ [_, ..]) => {
            let present = keys.iter().filter(|key| store.contains_key(**key));
            replies.integer(present.count() as i64);
        }
        (b"QUIT", _) => {
            replies.status("OK");
            return Flow::Close;
        }
        (b"RANGE", _) => replies.error("ERR a hash table knows no order; RANGE comes with stage 2"),
        (b"PING" | b"ECHO" | b"SET" | b"GET" | b"DEL" | b"EXISTS", _) => {
            let name = quote(&name).to_lowercase();
            replies.error(&format!("ERR wrong number of arguments for '{name}' command"));
        }
        _ => replies.error(&format!("ERR unknown command '{}'", quote(request[0]))),
    }
    Flow::Continue
}

/// What an error says of bytes that a client sent.
fn quote(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(QUOTED_BYTES)].escape_ascii().to_string()
}

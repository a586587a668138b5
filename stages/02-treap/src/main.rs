//! Stage 2's server: a treap behind frames, for one client at a time.
#![forbid(unsafe_code)]

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Bound;
use std::process::ExitCode;

use heapwood_sockets::{Flow, Replies, RequestLimits, serve};
use heapwood_treap::{Packed, Slot, StringError, Treap, strings};

/// What `--help` prints.
const HELP: &str = "\
heapwood-treap: stage 2 of Heapwood, a treap behind length-prefixed frames: keys in order.
It serves one client at a time.

usage: heapwood-treap [--port PORT]

  --port PORT  the port to listen on, on 127.0.0.1; 0 chooses a free one [default: 7379]
  --help       this text

Commands: PING [text], ECHO text, SET key value, GET key, DEL key..., EXISTS key..., QUIT,
  RANGE start end  the keys from start to end, both included; an empty one is open
  RANK key         how many keys come before it
  AT index         the key at this place, from 0; a negative one counts from the end
Talk to it with: heapwood cli --port PORT";

/// Where the server listens when it is not told.
const DEFAULT_PORT: u16 = 7379;

/// How much of a command's name an error quotes.
const QUOTED_BYTES: usize = 64;

/// Keys and their values: all of the server's state.
type Store = Treap<Packed>;

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
    eprintln!("heapwood-treap: {message}");
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
        "heapwood-treap: keys in order behind frames, for one client at a time, on {address}; \
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
            let found = store.find(key);
            match strings::set(store, found, key, value) {
                Ok(_) => replies.status("OK"),
                Err(error) => replies.error(&error.to_string()),
            }
        }
        (b"GET", [key]) => get(strings::get(store, store.find(key)), replies),
        (b"DEL", keys @ [_, ..]) => {
            let removed = keys.iter().filter(|key| store.remove(key).is_some());
            replies.integer(removed.count() as i64);
        }
        (b"EXISTS", keys @ [_, ..]) => {
            let present = keys.iter().filter(|key| store.find(key).is_some());
            replies.integer(present.count() as i64);
        }
        (b"RANGE", [start, end]) => range(store, start, end, replies),
        (b"RANK", [key]) => match store.rank(key) {
            Some(rank) => replies.integer(rank as i64),
            None => replies.nil(),
        },
        (b"AT", [index]) => at(store, index, replies),
        (b"QUIT", _) => {
            replies.status("OK");
            return Flow::Close;
        }
        (b"PING" | b"ECHO" | b"SET" | b"GET" | b"DEL" | b"EXISTS" | b"RANGE" | b"RANK" | b"AT", _) => {
            let name = quote(&name).to_lowercase();
            replies.error(&format!("ERR wrong number of arguments for '{name}' command"));
        }
        _ => replies.error(&format!("ERR unknown command '{}'", quote(request[0]))),
    }
    Flow::Continue
}

fn get(value: Result<Option<&[u8]>, StringError>, replies: &mut dyn Replies) {
    match value {
        Ok(Some(value)) => replies.bytes(value),
        Ok(None) => replies.nil(),
        Err(error) => replies.error(&error.to_string()),
    }
}

/// The keys of a range, or the error that they do not fit a reply.
fn range(store: &Store, start: &[u8], end: &[u8], replies: &mut dyn Replies) {
    let slots: Vec<Slot> = store.range(bound(start), bound(end)).collect();
    let bytes = slots.iter().map(|slot| store.record(*slot).key().len());
    if !replies.fits(bytes.sum(), slots.len()) {
        return replies.error("TOOBIG these keys do not fit one reply; ask for a smaller range");
    }
    replies.array(slots.len());
    for slot in slots {
        replies.bytes(store.record(slot).key());
    }
}

/// An end of a range: a key, included, or nothing for an open end.
fn bound(key: &[u8]) -> Bound<&[u8]> {
    match key {
        [] => Bound::Unbounded,
        key => Bound::Included(key),
    }
}

/// The key at a place in key order.
fn at(store: &Store, index: &[u8], replies: &mut dyn Replies) {
    let Some(index) = strings::parse_integer(index) else {
        return replies.error(&StringError::NotAnInteger.to_string());
    };
    let place = match u64::try_from(index) {
        Ok(place) => Some(place),
        Err(_) => store.total_weight().checked_sub(index.unsigned_abs()),
    };
    match place.and_then(|place| store.at(place)) {
        Some(slot) => replies.bytes(store.record(slot).key()),
        None => replies.nil(),
    }
}

/// What an error says of bytes that a client sent.
fn quote(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(QUOTED_BYTES)].escape_ascii().to_string()
}

//! Stage 3's server: a treap behind frames, for thousands of clients at a time.
#![forbid(unsafe_code)]

use std::io;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use heapwood_poll_loop::{
    EventLoop, FrameWire, LoopOptions, Outcome, PollPoller, Request, Round, Service, SystemClock,
    stop_on_signals,
};
use heapwood_sockets::Replies;
use heapwood_treap::{Packed, Treap, strings};

const HELP: &str = "\
heapwood-poll-loop: stage 3 of Heapwood, a treap behind length-prefixed frames.
One thread serves thousands of clients.

usage: heapwood-poll-loop [--port PORT]

  --port PORT  the port to listen on, on 127.0.0.1; 0 chooses a free one [default: 7379]
  --help       this text

Commands: PING [text], ECHO text, SET key value, GET key, DEL key..., EXISTS key..., QUIT
Talk to it with: heapwood cli --port PORT";

const DEFAULT_PORT: u16 = 7379;

/// How much of a command's name an error quotes.
const QUOTED_BYTES: usize = 64;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match parse_port(&arguments) {
        Ok(Some(port)) => port,
        Ok(None) => {
            // A reader that has seen enough, as in `--help | head -1`, is no failure.
            let _ = writeln!(std::io::stdout(), "{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(message) => return refuse(&message, 2),
    };
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => listener,
        Err(error) => {
            let advice = "choose another port with --port";
            return refuse(&format!("cannot listen on 127.0.0.1:{port}: {error}; {advice}"), 2);
        }
    };
    match serve(listener) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error.to_string(), 1),
    }
}

fn refuse(message: &str, code: u8) -> ExitCode {
    eprintln!("heapwood-poll-loop: {message}");
    ExitCode::from(code)
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

fn serve(listener: TcpListener) -> io::Result<()> {
    let event_loop = EventLoop::new(
        vec![listener],
        Store(Treap::new()),
        PollPoller::new(),
        SystemClock::with_floor(0),
        LoopOptions::default(),
    )?;
    stop_on_signals(&event_loop.waker())?;
    let address = event_loop.local_addr()?;
    println!(
        "heapwood-poll-loop: a treap behind frames, for many clients at a time, on {address}; \
         talk to it with: heapwood cli --port {}",
        address.port()
    );
    event_loop.run()?;
    Ok(())
}

/// Keys and strings.
struct Store(Treap<Packed>);

impl Service for Store {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let mut outcome = Outcome::Done;
        round.reply(request.client(), |replies| {
            outcome = self.execute(request, replies);
        });
        outcome
    }
}

impl Store {
    /// Runs one request and writes its reply.
    fn execute(&mut self, request: Request<'_>, replies: &mut dyn Replies) -> Outcome {
        let arguments: Vec<&[u8]> = request.args().collect();
        let name = request.arg(0).to_ascii_uppercase();
        match (&name[..], &arguments[1..]) {
            (b"PING", []) => replies.status("PONG"),
            (b"PING" | b"ECHO", [text]) => replies.bytes(text),
            (b"SET", [key, value]) => self.set(key, value, replies),
            (b"GET", [key]) => match strings::get(&self.0, self.0.find(key)) {
                Ok(Some(value)) => replies.bytes(value),
                Ok(None) => replies.nil(),
                Err(error) => replies.error(&error.to_string()),
            },
            (b"DEL", keys @ [_, ..]) => {
                let removed = keys.iter().filter(|key| self.0.remove(key).is_some());
                replies.integer(removed.count() as i64);
            }
            (b"EXISTS", keys @ [_, ..]) => {
                let present = keys.iter().filter(|key| self.0.find(key).is_some());
                replies.integer(present.count() as i64);
            }
            (b"QUIT", _) => {
                replies.status("OK");
                return Outcome::Close;
            }
            (b"PING" | b"ECHO" | b"SET" | b"GET" | b"DEL" | b"EXISTS", _) => {
                let name = quote(&name).to_lowercase();
                replies.error(&format!("ERR wrong number of arguments for '{name}' command"));
            }
            _ => replies.error(&format!("ERR unknown command '{}'", quote(request.arg(0)))),
        }
        Outcome::Done
    }

    fn set(&mut self, key: &[u8], value: &[u8], replies: &mut dyn Replies) {
        let found = self.0.find(key);
        match strings::set(&mut self.0, found, key, value) {
            Ok(_) => replies.status("OK"),
            Err(error) => replies.error(&error.to_string()),
        }
    }
}

/// What an error says of bytes that a client sent.
fn quote(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(QUOTED_BYTES)].escape_ascii().to_string()
}

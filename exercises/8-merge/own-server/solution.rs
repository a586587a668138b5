//! Your own server. From nothing to all six stages, in milestones of 30 to 90 minutes.
//!
//! No item of the stages is asked for here, and nothing has to look like theirs: what counts is what goes over the wire. This
//! file is the first two milestones, a server without sockets: bytes of a client go in, bytes for that client come out. What
//! it promises are the transcripts in `exercises/conformance/1-sockets.txt` and `2-treap.txt`.
//!
//! **Milestone 1.** Write `Server` so that it answers PING, ECHO, SET, GET, DEL, EXISTS and QUIT in frames, however they are
//! cut (S1), and refuses malformed ones as soon as they can be known to be malformed (S2, S3), with an error that is the last
//! thing the client hears (S5). The formats are in the book's appendix, and at the head of `stages/01-sockets/src/lib.rs`.
//! You may parse by hand or use `heapwood_sockets::FrameParser` and `FrameReplies`: a day, or an hour.
//!
//! **Milestone 2.** RANGE, RANK and AT. A `BTreeMap` will do for the cases; the treap that you wrote counts faster.
//!
//! The fields below are a suggestion. Try it with `cargo learn own-server`.
//!
//! **Milestones 3 to 6.** Put sockets around it: a `src/main.rs` beside this file, which listens on the port that it is given
//! and calls `connect`, `receive` and `leave`. One thread for each client and a lock around the server will do at first. Then
//!
//! ```text
//! cargo learn conformance --port 7400 --stage 3     many clients
//! cargo learn conformance --port 7400 --stage 4 --restart 'COMMAND --port {port} --dir {dir}'     kill -9
//! cargo learn conformance --port 7400 --stage 5     deadlines
//! cargo learn conformance --port 7400 --stage 6     lists, and clients that wait
//! ```
//!
//! Each says which stage your server has reached, and the first conversation that goes another way than it should.

use std::collections::{BTreeMap, HashMap};

/// What is to be done with a client after bytes came from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// What is sent to it: replies, each a frame.
    pub send: Vec<u8>,
    /// Whether its connection is closed then.
    pub close: bool,
}

/// A server without sockets.
#[derive(Debug, Default)]
pub struct Server {
    /// Keys and their values.
    store: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What has arrived of the request that each client is sending.
    inputs: HashMap<usize, Vec<u8>>,
    /// The number of the client that connects next.
    next_client: usize,
}

impl Server {
    /// A server without keys and clients.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client has connected. Gives the number by which it is called from now on; none is given twice.
    pub fn connect(&mut self) -> usize {
        let client = self.next_client;
        self.next_client += 1;
        self.inputs.insert(client, Vec::new());
        client
    }

    /// Bytes have come from a client: the replies to all requests that are complete now, in their order. A malformed request
    /// is answered with an error `PROTOCOL …`, and is the last one; from a client that was closed so, nothing is taken.
    pub fn receive(&mut self, client: usize, bytes: &[u8]) -> Reaction {
        let mut reaction = Reaction::default();
        let Some(mut input) = self.inputs.remove(&client) else {
            return Reaction { close: true, ..reaction };
        };
        input.extend_from_slice(bytes);
        let mut used = 0;
        while !reaction.close {
            match take_request(&input[used..]) {
                Ok(None) => break,
                Ok(Some((arguments, length))) => {
                    let reply = self.execute(&arguments);
                    reaction.close = arguments[0].eq_ignore_ascii_case(b"QUIT");
                    append(&reply, &mut reaction.send);
                    used += length;
                }
                Err(wrong) => {
                    append(&Reply::Error(format!("PROTOCOL {wrong}")), &mut reaction.send);
                    reaction.close = true;
                }
            }
        }
        if !reaction.close {
            input.drain(..used);
            self.inputs.insert(client, input);
        }
        reaction
    }

    /// A client's connection has ended.
    pub fn leave(&mut self, client: usize) {
        self.inputs.remove(&client);
    }

    /// Executes one request.
    fn execute(&mut self, arguments: &[&[u8]]) -> Reply {
        let name = arguments[0].to_ascii_uppercase();
        match (&name[..], &arguments[1..]) {
            (b"PING", []) => Reply::Status("PONG"),
            (b"PING" | b"ECHO", [text]) => Reply::Bytes(text.to_vec()),
            (b"SET", [key, value]) => {
                self.store.insert(key.to_vec(), value.to_vec());
                Reply::Status("OK")
            }
            (b"GET", [key]) => self.store.get(*key).cloned().map_or(Reply::Nil, Reply::Bytes),
            (b"DEL", keys @ [_, ..]) => {
                let removed = keys.iter().filter(|key| self.store.remove(**key).is_some());
                Reply::Integer(removed.count() as i64)
            }
            (b"EXISTS", keys @ [_, ..]) => {
                let there = keys.iter().filter(|key| self.store.contains_key(**key));
                Reply::Integer(there.count() as i64)
            }
            (b"QUIT", _) => Reply::Status("OK"),
            (b"RANGE", [start, end]) => self.range(start, end),
            (b"RANK", [key]) if self.store.contains_key(*key) => {
                let before = self.store.keys().take_while(|other| other.as_slice() < *key);
                Reply::Integer(before.count() as i64)
            }
            (b"RANK", [_]) => Reply::Nil,
            (b"AT", [place]) => self.at(place),
            _ => Reply::Error(format!(
                "ERR no command '{}' with {} arguments",
                arguments[0].escape_ascii(),
                arguments.len() - 1
            )),
        }
    }

    /// The keys from one to another, both included; an empty end is open.
    fn range(&self, start: &[u8], end: &[u8]) -> Reply {
        let from_start = self.store.keys().skip_while(|key| key.as_slice() < start);
        let keys = from_start.take_while(|key| end.is_empty() || key.as_slice() <= end);
        Reply::Keys(keys.cloned().collect())
    }

    /// The key at a place; a negative one counts from the end.
    fn at(&self, place: &[u8]) -> Reply {
        let place = std::str::from_utf8(place).ok().and_then(|place| place.parse::<i64>().ok());
        let Some(place) = place else {
            return Reply::Error("ERR value is not an integer or out of range".into());
        };
        let index = match usize::try_from(place) {
            Ok(index) => Some(index),
            Err(_) => self.store.len().checked_sub(place.unsigned_abs() as usize),
        };
        let key = index.and_then(|index| self.store.keys().nth(index));
        key.cloned().map_or(Reply::Nil, Reply::Bytes)
    }
}

/// What a request is answered with.
#[derive(Debug)]
enum Reply {
    Nil,
    Error(String),
    Bytes(Vec<u8>),
    Integer(i64),
    Keys(Vec<Vec<u8>>),
    Status(&'static str),
}

/// The bytes of a number.
const NUMBER: usize = 4;

/// The largest body.
const MAX_BODY: usize = 128 * 1024 * 1024 - 1;

/// The most arguments.
const MAX_ARGUMENTS: usize = 1_048_576;

/// The number at a place, if its four bytes have arrived.
fn number(input: &[u8], at: usize) -> Option<usize> {
    let bytes = input.get(at..)?.first_chunk::<NUMBER>()?;
    Some(u32::from_be_bytes(*bytes) as usize)
}

/// The arguments of a request, and how long all of it is.
type Taken<'a> = (Vec<&'a [u8]>, usize);

/// The request at the start of `input`, when all of it is there. Says what is wrong with it as soon as that can be known.
fn take_request(input: &[u8]) -> Result<Option<Taken<'_>>, String> {
    let Some(body) = number(input, 0) else {
        return Ok(None);
    };
    if !(2 * NUMBER..=MAX_BODY).contains(&body) {
        return Err(format!("a body of {body} bytes"));
    }
    let Some(count) = number(input, NUMBER) else {
        return Ok(None);
    };
    // Each argument has a length of four bytes, and the number of arguments has four.
    if count == 0 || count > MAX_ARGUMENTS || count > body / NUMBER - 1 {
        return Err(format!("{count} arguments in a body of {body} bytes"));
    }
    let end = NUMBER + body;
    let (mut arguments, mut at) = (Vec::new(), 2 * NUMBER);
    for left in (0..count).rev() {
        let Some(length) = number(input, at) else {
            return Ok(None);
        };
        at += NUMBER;
        // The lengths of those still to come need room too.
        let room = end - at - left * NUMBER;
        if length > room || (left == 0 && length < room) {
            return Err(format!("an argument of {length} bytes where there is room for {room}"));
        }
        let Some(argument) = input.get(at..at + length) else {
            return Ok(None);
        };
        arguments.push(argument);
        at += length;
    }
    Ok(Some((arguments, end)))
}

/// Appends a reply as a frame.
fn append(reply: &Reply, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    let mut tagged = |tag: u8, bytes: &[u8]| {
        body.push(tag);
        body.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        body.extend_from_slice(bytes);
    };
    match reply {
        Reply::Nil => body.push(0),
        Reply::Error(text) => tagged(1, text.as_bytes()),
        Reply::Bytes(bytes) => tagged(2, bytes),
        Reply::Status(text) => tagged(6, text.as_bytes()),
        Reply::Integer(number) => {
            body.push(3);
            body.extend_from_slice(&number.to_be_bytes());
        }
        Reply::Keys(keys) => {
            body.push(5);
            body.extend_from_slice(&(keys.len() as u32).to_be_bytes());
            for key in keys {
                body.push(2);
                body.extend_from_slice(&(key.len() as u32).to_be_bytes());
                body.extend_from_slice(key);
            }
        }
    }
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(&body);
}

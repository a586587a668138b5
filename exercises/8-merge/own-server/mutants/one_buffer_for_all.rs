use std::collections::{BTreeMap, HashSet};
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    pub send: Vec<u8>,
    pub close: bool,
}
#[derive(Debug, Default)]
pub struct Server {
    store: BTreeMap<Vec<u8>, Vec<u8>>,
    clients: HashSet<usize>,
    input: Vec<u8>,
    next_client: usize,
}

impl Server {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn connect(&mut self) -> usize {
        let client = self.next_client;
        self.next_client += 1;
        self.clients.insert(client);
        client
    }
    pub fn receive(&mut self, client: usize, bytes: &[u8]) -> Reaction {
        let mut reaction = Reaction::default();
        if !self.clients.contains(&client) {
            return Reaction { close: true, ..reaction };
        }
        let mut input = std::mem::take(&mut self.input);
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
            self.input = input;
        } else {
            self.clients.remove(&client);
        }
        reaction
    }
    pub fn leave(&mut self, client: usize) {
        self.clients.remove(&client);
    }
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
    fn range(&self, start: &[u8], end: &[u8]) -> Reply {
        let from_start = self.store.keys().skip_while(|key| key.as_slice() < start);
        let keys = from_start.take_while(|key| end.is_empty() || key.as_slice() <= end);
        Reply::Keys(keys.cloned().collect())
    }
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
#[derive(Debug)]
enum Reply {
    Nil,
    Error(String),
    Bytes(Vec<u8>),
    Integer(i64),
    Keys(Vec<Vec<u8>>),
    Status(&'static str),
}
const NUMBER: usize = 4;
const MAX_BODY: usize = 128 * 1024 * 1024 - 1;
const MAX_ARGUMENTS: usize = 1_048_576;
fn number(input: &[u8], at: usize) -> Option<usize> {
    let bytes = input.get(at..)?.first_chunk::<NUMBER>()?;
    Some(u32::from_be_bytes(*bytes) as usize)
}
type Taken<'a> = (Vec<&'a [u8]>, usize);
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

//! One connection to the server under test. Nothing here waits for longer than until a deadline.

use super::resp;
use heapwood_sockets::limits::{LENGTH_BYTES, MAX_FIRST_BYTE};
use heapwood_sockets::{Value, decode_reply, encode_request};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// How much is asked of the system in one read.
const READ_BYTES: usize = 64 * 1024;

/// The longest reply that a transcript provokes is a megabyte; a server that announces more than this is not waited for.
const MAX_REPLY_BYTES: usize = 16 * 1024 * 1024;

/// How many bytes of an answer are quoted.
const QUOTED_BYTES: usize = 60;

/// How many elements of an array are shown.
const SHOWN_ELEMENTS: usize = 6;

/// Between two bytes that are to arrive on their own. This is no waiting: the system joins what is sent faster.
const BYTE_PAUSE: Duration = Duration::from_millis(1);

/// The shortest time-out that the system takes as one.
const SHORTEST: Duration = Duration::from_millis(1);

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Heapwood's frames.
    #[default]
    Frames,
    /// Redis's protocol, version 2.
    Resp,
}

impl Protocol {
    /// Appends a request.
    pub(super) fn encode(self, arguments: &[Vec<u8>], out: &mut Vec<u8>) {
        match self {
            Self::Resp => resp::encode(arguments, out),
            // Transcripts have no request without arguments or above 128 MiB.
            Self::Frames => drop(encode_request(arguments, out)),
        }
    }

    /// The reply at the start of `input`, and how long it is; `None` when it is not all there.
    fn take(self, input: &[u8]) -> Result<Option<(Value, usize)>, String> {
        if self == Self::Resp {
            return resp::take(input);
        }
        if input.first().is_some_and(|first| *first > MAX_FIRST_BYTE) {
            return Err(format!("a frame begins with at most 0x{MAX_FIRST_BYTE:02x}"));
        }
        let Some(length) = input.first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let end = LENGTH_BYTES + u32::from_be_bytes(*length) as usize;
        if end > MAX_REPLY_BYTES {
            return Err(format!(
                "it announces {} bytes, and nothing that long was asked for",
                end - LENGTH_BYTES
            ));
        }
        let Some(body) = input.get(LENGTH_BYTES..end) else {
            return Ok(None);
        };
        let value = decode_reply(body).map_err(|error| error.text().replacen("PROTOCOL ", "", 1))?;
        Ok(Some((value, end)))
    }
}

/// Why there is no reply, in words that follow "got".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server did not send what was waited for.
    Late(String),
    /// Anything else: it closed the connection, or sent what is no reply.
    Other(String),
}

impl Trouble {
    /// In words.
    pub fn text(&self) -> &str {
        match self {
            Self::Late(text) | Self::Other(text) => text,
        }
    }
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    protocol: Protocol,
    /// What has arrived and is not taken yet.
    input: Vec<u8>,
    /// The half of a request that is still to be sent.
    pub(super) rest: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there, or nobody accepts in time.
    pub fn open(address: SocketAddr, protocol: Protocol, patience: Duration) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience.max(SHORTEST))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, protocol, input: Vec::new(), rest: Vec::new() })
    }

    /// Sends a request and waits for its reply.
    ///
    /// # Errors
    /// There is none.
    pub fn call(&mut self, arguments: &[Vec<u8>], patience: Duration) -> Result<Value, Trouble> {
        let mut bytes = Vec::new();
        self.protocol.encode(arguments, &mut bytes);
        self.send(&bytes, patience)?;
        self.receive(patience)
    }

    /// Sends bytes. That the server has closed the connection is no error here: it may have said why.
    ///
    /// # Errors
    /// The server does not take them.
    pub fn send(&mut self, bytes: &[u8], patience: Duration) -> Result<(), Trouble> {
        let deadline = Instant::now() + patience;
        let mut rest = bytes;
        while !rest.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let (sent, of) = (bytes.len() - rest.len(), bytes.len());
                let within = seconds(patience);
                return Err(Trouble::Late(format!(
                    "the server took only {sent} of {of} bytes within {within}"
                )));
            }
            self.stream.set_write_timeout(Some(left.max(SHORTEST))).map_err(|error| failed(&error))?;
            match self.stream.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if is_later(error.kind()) => {}
                Err(error) if is_closed(error.kind()) => return Ok(()),
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(())
    }

    /// Sends every byte on its own.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub fn send_byte_by_byte(&mut self, bytes: &[u8], patience: Duration) -> Result<(), Trouble> {
        for byte in bytes {
            self.send(std::slice::from_ref(byte), patience)?;
            thread::sleep(BYTE_PAUSE);
        }
        Ok(())
    }

    /// Waits for a reply.
    ///
    /// # Errors
    /// There is none.
    pub fn receive(&mut self, patience: Duration) -> Result<Value, Trouble> {
        let deadline = Instant::now() + patience;
        loop {
            let taken = self.protocol.take(&self.input);
            let garbage = |why| Trouble::Other(format!("no reply, but {}: {why}", quoted(&self.input)));
            if let Some((value, length)) = taken.map_err(garbage)? {
                self.input.drain(..length);
                return Ok(value);
            }
            let so_far = match &self.input[..] {
                [] => String::new(),
                input => format!(" (only {})", quoted(input)),
            };
            match self.read(deadline)? {
                Arrival::Some if self.input.len() <= MAX_REPLY_BYTES => {}
                Arrival::Some => {
                    return Err(Trouble::Other(format!("more than {MAX_REPLY_BYTES} bytes, and no reply")));
                }
                Arrival::Late => {
                    return Err(Trouble::Late(format!("no reply within {}{so_far}", seconds(patience))));
                }
                Arrival::Closed => {
                    return Err(Trouble::Other(format!(
                        "no reply: the server closed the connection{so_far}"
                    )));
                }
                Arrival::Reset => {
                    let why = "as the system does when a program closes it with input unread";
                    return Err(Trouble::Other(format!("no reply: the connection was reset, {why}{so_far}")));
                }
            }
        }
    }

    /// Waits for the end of the connection.
    ///
    /// # Errors
    /// It does not end, or something comes before its end.
    pub fn closes(&mut self, patience: Duration) -> Result<(), Trouble> {
        if self.input.is_empty() {
            match self.read(Instant::now() + patience)? {
                Arrival::Closed | Arrival::Reset => return Ok(()),
                Arrival::Late => {
                    return Err(Trouble::Late(format!(
                        "the connection is still open after {}",
                        seconds(patience)
                    )));
                }
                Arrival::Some => {}
            }
        }
        Err(Trouble::Other(format!("the connection is open, and more comes: {}", quoted(&self.input))))
    }

    /// Says that nothing more is sent, and waits until the server has noticed, and closes the connection.
    ///
    /// # Errors
    /// As [`Connection::closes`].
    pub fn hang_up(&mut self, patience: Duration) -> Result<(), Trouble> {
        self.stream.shutdown(Shutdown::Write).map_err(|error| failed(&error))?;
        self.closes(patience)
    }

    /// What has come already, without waiting; `None` for nothing.
    pub fn already_here(&mut self) -> Option<String> {
        if self.input.is_empty() {
            let mut chunk = [0; READ_BYTES];
            let read = self.stream.set_nonblocking(true).and_then(|()| self.stream.read(&mut chunk));
            // Where the system refuses that, the next read says so.
            let _ = self.stream.set_nonblocking(false);
            match read {
                Ok(0) => return Some("the server closed the connection".into()),
                Ok(count) => self.input.extend_from_slice(&chunk[..count]),
                Err(error) if is_later(error.kind()) => {}
                Err(error) => return Some(failed(&error).text().to_owned()),
            }
        }
        match self.protocol.take(&self.input) {
            _ if self.input.is_empty() => None,
            Ok(Some((value, _))) => Some(format!("an answer already: {}", show(&value))),
            _ => Some(format!("something already: {}", quoted(&self.input))),
        }
    }

    /// Reads once.
    fn read(&mut self, deadline: Instant) -> Result<Arrival, Trouble> {
        let mut chunk = [0; READ_BYTES];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Arrival::Late);
            }
            self.stream.set_read_timeout(Some(left.max(SHORTEST))).map_err(|error| failed(&error))?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Ok(Arrival::Closed),
                Ok(count) => {
                    self.input.extend_from_slice(&chunk[..count]);
                    return Ok(Arrival::Some);
                }
                Err(error) if is_later(error.kind()) => {}
                Err(error) if is_closed(error.kind()) => return Ok(Arrival::Reset),
                Err(error) => return Err(failed(&error)),
            }
        }
    }
}

/// What came of reading once.
enum Arrival {
    Some,
    Late,
    Closed,
    Reset,
}

/// Bytes as a person reads them, and how many there are where not all are shown.
pub fn quoted(bytes: &[u8]) -> String {
    let shown = bytes[..bytes.len().min(QUOTED_BYTES)].escape_ascii();
    match bytes.len() {
        0..=QUOTED_BYTES => format!("\"{shown}\""),
        all => format!("\"{shown}…\" ({all} bytes)"),
    }
}

/// A reply as the client prints it, cut where it is long.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Nil => "(nil)".into(),
        Value::Error(text) => format!("(error) {}", printable(text)),
        Value::Status(text) => printable(text),
        Value::Integer(number) => format!("(integer) {number}"),
        Value::Bytes(bytes) => quoted(bytes),
        Value::Array(values) if values.is_empty() => "(empty array)".into(),
        Value::Array(values) => {
            let mut lines: Vec<String> = values
                .iter()
                .take(SHOWN_ELEMENTS)
                .zip(1..)
                .map(|(value, index)| format!("{index}) {}", show(value)))
                .collect();
            if values.len() > SHOWN_ELEMENTS {
                lines.push(format!("… ({} elements)", values.len()));
            }
            lines.join("\n")
        }
        other => format!("{other:?}"),
    }
}

/// A server's text, without what would do something to a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// A time as a person says it.
pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_millis() as f64 / 1000.0)
}

fn is_later(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}

fn failed(error: &std::io::Error) -> Trouble {
    Trouble::Other(format!("the connection failed: {error}"))
}

//! A client of the loop: what it has sent, and what it has been answered.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use heapwood_poll_loop::ClientId;
use heapwood_sockets::{Value, decode_reply, encode_request};

use super::PATIENCE;

const MIB: usize = 1024 * 1024;
/// What surely arrives as a whole, in one packet, so that a round finds all or nothing of it.
const MAX_WRITE_BYTES: usize = 16 * 1024;

pub(super) struct Peer {
    pub(super) name: String,
    pub(super) id: ClientId,
    stream: TcpStream,
    /// Where each request that it sends ends, in all that it sends.
    ends: Vec<usize>,
    pub(super) sent_bytes: usize,
    /// What is left of a request of which a part was sent.
    unsent: Vec<u8>,
    pub(super) is_deaf: bool,
    has_ended: bool,
    has_left: bool,
    received_bytes: u64,
    received: Vec<u8>,
    /// Replies since these were last taken, as they are drawn.
    pub(super) answers: Vec<String>,
}

impl Peer {
    pub(super) fn new(name: &str, id: ClientId, stream: TcpStream) -> Result<Self, String> {
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self {
            name: name.into(),
            id,
            stream,
            ends: Vec::new(),
            sent_bytes: 0,
            unsent: Vec::new(),
            is_deaf: false,
            has_ended: false,
            has_left: false,
            received_bytes: 0,
            received: Vec::new(),
            answers: Vec::new(),
        })
    }

    pub(super) fn send(&mut self, requests: &[&str]) -> Result<(), String> {
        let mut bytes = Vec::new();
        for request in requests {
            encode(request, &mut bytes)?;
            self.ends.push(self.sent_bytes + bytes.len());
        }
        self.write(&bytes)
    }

    pub(super) fn send_part(&mut self, part: usize, request: &str) -> Result<(), String> {
        let mut bytes = Vec::new();
        encode(request, &mut bytes)?;
        if part >= bytes.len() {
            return Err(format!("the whole request has {} bytes", bytes.len()));
        }
        self.ends.push(self.sent_bytes + bytes.len());
        self.unsent = bytes.split_off(part);
        self.write(&bytes)
    }

    pub(super) fn send_rest(&mut self) -> Result<(), String> {
        let rest = std::mem::take(&mut self.unsent);
        self.write(&rest)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        if bytes.is_empty() || bytes.len() > MAX_WRITE_BYTES {
            return Err(format!("{} bytes at once; from 1 to {MAX_WRITE_BYTES} can be shown", bytes.len()));
        }
        self.sent_bytes += bytes.len();
        self.stream.write_all(bytes).map_err(|error| error.to_string())
    }

    pub(super) fn end(&mut self) -> Result<(), String> {
        self.has_ended = true;
        self.stream.shutdown(Shutdown::Write).map_err(|error| error.to_string())
    }

    pub(super) fn leave(&mut self) {
        // One that cannot be shut down has left already.
        let _ = self.stream.shutdown(Shutdown::Both);
        (self.has_ended, self.has_left) = (true, true);
    }

    /// Whether the loop, which has read `bytes_in`, can read more of it.
    pub(super) fn has_news(&self, bytes_in: usize) -> bool {
        self.has_ended || self.sent_bytes > bytes_in
    }

    /// Requests that are not executed, and where they wait. `bytes_in` of what it sent have been read.
    pub(super) fn waiting_requests(&self, executed_bytes: usize, bytes_in: usize) -> Vec<String> {
        let waiting = self.ends.iter().filter(|end| **end > executed_bytes);
        let (arrived, others): (Vec<usize>, Vec<usize>) = waiting.partition(|end| **end <= bytes_in);
        let begun_at = arrived.last().copied().unwrap_or(executed_bytes);
        let begun_bytes = bytes_in.saturating_sub(begun_at);
        let unread = others.iter().filter(|end| **end <= self.sent_bytes).count();
        let unread = unread.saturating_sub(usize::from(begun_bytes > 0));
        let count = |requests: usize, place: &str| match requests {
            0 => None,
            1 => Some(format!("1 request, {place}")),
            _ => Some(format!("{requests} requests, {place}")),
        };
        let begun = (begun_bytes > 0).then(|| {
            let whole = others.first().map_or(begun_bytes, |end| end - begun_at);
            format!("{begun_bytes} of {whole} bytes")
        });
        [count(arrived.len(), "in its input"), begun, count(unread, "unread")].into_iter().flatten().collect()
    }

    /// Takes what the loop has sent, unless it is deaf.
    pub(super) fn receive_up_to(&mut self, bytes_out: u64) -> Result<(), String> {
        if self.is_deaf {
            return Ok(());
        }
        let count = bytes_out.saturating_sub(self.received_bytes) as usize;
        let begin = self.received.len();
        self.received.resize(begin + count, 0);
        self.stream.read_exact(&mut self.received[begin..]).map_err(|error| error.to_string())?;
        self.received_bytes = bytes_out;
        self.take_answers()
    }

    /// Takes what there is, until the connection ends.
    pub(super) fn receive_to_the_end(&mut self) -> Result<(), String> {
        if self.is_deaf || self.has_left {
            return Ok(());
        }
        // The loop closes a connection with unread input by a reset: that is an end as well.
        let _ = self.stream.read_to_end(&mut self.received);
        self.take_answers()
    }

    fn take_answers(&mut self) -> Result<(), String> {
        while let Some(length) =
            self.received.first_chunk().map(|length| u32::from_be_bytes(*length) as usize)
            && let Some(body) = self.received.get(4..4 + length)
        {
            self.answers.push(text(&decode_reply(body).map_err(|error| error.to_string())?));
            self.received.drain(..4 + length);
        }
        Ok(())
    }
}

fn encode(request: &str, bytes: &mut Vec<u8>) -> Result<(), String> {
    let arguments: Vec<&str> = request.split_whitespace().collect();
    encode_request(&arguments, bytes).map_err(|error| error.to_string())
}

/// A reply as it is drawn.
fn text(reply: &Value) -> String {
    match reply {
        Value::Bytes(bytes) if bytes.len() >= MIB => format!("({} MiB)", bytes.len() / MIB),
        Value::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Value::Status(text) => text.clone(),
        Value::Error(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Nil => "(nil)".into(),
        other => format!("{other:?}"),
    }
}

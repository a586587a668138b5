//! One connection through the guard: its request in, its response out, and how far it is.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use heapwood_poll_loop::{Event, Interest};

use crate::errors::ApiError;
use crate::guard::Gate;
use crate::head::HeadReader;
use crate::limits::{GuardLimits, SLOWEST_READER_BYTES_PER_SECOND};
use crate::message::Answer;

/// What one read takes at most.
pub(crate) const READ_BYTES: usize = 16 * 1024;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How far a connection is. It only ever moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The request arrives. Not a byte of it goes further before it is complete.
    Request,
    /// Complete, and waiting for a place inside `tiny_http`.
    Waiting,
    /// Handed over; the response comes back through here.
    Response,
    /// Everything to say is in `output`.
    Flush,
    /// Said. A close with unread input would destroy what the client has not read yet, so it is awaited for a moment.
    Linger,
    /// To be dropped.
    Closed,
}

/// The two sides of a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Where the request comes from.
    Client,
    /// Where the application is.
    Inner,
}

/// What a relay needs from the guard for one step.
pub(crate) struct Step<'a> {
    pub(crate) now: Instant,
    pub(crate) limits: &'a GuardLimits,
    pub(crate) gate: &'a mut dyn Gate,
    pub(crate) scratch: &'a mut [u8],
    /// Bytes that all connections together may still hold.
    pub(crate) room: usize,
}

pub(crate) struct Relay {
    pub(crate) client: TcpStream,
    /// Set while the request is inside; the guard takes it away when the phase says that it is over.
    pub(crate) inner: Option<UnixStream>,
    pub(crate) phase: Phase,
    pub(crate) deadline: Instant,
    pub(crate) accepted: Instant,
    peer: SocketAddr,
    head: HeadReader,
    /// Length of head and body, once the head is complete.
    request_bytes: Option<usize>,
    input: Vec<u8>,
    input_sent: usize,
    output: Vec<u8>,
    output_sent: usize,
    /// The guard has answered `Expect` already; what `tiny_http` says to it is held back here.
    held: Option<Vec<u8>>,
    answered: bool,
}

impl Relay {
    pub(crate) fn new(client: TcpStream, peer: SocketAddr, now: Instant, limits: &GuardLimits) -> Self {
        Self {
            client,
            inner: None,
            phase: Phase::Request,
            deadline: now + limits.head_timeout,
            accepted: now,
            peer,
            head: HeadReader::default(),
            request_bytes: None,
            input: Vec::new(),
            input_sent: 0,
            output: Vec::new(),
            output_sent: 0,
            held: None,
            answered: false,
        }
    }

    /// Bytes held for this connection.
    pub(crate) fn buffered(&self) -> usize {
        self.input.len() + self.output.len()
    }

    /// Whether the application has nothing more to do with it.
    pub(crate) fn is_done_inside(&self) -> bool {
        matches!(self.phase, Phase::Flush | Phase::Linger | Phase::Closed)
    }

    /// Whether its head is still awaited, or its end: such a connection makes room for others when there are too many.
    pub(crate) fn is_idle(&self) -> bool {
        self.phase == Phase::Linger || (self.phase == Phase::Request && self.request_bytes.is_none())
    }

    /// What it waits for on the client's side.
    pub(crate) fn client_interest(&self) -> Interest {
        Interest {
            readable: matches!(self.phase, Phase::Request | Phase::Linger),
            writable: self.output_sent < self.output.len(),
        }
    }

    /// What it waits for on the application's side: a slow reader there is a slow sender here, and the other way round.
    pub(crate) fn inner_interest(&self, limits: &GuardLimits, room: usize) -> Interest {
        let waiting = self.output.len() - self.output_sent;
        Interest {
            readable: waiting < limits.response_buffer_bytes.min(room.max(READ_BYTES)),
            writable: self.input_sent < self.input.len(),
        }
    }

    /// Does what one side's socket is ready for.
    ///
    /// # Errors
    /// The client is gone, and with it the reason for this connection.
    pub(crate) fn step(&mut self, side: Side, event: &Event, step: &mut Step<'_>) -> io::Result<()> {
        match side {
            Side::Client if event.readable => self.read_client(step)?,
            Side::Client if event.hung_up => return Err(ErrorKind::ConnectionReset.into()),
            Side::Client => {}
            Side::Inner => {
                self.write_inner()?;
                self.read_inner(step)?;
            }
        }
        self.write_client(step.now, step.limits)
    }

    /// The client's socket can be read.
    fn read_client(&mut self, step: &mut Step<'_>) -> io::Result<()> {
        let Some(count) = ready(self.client.read(step.scratch))? else {
            return Ok(());
        };
        if count == 0 {
            self.phase = Phase::Closed;
        } else if self.phase == Phase::Request {
            self.input.extend_from_slice(&step.scratch[..count]);
            if let Err(error) = self.understand(step) {
                self.refuse(error, step.now, step.limits);
            }
        }
        Ok(())
    }

    fn understand(&mut self, step: &mut Step<'_>) -> Result<(), ApiError> {
        if self.input.len() > step.room {
            return Err(busy("too many requests are being received"));
        }
        let whole = match self.request_bytes {
            Some(whole) => whole,
            None => {
                let Some(head) = self.head.read(&self.input, step.limits)? else {
                    return Ok(());
                };
                step.gate.admit(self.peer, step.now)?;
                let whole = head.head_bytes + head.body_bytes;
                self.deadline = self.accepted + step.limits.request_timeout;
                if head.expects_continue {
                    self.held = Some(Vec::new());
                    if self.input.len() < whole {
                        self.output.extend_from_slice(CONTINUE);
                    }
                }
                *self.request_bytes.insert(whole)
            }
        };
        if self.input.len() >= whole {
            // What follows would be a second request. It is never looked at.
            self.input.truncate(whole);
            self.phase = Phase::Waiting;
            self.deadline = step.now + step.limits.response_timeout;
        }
        Ok(())
    }

    /// Connects to the application and begins to feed it. Never waits: fewer requests are inside than it may queue.
    pub(crate) fn hand_over(&mut self, path: &Path) -> io::Result<()> {
        let inner = UnixStream::connect(path)?;
        inner.set_nonblocking(true)?;
        self.inner = Some(inner);
        self.phase = Phase::Response;
        self.write_inner()
    }

    /// The application's socket can be written.
    fn write_inner(&mut self) -> io::Result<()> {
        let (Some(inner), true) = (&mut self.inner, self.input_sent < self.input.len()) else {
            return Ok(());
        };
        // It may have answered without reading to the end; then the answer counts.
        let rest = &self.input[self.input_sent..];
        let count = ready(inner.write(rest)).unwrap_or(Some(rest.len()));
        self.input_sent += count.unwrap_or(0);
        if self.input_sent == self.input.len() {
            self.input = Vec::new();
            self.input_sent = 0;
            // The end of the stream tells tiny_http that no second request follows, and ends its thread.
            let _ = inner.shutdown(Shutdown::Write);
        }
        Ok(())
    }

    /// The application's socket can be read.
    fn read_inner(&mut self, step: &mut Step<'_>) -> io::Result<()> {
        let Some(inner) = &mut self.inner else {
            return Ok(());
        };
        // A reset is an end like any other: what came before it is the answer.
        let Some(count) = ready(inner.read(step.scratch)).unwrap_or(Some(0)) else {
            return Ok(());
        };
        if count > 0 {
            self.respond(&step.scratch[..count]);
            return Ok(());
        }
        self.output.append(&mut self.held.take().unwrap_or_default());
        self.phase = Phase::Flush;
        if !self.answered {
            let error = ApiError::new(502, "NO_ANSWER", "the application closed without an answer");
            self.refuse(error, step.now, step.limits);
        }
        Ok(())
    }

    fn respond(&mut self, bytes: &[u8]) {
        let Some(held) = &mut self.held else {
            self.answered = true;
            return self.output.extend_from_slice(bytes);
        };
        held.extend_from_slice(bytes);
        if let Some(interim) = interim_bytes(held) {
            let rest = held.split_off(interim);
            self.held = None;
            self.answered = !rest.is_empty();
            self.output.extend_from_slice(&rest);
        }
    }

    /// Sends what is there to be sent, and moves on when it was the last.
    pub(crate) fn write_client(&mut self, now: Instant, limits: &GuardLimits) -> io::Result<()> {
        while self.output_sent < self.output.len() {
            let Some(count) = ready(self.client.write(&self.output[self.output_sent..]))? else {
                break;
            };
            self.output_sent += count;
            self.deadline += Duration::from_secs(1) * count as u32 / SLOWEST_READER_BYTES_PER_SECOND;
        }
        if self.output_sent > self.output.len() / 2 {
            self.output.drain(..self.output_sent);
            self.output_sent = 0;
        }
        if self.phase == Phase::Flush && self.output.is_empty() {
            self.client.shutdown(Shutdown::Write)?;
            self.output = Vec::new();
            self.phase = Phase::Linger;
            self.deadline = now + limits.linger;
        }
        Ok(())
    }

    /// Its time is over: says so where somebody still listens.
    pub(crate) fn expire(&mut self, now: Instant, limits: &GuardLimits) {
        match self.phase {
            Phase::Request if !self.input.is_empty() => {
                let message = "the request did not arrive in time";
                self.refuse(ApiError::new(408, "REQUEST_TIMEOUT", message), now, limits);
            }
            Phase::Waiting => self.refuse(busy("too many requests are waiting"), now, limits),
            Phase::Response if !self.answered => {
                let message = "the answer took too long";
                self.refuse(ApiError::new(504, "ANSWER_TIMEOUT", message), now, limits);
            }
            _ => self.phase = Phase::Closed,
        }
    }

    /// Answers in the application's place.
    pub(crate) fn refuse(&mut self, error: ApiError, now: Instant, limits: &GuardLimits) {
        let retry = matches!(error.status, 429 | 503);
        let mut answer = Answer::from(error).with("X-Content-Type-Options", "nosniff");
        if retry {
            answer = answer.with("Retry-After", "1");
        }
        let head_only = self.input.starts_with(b"HEAD ");
        self.input = Vec::new();
        self.input_sent = 0;
        self.phase = Phase::Flush;
        self.deadline = now + limits.head_timeout;
        answer.write(head_only, &mut self.output).expect("writing to memory does not fail");
    }
}

/// How many bytes at the start of a response are `100 Continue`; none while that cannot be known.
fn interim_bytes(response: &[u8]) -> Option<usize> {
    const STATUS: std::ops::Range<usize> = 9..12;
    if response.get(STATUS)? != b"100" {
        return Some(0);
    }
    let end = response.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

fn busy(message: &str) -> ApiError {
    ApiError::new(503, "BUSY", message)
}

/// Turns "not now" into `None`.
fn ready(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
        Err(e) => Err(e),
    }
}

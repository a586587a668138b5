//! One connection: what it sent, what it is to receive, and how far it is on its way to the end.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use heapwood_sockets::{ProtocolError, RequestLimits};

use crate::clients::ClientId;
use crate::clock::{Now, millis};
use crate::options::LoopOptions;
use crate::output::{Output, give_back};
use crate::poller::{Interest, Poller};
use crate::request::Batch;
use crate::service::RoundId;
use crate::wire::Wire;

/// How long a connection that was shut down may go on sending before it is cut. Closing at once
/// would make the system answer unread bytes with a reset, which can destroy the last reply.
const LINGER: Duration = Duration::from_secs(2);

/// How far a connection is on its way to the end. It only moves down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It takes requests and replies.
    Open,
    /// It takes neither; the replies it has are still being sent.
    Closing,
    /// All is sent and our side is shut down; what still arrives is thrown away.
    Lingering,
    /// It is closed at the end of the round.
    Ended,
}

pub(crate) struct Connection<W> {
    pub(crate) id: ClientId,
    pub(crate) stream: TcpStream,
    pub(crate) addr: SocketAddr,
    pub(crate) wire: W,
    pub(crate) limits: RequestLimits,
    pub(crate) phase: Phase,
    pub(crate) interest: Interest,
    pub(crate) input: Vec<u8>,
    /// Where in the input the first request begins that was not executed.
    pub(crate) executed: usize,
    /// From there on the input may hold a whole request.
    pub(crate) unparsed: bool,
    /// The peer sends no more.
    pub(crate) at_end: bool,
    pub(crate) output: Output,
    /// A request waits until then, on the monotonic clock.
    pub(crate) parked_until_ms: Option<u64>,
    /// It has a part in this round: it is in the list of those.
    pub(crate) active: bool,
    /// It changed something in this round.
    pub(crate) wrote: bool,
    /// Its further requests wait for the next round.
    pub(crate) rests: bool,
    /// When it last sent or took a byte, or came to its phase.
    pub(crate) last_io_mono_ms: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

impl<W: Wire> Connection<W> {
    pub(crate) fn new(
        id: ClientId,
        (stream, addr): (TcpStream, SocketAddr),
        limits: RequestLimits,
        now: Now,
    ) -> Self {
        Self {
            id,
            stream,
            addr,
            wire: W::default(),
            limits,
            phase: Phase::Open,
            interest: Interest::READ,
            input: Vec::new(),
            executed: 0,
            unparsed: false,
            at_end: false,
            output: Output::default(),
            parked_until_ms: None,
            active: false,
            wrote: false,
            rests: false,
            last_io_mono_ms: now.mono_ms,
            bytes_in: 0,
            bytes_out: 0,
        }
    }

    /// Reads once, and only once (P2): the poller says if there is more, and others have their turn
    /// first. Returns how many bytes came.
    pub(crate) fn read(&mut self, scratch: &mut [u8], now: Now) -> io::Result<usize> {
        let count = match (&self.stream).read(scratch) {
            Err(error) if is_temporary(&error) => return Ok(0),
            result => result?,
        };
        self.at_end |= count == 0;
        self.unparsed = true;
        if self.phase == Phase::Open {
            self.input.extend_from_slice(&scratch[..count]);
            self.last_io_mono_ms = now.mono_ms;
            self.bytes_in += count as u64;
        }
        Ok(count)
    }

    /// Whether its next request may be executed. One that does not take its replies gets no more
    /// of them (P4).
    #[inline]
    pub(crate) fn may_execute(&self, options: &LoopOptions) -> bool {
        self.phase == Phase::Open
            && self.parked_until_ms.is_none()
            && !self.rests
            && self.output.pending() <= options.soft_output_bytes
    }

    /// Finds its next requests and lends the batch its input.
    ///
    /// # Errors
    /// The next bytes are no request. Requests before them are answered first (and may change
    /// the limits), so the error is found again in a later round.
    pub(crate) fn find_requests(
        &mut self,
        batch: &mut Batch,
        options: &LoopOptions,
    ) -> Result<(), ProtocolError> {
        if !self.goes_on(options) {
            return Ok(());
        }
        let found = self.push_requests(batch, options)?;
        if found > 0 {
            batch.inputs.push((self.id, std::mem::take(&mut self.input)));
        }
        Ok(())
    }

    /// Adds the requests that are whole to the batch, as many as it may have in a round (P2), and
    /// returns how many these are.
    fn push_requests(&mut self, batch: &mut Batch, options: &LoopOptions) -> Result<usize, ProtocolError> {
        self.unparsed = false;
        let (mut at, mut found) = (self.executed, 0);
        while at < self.input.len() {
            if found == options.requests_per_round || batch.is_full() {
                self.unparsed = true;
                break;
            }
            match self.wire.parse(&self.input[at..], &self.limits, &mut batch.spans) {
                Ok(Some(len)) => {
                    batch.push(at..at + len);
                    at += len;
                    found += 1;
                }
                Ok(None) => break,
                Err(error) if found == 0 => return Err(error),
                Err(_) => {
                    self.look_again();
                    break;
                }
            }
        }
        Ok(found)
    }

    /// A request that was found is still to be executed: it is looked for once more.
    pub(crate) fn look_again(&mut self) {
        self.wire.rewind();
        self.unparsed = true;
    }

    /// What it did in this round is over; replies up to the `durable` round may leave.
    pub(crate) fn end_round(&mut self, durable: RoundId) {
        self.active = false;
        self.wrote = false;
        self.rests = false;
        self.output.release(durable);
        self.executed -= give_back(&mut self.input, self.executed);
    }

    /// Sends without asking whether the socket takes it: it nearly always does. Returns how many
    /// bytes went.
    pub(crate) fn send(&mut self, now: Now) -> io::Result<usize> {
        if self.phase == Phase::Ended || self.output.sendable().is_empty() {
            return Ok(0);
        }
        // The standard library sends with MSG_NOSIGNAL, and Rust programs start with SIGPIPE
        // ignored where there is no such flag: a peer that left is an error, not a signal.
        let count = match (&self.stream).write(self.output.sendable()) {
            Err(error) if is_temporary(&error) => return Ok(0),
            result => result?,
        };
        self.output.advance(count);
        self.bytes_out += count as u64;
        self.last_io_mono_ms = now.mono_ms;
        Ok(count)
    }

    /// The phase it has come to, if that is another. A peer that sends no more may still take
    /// replies, so a pipeline is answered to its end; but nobody knows whether a parked client is
    /// still there, so by default nothing is kept for it.
    pub(crate) fn next_phase(&self, options: &LoopOptions) -> Option<Phase> {
        let served = match self.parked_until_ms {
            Some(_) => !options.keep_half_closed,
            None => !self.unparsed,
        };
        match self.phase {
            Phase::Open if self.at_end && served => Some(Phase::Closing),
            Phase::Closing if self.output.pending() == 0 => Some(Phase::Lingering),
            Phase::Lingering if self.at_end => Some(Phase::Ended),
            _ => None,
        }
    }

    /// Whether it takes no more input (P4): it holds one largest request, and some ahead of it. A
    /// client with small requests (before authentication) gets little.
    fn is_full(&self, options: &LoopOptions) -> bool {
        let twice = self.limits.max_body_bytes.saturating_mul(2);
        let limit = options.input_bytes.min(twice.saturating_add(options.read_bytes_per_round));
        self.input.len() - self.executed >= limit
    }

    /// Whether it has something to do in the next round already.
    pub(crate) fn goes_on(&self, options: &LoopOptions) -> bool {
        self.unparsed && self.may_execute(options)
    }

    /// Waits for what it needs next. Most rounds change nothing, and ask the poller nothing.
    pub(crate) fn watch(&mut self, poller: &mut impl Poller, options: &LoopOptions) -> io::Result<()> {
        let readable = match self.phase {
            Phase::Open => !self.at_end && !self.is_full(options),
            Phase::Lingering => true,
            Phase::Closing | Phase::Ended => false,
        };
        let wanted = Interest { readable, writable: !self.output.sendable().is_empty() };
        if wanted == self.interest {
            return Ok(());
        }
        self.interest = wanted;
        poller.change(self.stream.as_raw_fd(), self.id.as_u64(), wanted)
    }

    /// Whether it has been quiet for too long: neither sent nor taken anything. Once it is on its way
    /// out only what it takes counts, and the time begins anew with each phase.
    pub(crate) fn is_overdue(&self, now: Now, options: &LoopOptions) -> bool {
        let blocked = self.output.pending() > options.soft_output_bytes;
        let patience = match self.phase {
            Phase::Open if blocked && self.is_full(options) => Some(options.stall_timeout),
            Phase::Open if self.parked_until_ms.is_some() => None,
            Phase::Open => options.idle_timeout,
            Phase::Closing => Some(options.stall_timeout),
            Phase::Lingering | Phase::Ended => Some(LINGER),
        };
        let quiet_ms = now.mono_ms.saturating_sub(self.last_io_mono_ms);
        patience.is_some_and(|patience| quiet_ms > millis(patience))
    }
}

/// Errors of a socket that say "later".
fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

//! What the loop knows of one connection, besides its input buffer.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use heapwood_sockets::RequestLimits;

use crate::clients::ClientId;
use crate::clock::{Now, millis};
use crate::options::LoopOptions;
use crate::output::Output;
use crate::poller::{Interest, Poller};
use crate::service::RoundId;

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

/// What a service may know of a client.
#[derive(Clone, Copy, Debug)]
pub struct ClientInfo {
    /// Where it connects from.
    pub addr: SocketAddr,
    /// When it connected.
    pub since_unix_ms: u64,
    /// How long it has neither sent nor taken anything.
    pub idle_ms: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Bytes of replies that wait to be sent.
    pub pending_output_bytes: usize,
    /// Whether a request of it is parked.
    pub parked: bool,
}

pub(crate) struct Connection<W> {
    pub(crate) id: ClientId,
    pub(crate) stream: TcpStream,
    pub(crate) addr: SocketAddr,
    pub(crate) since_unix_ms: u64,
    pub(crate) wire: W,
    pub(crate) limits: RequestLimits,
    pub(crate) phase: Phase,
    pub(crate) interest: Interest,
    pub(crate) output: Output,
    /// Where in the input its first request begins that was not executed.
    pub(crate) executed: usize,
    /// The input may hold a request that can be executed now.
    pub(crate) leftover: bool,
    /// The peer sends no more.
    pub(crate) at_end: bool,
    /// A request waits, perhaps until a deadline.
    pub(crate) parked: Option<Option<u64>>,
    /// It is in the list of those to parse.
    pub(crate) queued: bool,
    /// It is in the list of those to settle at the end of the round.
    pub(crate) touched: bool,
    /// It wrote in this round.
    pub(crate) wrote: bool,
    /// Its further requests wait for the next round.
    pub(crate) rests: bool,
    /// It is in the list of those whose replies wait for a commit.
    pub(crate) withheld: bool,
    pub(crate) last_read_mono_ms: u64,
    /// When the peer last took a byte.
    pub(crate) last_progress_mono_ms: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

impl<W: Default> Connection<W> {
    pub(crate) fn new(id: ClientId, stream: TcpStream, addr: SocketAddr, now: Now) -> Self {
        Self {
            id,
            stream,
            addr,
            since_unix_ms: now.unix_ms,
            wire: W::default(),
            limits: RequestLimits::default(),
            phase: Phase::Open,
            interest: Interest::READ,
            output: Output::default(),
            executed: 0,
            leftover: false,
            at_end: false,
            parked: None,
            queued: false,
            touched: false,
            wrote: false,
            rests: false,
            withheld: false,
            last_read_mono_ms: now.mono_ms,
            last_progress_mono_ms: now.mono_ms,
            bytes_in: 0,
            bytes_out: 0,
        }
    }
}

impl<W> Connection<W> {
    /// Whether its next request may be executed.
    pub(crate) fn may_execute(&self, options: &LoopOptions) -> bool {
        self.phase == Phase::Open
            && self.parked.is_none()
            && !self.rests
            && self.output.pending() <= options.soft_output_bytes
    }

    /// What it may send ahead: a client with small requests (before authentication) gets little.
    pub(crate) fn input_limit(&self, options: &LoopOptions) -> usize {
        let twice = self.limits.max_body_bytes.saturating_mul(2);
        options.input_bytes.min(twice.saturating_add(options.read_bytes_per_round))
    }

    /// What it did in this round is over; replies up to the durable round may leave.
    pub(crate) fn end_round(&mut self, (round, durable): (RoundId, RoundId)) {
        self.touched = false;
        self.wrote = false;
        self.rests = false;
        self.output.end_round(round, durable);
    }

    /// Writes without asking whether the socket takes it: it nearly always does.
    pub(crate) fn send(&mut self, now: Now) -> io::Result<()> {
        let bytes = self.output.sendable();
        if bytes.is_empty() {
            return Ok(());
        }
        // The standard library sends with MSG_NOSIGNAL, and Rust programs start with SIGPIPE
        // ignored where there is no such flag: a peer that left is an error, not a signal.
        match (&self.stream).write(bytes) {
            Ok(count) => {
                self.output.advance(count);
                self.bytes_out += count as u64;
                self.last_progress_mono_ms = now.mono_ms;
                Ok(())
            }
            Err(error) if is_temporary(error.kind()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Waits for what it needs next. Most rounds change nothing, and ask the poller nothing.
    pub(crate) fn watch(
        &mut self,
        waiting_input: usize,
        poller: &mut impl Poller,
        options: &LoopOptions,
    ) -> io::Result<()> {
        let wanted = self.wanted_interest(waiting_input, options);
        if wanted == self.interest {
            return Ok(());
        }
        self.interest = wanted;
        poller.change(self.stream.as_raw_fd(), self.id.as_u64(), wanted)
    }

    /// Whether it is closing and every reply has been sent.
    pub(crate) fn has_said_all(&self) -> bool {
        self.phase == Phase::Closing && self.output.pending() == 0
    }

    /// What to wait for, given how many bytes of input wait to be executed.
    fn wanted_interest(&self, waiting_input: usize, options: &LoopOptions) -> Interest {
        let readable = match self.phase {
            Phase::Open => !self.at_end && waiting_input < self.input_limit(options),
            Phase::Lingering => true,
            Phase::Closing | Phase::Ended => false,
        };
        Interest { readable, writable: !self.output.sendable().is_empty() }
    }

    /// Whether it has used up its patience. `full`: its input takes no more.
    pub(crate) fn is_overdue(&self, full: bool, now: Now, options: &LoopOptions) -> bool {
        let stalled_ms = now.mono_ms.saturating_sub(self.last_progress_mono_ms);
        let stalled = stalled_ms > millis(options.stall_timeout);
        match self.phase {
            Phase::Open => {
                let blocked = self.output.pending() > options.soft_output_bytes;
                (full && blocked && stalled) || self.is_idle(now, options)
            }
            Phase::Closing => stalled,
            Phase::Lingering => stalled_ms > millis(LINGER),
            Phase::Ended => false,
        }
    }

    fn is_idle(&self, now: Now, options: &LoopOptions) -> bool {
        options.idle_timeout.is_some_and(|idle| self.parked.is_none() && self.idle_ms(now) > millis(idle))
    }

    fn idle_ms(&self, now: Now) -> u64 {
        let last = self.last_read_mono_ms.max(self.last_progress_mono_ms);
        now.mono_ms.saturating_sub(last)
    }

    pub(crate) fn info(&self, now: Now) -> ClientInfo {
        ClientInfo {
            addr: self.addr,
            since_unix_ms: self.since_unix_ms,
            idle_ms: self.idle_ms(now),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            pending_output_bytes: self.output.pending(),
            parked: self.parked.is_some(),
        }
    }
}

/// Errors of a socket that say "later".
pub(crate) fn is_temporary(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

//! The guard: accepts connections, and lets nothing through but one complete request each.
//!
//! `tiny_http` has no time-outs, spends a thread on each connection, and believes what it is told. So it listens only
//! behind a private door, and what reaches it there is complete, bounded and unambiguous. The guard is a service of
//! stage 3's loop: a thousand idle connections cost a descriptor each and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use heapwood_poll_loop::{
    ClientId, ClientInfo, EventLoop, Housekeeping, LoopOptions, Outcome, PollPoller, Request, RequestLimits,
    Round, Service, SystemClock,
};
use heapwood_sockets::MAX_BODY_BYTES;

use crate::courier::Courier;
use crate::errors::ApiError;
use crate::limits::{GuardLimits, READ_BYTES, SLOWEST_READER_BYTES_PER_MS};
use crate::wire::HttpWire;

/// Decides about a request before the application sees it, by the client's address, which only the guard knows.
pub type Gate = Box<dyn FnMut(SocketAddr) -> Result<(), ApiError> + Send>;

/// What the loop drives.
pub(crate) struct Guard {
    limits: GuardLimits,
    gate: Gate,
    courier: Courier,
    visits: BTreeMap<ClientId, Visit>,
}

/// A connection with its one request.
///
/// - **B1, whole**: not a byte of a request goes inside before all of it is here.
/// - **B3, begun**: an error never follows the first byte of an answer; an answer that cannot go on is cut off.
struct Visit {
    /// When it has taken too long, but for the time that reading earns.
    deadline_ms: u64,
    /// The pieces of the answer, once the whole request has gone inside (B1).
    answer: Option<Receiver<Vec<u8>>>,
    /// A piece of the answer was sent: no error can take its place (B3).
    begun: bool,
}

/// What ends a visit before its answer does: an error, or nothing that could be said.
type Parting = Option<ApiError>;

type Turn<'a> = Round<'a, HttpWire>;

/// A guard on its loop, in front of what listens behind `door`.
pub(crate) fn guard(
    listener: TcpListener,
    limits: GuardLimits,
    gate: Gate,
    door: PathBuf,
) -> io::Result<EventLoop<Guard, PollPoller, SystemClock>> {
    let limits = GuardLimits { max_body_bytes: limits.max_body_bytes.min(MAX_BODY_BYTES), ..limits };
    let request_bytes = limits.max_head_bytes + limits.max_body_bytes;
    let options = LoopOptions {
        max_clients: limits.max_connections,
        refuse_when_full: false,
        keep_half_closed: true,
        request_limits: RequestLimits { max_body_bytes: request_bytes, max_arguments: 1 },
        input_bytes: request_bytes + READ_BYTES,
        read_bytes_per_round: READ_BYTES,
        ..LoopOptions::default()
    };
    let courier = Courier::new(door, limits.response_timeout);
    let guard = Guard { limits, gate, courier, visits: BTreeMap::new() };
    let mut turning =
        EventLoop::new(vec![listener], guard, PollPoller::new(), SystemClock::with_floor(0), options)?;
    turning.service.courier.waker = Some(turning.waker());
    Ok(turning)
}

impl Service for Guard {
    type Wire = HttpWire;

    fn connected(&mut self, round: &mut Turn<'_>, client: ClientId) {
        if let Some(wire) = round.wire(client) {
            wire.limits = self.limits;
        }
        let deadline_ms = after(round, self.limits.request_timeout);
        self.visits.insert(client, Visit { deadline_ms, answer: None, begun: false });
    }

    /// Drops the oldest connection that has not sent its request.
    fn crowded(&mut self, round: &mut Turn<'_>) {
        let arriving = self.visits.iter().filter(|(_, visit)| visit.answer.is_none());
        if let Some((oldest, _)) = arriving.min_by_key(|(_, visit)| visit.deadline_ms) {
            round.close(*oldest, true);
        }
    }

    /// A whole request (B1): it goes inside, or is refused. Either way the client is parked: a visit ends by being closed.
    fn call(&mut self, round: &mut Turn<'_>, request: Request<'_>) -> Outcome {
        let client = request.client();
        let (Some(info), Some(visit)) = (round.info(client), self.visits.get_mut(&client)) else {
            return Outcome::Close;
        };
        // Nothing that may follow is of use: the loop reads 16 KiB of it at most.
        round.set_request_limits(client, RequestLimits { max_body_bytes: 0, max_arguments: 0 });
        match (self.gate)(info.addr) {
            Err(error) => part(round, client, Some(error)),
            Ok(()) if self.courier.under_way() >= self.limits.max_in_flight => {
                part(round, client, busy("too many requests are being answered"));
            }
            Ok(()) => {
                visit.deadline_ms = after(round, self.limits.response_timeout);
                visit.answer = Some(self.courier.carry(request.arg(0).to_vec()));
            }
        }
        Outcome::Park { deadline_mono_ms: None }
    }

    fn gone(&mut self, _round: &mut Turn<'_>, client: ClientId) {
        self.visits.remove(&client);
    }

    /// Attends to every visit, once a round.
    fn housekeeping(&mut self, round: &mut Turn<'_>, _budget: Duration) -> Housekeeping {
        let (now, mut room) = (round.now(), self.limits.max_buffered_bytes);
        for (&client, visit) in &mut self.visits {
            match visit.attend(round, client, &self.limits, room) {
                Ok(held) => room = room.saturating_sub(held),
                Err(parting) => part(round, client, parting),
            }
        }
        let due = self.visits.values().map(|visit| visit.deadline_ms).filter(|due| *due > now.mono_ms).min();
        Housekeeping { more: false, due_unix_ms: due.map(|due| now.unix_ms + (due - now.mono_ms)) }
    }

    /// Requests under way are answered before the end; those that still arrive are not.
    fn is_finished(&mut self, round: &mut Turn<'_>) -> bool {
        for (client, _) in self.visits.iter().filter(|(_, visit)| visit.answer.is_none()) {
            round.close(*client, true);
        }
        self.visits.is_empty()
    }
}

impl Visit {
    /// Moves a visit on. `room` is what it may hold in bytes; returned is what it does hold.
    fn attend(
        &mut self,
        round: &mut Turn<'_>,
        client: ClientId,
        limits: &GuardLimits,
        room: usize,
    ) -> Result<usize, Parting> {
        let Some(info) = round.info(client) else {
            return Ok(0);
        };
        let earned_ms = info.bytes_out / SLOWEST_READER_BYTES_PER_MS;
        if round.now().mono_ms >= self.deadline_ms + earned_ms {
            return Err(self.too_late(&info));
        }
        let (received, waiting) = (info.bytes_in as usize, info.pending_output_bytes);
        let Some(answer) = &self.answer else {
            return still_arriving(round, client, received, room);
        };
        if waiting < limits.response_buffer_bytes.min(room).max(1) {
            let next = answer.try_recv();
            self.hand_on(round, client, next, waiting)?;
        }
        Ok(if self.begun { waiting } else { received })
    }

    /// Sends the next piece of the answer, and closes after the last.
    fn hand_on(
        &mut self,
        round: &mut Turn<'_>,
        client: ClientId,
        next: Result<Vec<u8>, TryRecvError>,
        waiting: usize,
    ) -> Result<(), Parting> {
        match next {
            Ok(piece) => {
                self.begun = true;
                say(round, client, |wire| wire.outbox = piece);
            }
            Err(TryRecvError::Disconnected) if !self.begun => {
                return Err(Some(ApiError::new(502, "NO_ANSWER", "the application did not answer")));
            }
            Err(TryRecvError::Disconnected) if waiting == 0 => round.close(client, false),
            Err(_) => {}
        }
        Ok(())
    }

    /// What to say when the time is over. B3: once the answer has begun, nothing.
    fn too_late(&self, info: &ClientInfo) -> Parting {
        match self.answer {
            None if info.bytes_in == 0 => None,
            None => Some(ApiError::new(408, "REQUEST_TIMEOUT", "the request did not arrive in time")),
            Some(_) if self.begun => None,
            Some(_) => Some(ApiError::new(504, "ANSWER_TIMEOUT", "the answer took too long")),
        }
    }
}

/// A request that is not whole yet: says `100 Continue` where the wire has put it, and how much has come.
fn still_arriving(
    round: &mut Turn<'_>,
    client: ClientId,
    received: usize,
    room: usize,
) -> Result<usize, Parting> {
    say(round, client, |_| {});
    if received > room { Err(busy("too many requests are arriving")) } else { Ok(received) }
}

/// Sends what is in the client's outbox, after `fill` has added to it.
fn say(round: &mut Turn<'_>, client: ClientId, fill: impl FnOnce(&mut HttpWire)) {
    if let Some(wire) = round.wire(client) {
        fill(wire);
        if !wire.outbox.is_empty() {
            round.reply(client, |_| {});
        }
    }
}

/// Ends a visit: with an error, which is sent first, or at once.
fn part(round: &mut Turn<'_>, client: ClientId, parting: Parting) {
    let at_once = parting.is_none();
    say(round, client, |wire| {
        parting.map(|error| wire.put_error(error));
    });
    round.close(client, at_once);
}

/// The deadline of something that may take until `timeout` from now.
fn after(round: &Turn<'_>, timeout: Duration) -> u64 {
    round.now().mono_ms + timeout.as_millis() as u64
}

fn busy(message: &str) -> Parting {
    Some(ApiError::new(503, "BUSY", message))
}

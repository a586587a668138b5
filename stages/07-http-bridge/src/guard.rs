//! The guard: accepts connections, and lets nothing through but one complete request each.
//!
//! `tiny_http` has no time-outs, spends a thread on each connection, and believes what it is told. So it listens only
//! behind a private door, and what reaches it there is complete, bounded and unambiguous. The guard is a service of
//! stage 3's loop: a thousand idle connections cost a descriptor each and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
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
    courier: Option<Courier>,
    visits: BTreeMap<ClientId, Visit>,
}

/// A connection with its one request.
struct Visit {
    /// When it has taken too long, but for the time that reading earns.
    deadline_ms: u64,
    step: Step,
}

enum Step {
    /// The request arrives. Not a byte of it goes further before it is complete.
    Arriving,
    /// It waits for a place inside.
    Waiting(Vec<u8>),
    /// The answer comes back in pieces.
    Inside { pieces: Receiver<Vec<u8>>, begun: bool },
}

/// How a visit ends before its answer does: with an error, or without a word.
type Parting = Option<ApiError>;

/// A guard on its loop, in front of what listens behind `door`.
pub(crate) fn guard(
    listener: TcpListener,
    mut limits: GuardLimits,
    gate: Gate,
    door: PathBuf,
) -> io::Result<EventLoop<Guard, PollPoller, SystemClock>> {
    limits.max_body_bytes = limits.max_body_bytes.min(MAX_BODY_BYTES);
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
    let guard = Guard { limits, gate, courier: None, visits: BTreeMap::new() };
    let mut turning = EventLoop::new(vec![listener], guard, PollPoller::new(), SystemClock::new(), options)?;
    let (waker, patience) = (turning.waker(), limits.response_timeout);
    turning.service_mut().courier = Some(Courier { door, waker, patience, tally: Arc::default() });
    Ok(turning)
}

impl Service for Guard {
    type Wire = HttpWire;

    fn connected(&mut self, round: &mut Round<'_, HttpWire>, client: ClientId) {
        if let Some(wire) = round.wire(client) {
            wire.limits = self.limits;
        }
        let deadline_ms = after(round, self.limits.request_timeout);
        self.visits.insert(client, Visit { deadline_ms, step: Step::Arriving });
    }

    /// Drops the oldest connection that has not sent its request.
    fn crowded(&mut self, round: &mut Round<'_, HttpWire>) {
        if let Some((client, _)) = self.oldest(|step| matches!(step, Step::Arriving)) {
            round.close(client, true);
        }
    }

    fn call(&mut self, round: &mut Round<'_, HttpWire>, request: Request<'_>) -> Outcome {
        let client = request.client();
        let (Some(info), Some(visit)) = (round.info(client), self.visits.get_mut(&client)) else {
            return Outcome::Close;
        };
        // Nothing that may follow is of use.
        round.set_request_limits(client, RequestLimits { max_body_bytes: 0, max_arguments: 0 });
        match (self.gate)(info.addr) {
            Ok(()) => {
                visit.deadline_ms = after(round, self.limits.response_timeout);
                visit.step = Step::Waiting(request.arg(0).to_vec());
            }
            Err(error) => part(round, client, Some(error)),
        }
        Outcome::Park { deadline_mono_ms: None }
    }

    fn gone(&mut self, _round: &mut Round<'_, HttpWire>, client: ClientId) {
        self.visits.remove(&client);
    }

    fn housekeeping(&mut self, round: &mut Round<'_, HttpWire>, _budget: Duration) -> Housekeeping {
        let now = round.now();
        let mut room = self.limits.max_buffered_bytes;
        for (&client, visit) in &mut self.visits {
            match visit.attend(round, client, &self.limits, room) {
                Ok(held) => room = room.saturating_sub(held),
                Err(parting) => part(round, client, parting),
            }
        }
        self.let_in();
        let due = self.visits.values().map(|visit| visit.deadline_ms).filter(|due| *due > now.mono_ms).min();
        Housekeeping { more: false, due_unix_ms: due.map(|due| now.unix_ms + (due - now.mono_ms)) }
    }

    fn is_finished(&mut self, round: &mut Round<'_, HttpWire>) -> bool {
        for (client, visit) in &self.visits {
            if matches!(visit.step, Step::Arriving) {
                round.close(*client, true);
            }
        }
        self.visits.is_empty()
    }
}

impl Guard {
    /// Lets waiting requests in, oldest first, while there are places inside.
    fn let_in(&mut self) {
        let Some(courier) = self.courier.take() else {
            return;
        };
        while courier.under_way() < self.limits.max_in_flight
            && let Some((_, visit)) = self.oldest(|step| matches!(step, Step::Waiting(_)))
            && let Step::Waiting(request) = &mut visit.step
        {
            let pieces = courier.carry(mem::take(request));
            visit.step = Step::Inside { pieces, begun: false };
        }
        self.courier = Some(courier);
    }

    /// The oldest of those at a step: all of them were given the same time.
    fn oldest(&mut self, at: impl Fn(&Step) -> bool) -> Option<(ClientId, &mut Visit)> {
        let visits = self.visits.iter_mut().filter(|(_, visit)| at(&visit.step));
        visits.min_by_key(|(_, visit)| visit.deadline_ms).map(|(client, visit)| (*client, visit))
    }
}

impl Visit {
    /// Moves a visit on. `room` is what it may hold in bytes; returned is what it does hold.
    fn attend(
        &mut self,
        round: &mut Round<'_, HttpWire>,
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
        match &mut self.step {
            Step::Arriving if info.bytes_in as usize > room => {
                return Err(busy("too many requests are being received"));
            }
            Step::Arriving => {
                if round.wire(client).is_some_and(|wire| !wire.outbox.is_empty()) {
                    round.reply(client, |_| {});
                }
            }
            Step::Waiting(_) => {}
            Step::Inside { pieces, begun } => {
                let waiting = info.pending_output_bytes;
                if waiting < limits.response_buffer_bytes.min(room).max(1) {
                    match pieces.try_recv() {
                        Ok(piece) => {
                            *begun = true;
                            say(round, client, piece);
                        }
                        Err(TryRecvError::Disconnected) if !*begun => return Err(no_answer()),
                        Err(TryRecvError::Disconnected) if waiting == 0 => round.close(client, false),
                        Err(_) => {}
                    }
                }
                if *begun {
                    return Ok(waiting);
                }
            }
        }
        Ok(info.bytes_in as usize)
    }

    /// Its time is over: what to say where somebody still listens.
    fn too_late(&self, info: &ClientInfo) -> Parting {
        match self.step {
            Step::Arriving if info.bytes_in > 0 => {
                Some(ApiError::new(408, "REQUEST_TIMEOUT", "the request did not arrive in time"))
            }
            Step::Waiting(_) => busy("too many requests are waiting"),
            Step::Inside { begun: false, .. } => {
                Some(ApiError::new(504, "ANSWER_TIMEOUT", "the answer took too long"))
            }
            _ => None,
        }
    }
}

fn say(round: &mut Round<'_, HttpWire>, client: ClientId, bytes: Vec<u8>) {
    if let Some(wire) = round.wire(client) {
        wire.outbox = bytes;
        round.reply(client, |_| {});
    }
}

fn part(round: &mut Round<'_, HttpWire>, client: ClientId, parting: Parting) {
    let at_once = parting.is_none();
    if let (Some(error), Some(wire)) = (parting, round.wire(client)) {
        wire.refuse(error);
        round.reply(client, |_| {});
    }
    round.close(client, at_once);
}

fn after(round: &Round<'_, HttpWire>, timeout: Duration) -> u64 {
    round.now().mono_ms + timeout.as_millis() as u64
}

fn busy(message: &str) -> Parting {
    Some(ApiError::new(503, "BUSY", message))
}

fn no_answer() -> Parting {
    Some(ApiError::new(502, "NO_ANSWER", "the application closed without an answer"))
}

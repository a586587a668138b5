//! The guard: accepts connections, and lets nothing through but one complete request each.
//!
//! `tiny_http` has no time-outs, spends a thread on each connection, and believes what it is told. So it listens only
//! on a private socket, and what reaches it there is complete, bounded and unambiguous. One thread and one poll loop
//! hold all connections; a thousand idle ones cost a descriptor each and nothing else.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, RawFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use heapwood_poll_loop::{Event, Interest, Poller, WakeReader};

use crate::errors::ApiError;
use crate::limits::GuardLimits;
use crate::relay::{Phase, READ_BYTES, Relay, Side, Step};

const LISTENER: u64 = 0;
const WAKER: u64 = 1;
/// The first token of connections: slot `n` has `2n` for its client and `2n + 1` for its inner side, after this.
const FIRST: u64 = 2;

/// Connections accepted in a turn: a storm of new ones must not delay those already there.
const ACCEPTS_PER_TURN: usize = 64;
/// How long new connections wait in the listener's queue when no place or descriptor is free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long requests under way have to finish when the guard stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Decides about a request before the application sees it. It runs in the guard because only the guard knows the
/// client's address: behind it every request comes from a private socket.
pub trait Gate: Send {
    /// Called once for each request, when its head is complete.
    ///
    /// # Errors
    /// The refusal that the client gets to read.
    fn admit(&mut self, peer: SocketAddr, now: Instant) -> Result<(), ApiError>;
}

/// A gate that is always open.
pub struct OpenGate;

impl Gate for OpenGate {
    fn admit(&mut self, _peer: SocketAddr, _now: Instant) -> Result<(), ApiError> {
        Ok(())
    }
}

struct Slot {
    relay: Relay,
    /// What the poller was told about client and inner side; none when it does not watch that side.
    watched: [Option<Interest>; 2],
    /// Tells this connection from earlier ones in the same slot.
    serial: u64,
    queued: bool,
}

/// What the guard stands before.
pub(crate) struct Inside {
    /// Where the application listens.
    pub(crate) path: PathBuf,
    /// Set when it cannot be reached there.
    pub(crate) unreachable: Arc<AtomicBool>,
}

/// The guard's loop.
pub(crate) struct Guard<P: Poller> {
    listener: Option<TcpListener>,
    poller: P,
    limits: GuardLimits,
    gate: Box<dyn Gate>,
    inside: Inside,
    wake: WakeReader,
    slots: Vec<Option<Slot>>,
    waiting: VecDeque<(usize, u64)>,
    in_flight: usize,
    open: usize,
    buffered: usize,
    next_serial: u64,
    accept_again: Option<Instant>,
    scratch: Vec<u8>,
}

impl<P: Poller> Guard<P> {
    pub(crate) fn new(
        listener: TcpListener,
        mut poller: P,
        limits: GuardLimits,
        gate: Box<dyn Gate>,
        inside: Inside,
        wake: WakeReader,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        poller.add(listener.as_raw_fd(), LISTENER, Interest::READ)?;
        poller.add(wake.fd(), WAKER, Interest::READ)?;
        Ok(Self {
            listener: Some(listener),
            poller,
            limits,
            gate,
            inside,
            wake,
            slots: Vec::new(),
            waiting: VecDeque::new(),
            in_flight: 0,
            open: 0,
            buffered: 0,
            next_serial: 0,
            accept_again: None,
            scratch: vec![0; READ_BYTES],
        })
    }

    /// Serves until the waker says stop, and then until nothing is under way.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Vec::new();
        let mut now = Instant::now();
        let mut stop_at = None;
        while self.listener.is_some() || (self.open > 0 && stop_at.is_some_and(|at| now < at)) {
            events.clear();
            let due = self.deadlines().chain(self.accept_again).chain(stop_at).min();
            let timeout = due.map(|due| due.saturating_duration_since(now));
            self.poller.wait(timeout, &mut events)?;
            now = Instant::now();
            self.turn(now, &events)?;
            if events.iter().any(|e| e.token == WAKER) && self.wake.drain() {
                self.stop_accepting()?;
                stop_at = Some(now + SHUTDOWN_GRACE);
            }
        }
        Ok(())
    }

    fn turn(&mut self, now: Instant, events: &[Event]) -> io::Result<()> {
        for event in events.iter().filter(|e| e.token >= FIRST) {
            let place = event.token - FIRST;
            let side = [Side::Client, Side::Inner][(place % 2) as usize];
            self.with_relay((place / 2) as usize, now, |relay, step| relay.step(side, event, step))?;
        }
        self.expire(now)?;
        self.hand_over(now)?;
        // Last: a new connection must not meet an event that was meant for the one before it in its slot.
        if events.iter().any(|e| e.token == LISTENER) {
            self.accept(now)?;
        }
        self.accept_after_pause(now)
    }

    /// Lets one connection act, and then brings poller, counts and queue in line with what it has become.
    fn with_relay(
        &mut self,
        index: usize,
        now: Instant,
        act: impl FnOnce(&mut Relay, &mut Step<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return Ok(());
        };
        self.buffered -= slot.relay.buffered();
        let mut step = Step {
            now,
            limits: &self.limits,
            gate: self.gate.as_mut(),
            scratch: &mut self.scratch,
            room: self.limits.max_buffered_bytes.saturating_sub(self.buffered),
        };
        if act(&mut slot.relay, &mut step).is_err() {
            slot.relay.phase = Phase::Closed;
        }
        self.buffered += slot.relay.buffered();
        self.settle(index)
    }

    fn settle(&mut self, index: usize) -> io::Result<()> {
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return Ok(());
        };
        let token = FIRST + 2 * index as u64;
        let relay = &mut slot.relay;
        let inner_fd = relay.inner.as_ref().map(AsRawFd::as_raw_fd);
        if let (Some(fd), true) = (inner_fd, relay.is_done_inside()) {
            watch(&mut self.poller, fd, token + 1, &mut slot.watched[1], None)?;
            relay.inner = None;
            self.in_flight -= 1;
        } else if let Some(fd) = inner_fd {
            // With nothing to do it is not watched at all: an end that nobody reads yet would be reported for ever.
            let room = self.limits.max_buffered_bytes.saturating_sub(self.buffered);
            let wish = relay.inner_interest(&self.limits, room);
            let wish = Some(wish).filter(|w| w.readable || w.writable);
            watch(&mut self.poller, fd, token + 1, &mut slot.watched[1], wish)?;
        }
        let open = relay.phase != Phase::Closed;
        let wish = open.then(|| relay.client_interest());
        watch(&mut self.poller, relay.client.as_raw_fd(), token, &mut slot.watched[0], wish)?;
        if relay.phase == Phase::Waiting && !slot.queued {
            slot.queued = true;
            self.waiting.push_back((index, slot.serial));
        }
        if !open {
            self.buffered -= relay.buffered();
            self.slots[index] = None;
            self.open -= 1;
        }
        Ok(())
    }

    /// Lets waiting requests in, oldest first, while there are places inside.
    fn hand_over(&mut self, now: Instant) -> io::Result<()> {
        while self.in_flight < self.limits.max_in_flight {
            let Some((index, serial)) = self.waiting.pop_front() else {
                break;
            };
            let slot = self.slots.get(index).and_then(Option::as_ref);
            if !slot.is_some_and(|s| s.serial == serial && s.relay.phase == Phase::Waiting) {
                continue;
            }
            let (path, unreachable) = (self.inside.path.clone(), Arc::clone(&self.inside.unreachable));
            let mut entered = false;
            // Counted first: settling takes the count back when the client turns out to be gone.
            self.in_flight += 1;
            self.with_relay(index, now, |relay, step| {
                if relay.hand_over(&path).is_err() {
                    unreachable.store(true, Ordering::Release);
                    let error = ApiError::new(503, "UNAVAILABLE", "the application is starting again");
                    relay.refuse(error, step.now, step.limits);
                }
                entered = relay.inner.is_some();
                relay.write_client(step.now, step.limits)
            })?;
            self.in_flight -= usize::from(!entered);
        }
        Ok(())
    }

    /// Takes new connections in. When all places are taken the oldest idle one makes room, or the new ones wait.
    fn accept(&mut self, now: Instant) -> io::Result<()> {
        for accepted in 0..ACCEPTS_PER_TURN {
            let Some(listener) = &self.listener else {
                return Ok(());
            };
            if self.open >= self.limits.max_connections {
                // Only the first is known to be there; room is made for one that is.
                let room = accepted == 0 && self.make_room(now)?;
                if !room {
                    return self.pause_accepting(now);
                }
                continue;
            }
            match listener.accept() {
                Ok((client, peer)) => {
                    if client.set_nonblocking(true).and_then(|()| client.set_nodelay(true)).is_ok() {
                        self.admit(Relay::new(client, peer, now, &self.limits))?;
                    }
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                // No descriptor is free.
                Err(_) => return self.pause_accepting(now),
            }
        }
        Ok(())
    }

    /// The listener stays readable, so it must not be asked again at once.
    fn pause_accepting(&mut self, now: Instant) -> io::Result<()> {
        if let Some(listener) = &self.listener {
            self.accept_again = Some(now + ACCEPT_PAUSE);
            self.poller.change(listener.as_raw_fd(), LISTENER, Interest::NONE)?;
        }
        Ok(())
    }

    fn accept_after_pause(&mut self, now: Instant) -> io::Result<()> {
        if self.accept_again.is_some_and(|at| at <= now) {
            self.accept_again = None;
            if let Some(listener) = &self.listener {
                self.poller.change(listener.as_raw_fd(), LISTENER, Interest::READ)?;
            }
        }
        Ok(())
    }

    fn admit(&mut self, relay: Relay) -> io::Result<()> {
        let index = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        if index == self.slots.len() {
            self.slots.push(None);
        }
        self.next_serial += 1;
        self.slots[index] = Some(Slot { relay, watched: [None; 2], serial: self.next_serial, queued: false });
        self.open += 1;
        self.settle(index)
    }

    /// Drops the oldest connection that nobody would miss. False when there is none.
    fn make_room(&mut self, now: Instant) -> io::Result<bool> {
        let oldest = self.relays().filter(|(_, r)| r.is_idle()).min_by_key(|(_, r)| r.accepted);
        let Some((index, _)) = oldest else {
            return Ok(false);
        };
        self.with_relay(index, now, |_, _| Err(ErrorKind::ConnectionAborted.into()))?;
        Ok(true)
    }

    fn expire(&mut self, now: Instant) -> io::Result<()> {
        if self.deadlines().all(|deadline| deadline > now) {
            return Ok(());
        }
        let due: Vec<usize> = self.relays().filter(|(_, r)| r.deadline <= now).map(|(i, _)| i).collect();
        for index in due {
            self.with_relay(index, now, |relay, step| {
                relay.expire(step.now, step.limits);
                relay.write_client(step.now, step.limits)
            })?;
        }
        Ok(())
    }

    /// Begins to end: no new connections, and none that has not sent a whole request.
    fn stop_accepting(&mut self) -> io::Result<()> {
        if let Some(listener) = self.listener.take() {
            self.poller.remove(listener.as_raw_fd())?;
            self.poller.remove(self.wake.fd())?;
        }
        let unfinished = self.relays().filter(|(_, r)| r.phase == Phase::Request);
        for index in unfinished.map(|(i, _)| i).collect::<Vec<_>>() {
            self.with_relay(index, Instant::now(), |_, _| Err(ErrorKind::ConnectionAborted.into()))?;
        }
        Ok(())
    }

    fn relays(&self) -> impl Iterator<Item = (usize, &Relay)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(i, slot)| slot.as_ref().map(|s| (i, &s.relay)))
    }

    fn deadlines(&self) -> impl Iterator<Item = Instant> {
        self.relays().map(|(_, relay)| relay.deadline)
    }
}

/// Tells the poller what changed, and nothing when nothing did.
fn watch(
    poller: &mut impl Poller,
    fd: RawFd,
    token: u64,
    watched: &mut Option<Interest>,
    wish: Option<Interest>,
) -> io::Result<()> {
    match (*watched, wish) {
        (None, None) => {}
        (None, Some(interest)) => poller.add(fd, token, interest)?,
        (Some(_), None) => poller.remove(fd)?,
        (Some(before), Some(interest)) if before == interest => {}
        (Some(_), Some(interest)) => poller.change(fd, token, interest)?,
    }
    *watched = wish;
    Ok(())
}

//! The round: wait, read, parse, warm, execute, commit, write, keep house.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::time::Duration;

use crate::accept;
use crate::clients::{ClientId, Clients, Counters};
use crate::clock::Clock;
use crate::connection::Phase;
use crate::options::LoopOptions;
use crate::poller::{Event, Interest, Poller};
use crate::request::{Batch, Request};
use crate::round::Round;
use crate::service::{Housekeeping, Outcome, RoundId, Service};
use crate::sys;
use crate::waker::{WakeReader, Waker};
use crate::wire::Wire;

/// The longest wait: a wall clock that was moved is noticed after this, and so are clients that are
/// idle or stalled, for whom no other wait ends.
const MAX_WAIT_MS: u64 = 1_000;
/// How often all clients are looked at for those that are idle or stalled.
const SWEEP_INTERVAL_MS: u64 = 1_000;
/// Requests that are warmed together. Enough for several batches of searches side by side; few
/// enough that what they brought into the cache is still there when the last is executed.
const WARM_REQUESTS: usize = 256;
/// Descriptors that are not for clients: listeners, the log, what else the process opens.
const RESERVED_DESCRIPTORS: u64 = 64;
/// Tokens that are no client's, since descriptors are smaller.
const WAKE_TOKEN: u64 = u64::MAX;
pub(crate) const LISTEN_TOKEN: u64 = u64::MAX - 1;

/// One thread that serves thousands of clients, in rounds. What holds in each of them:
///
/// - **P1, one wait**: the loop waits in its poller and nowhere else; none of its sockets blocks.
/// - **P2, a turn each**: a round reads once from a client, and executes some of its requests, in their order.
/// - **P3, commit first**: no reply leaves before the round that wrote it is durable.
/// - **P4, bounded**: what a client makes the server keep for it, input and output, has limits.
/// - **P5, gone once**: the service hears of each client that leaves, once, before it executes anything more.
pub struct EventLoop<S: Service, P: Poller, C: Clock> {
    /// What answers the requests.
    pub service: S,
    pub(crate) poller: P,
    pub(crate) clock: C,
    pub(crate) options: LoopOptions,
    pub(crate) listeners: Vec<TcpListener>,
    /// No descriptor or no place is free: connections wait in the listeners' queues, until then.
    pub(crate) accept_again_mono_ms: Option<u64>,
    pub(crate) warned_of_pause: bool,
    wake: WakeReader,
    pub(crate) clients: Clients<S::Wire>,
    events: Vec<Event>,
    /// Where every read goes first: one large buffer for all clients.
    scratch: Vec<u8>,
    batch: Batch,
    pub(crate) durable: RoundId,
    housekeeping: Housekeeping,
    next_sweep_mono_ms: u64,
}

impl<S: Service, P: Poller, C: Clock> EventLoop<S, P, C> {
    /// A loop that accepts from `listeners`. Raises RLIMIT_NOFILE as far as it can for the clients
    /// that `options` asks for; without it fewer are served at a time, and the others wait.
    ///
    /// # Errors
    /// The system refuses a pipe, or the poller a descriptor.
    pub fn new(
        listeners: Vec<TcpListener>,
        service: S,
        mut poller: P,
        mut clock: C,
        options: LoopOptions,
    ) -> io::Result<Self> {
        sys::raise_open_files(options.max_clients as u64 + RESERVED_DESCRIPTORS);
        let wake = WakeReader::new()?;
        poller.add(wake.fd(), WAKE_TOKEN, Interest::READ)?;
        for listener in &listeners {
            accept::prepare(listener)?;
            poller.add(listener.as_raw_fd(), LISTEN_TOKEN, Interest::READ)?;
        }
        Ok(Self {
            service,
            poller,
            listeners,
            accept_again_mono_ms: None,
            warned_of_pause: false,
            wake,
            clients: Clients::new(options.hard_output_bytes, clock.now()),
            clock,
            events: Vec::new(),
            scratch: vec![0; options.read_bytes_per_round.max(1)],
            options,
            batch: Batch::default(),
            durable: RoundId(0),
            housekeeping: Housekeeping::default(),
            next_sweep_mono_ms: 0,
        })
    }

    /// Where the first listener listens.
    ///
    /// # Errors
    /// There is none, or the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let first = self.listeners.first();
        first.map_or_else(|| Err(io::ErrorKind::NotConnected.into()), TcpListener::local_addr)
    }

    /// What wakes and stops this loop from elsewhere.
    pub fn waker(&self) -> Waker {
        self.wake.waker().clone()
    }

    /// What the loop has counted.
    pub fn counters(&self) -> Counters {
        self.clients.counters
    }

    /// One round. Waits if there is nothing to do, and nowhere but in its first step (P1).
    ///
    /// # Errors
    /// The poller failed.
    pub fn turn(&mut self) -> io::Result<()> {
        self.wait(self.patience())?;
        self.dispatch();
        self.time_out();
        self.collect();
        self.execute();
        self.commit();
        self.settle();
        self.say_who_left();
        self.keep_house();
        Ok(())
    }

    /// How long this round may wait for sockets.
    fn patience(&self) -> Duration {
        if self.housekeeping.more || !self.clients.active.is_empty() {
            return Duration::ZERO;
        }
        let now = self.clients.now;
        let deadline = self.clients.deadlines.first().map(|(deadline_ms, _)| *deadline_ms);
        let due_in_ms = [
            deadline.map(|deadline_ms| deadline_ms.saturating_sub(now.mono_ms)),
            self.accept_again_mono_ms.map(|again_ms| again_ms.saturating_sub(now.mono_ms)),
            self.housekeeping.due_unix_ms.map(|due_ms| due_ms.saturating_sub(now.unix_ms)),
        ];
        Duration::from_millis(due_in_ms.into_iter().flatten().fold(MAX_WAIT_MS, u64::min))
    }

    pub(crate) fn wait(&mut self, patience: Duration) -> io::Result<()> {
        self.events.clear();
        self.poller.wait(Some(patience), &mut self.events)?;
        self.clients.now = self.clock.now();
        self.clients.counters.rounds += 1;
        Ok(())
    }

    /// Reads what arrived. Writing is left to the end of the round, when there may be more.
    pub(crate) fn dispatch(&mut self) {
        self.resume_accepting();
        for index in 0..self.events.len() {
            let event = self.events[index];
            match event.token {
                WAKE_TOKEN => self.clients.stop |= self.wake.drain(),
                LISTEN_TOKEN => self.accept(),
                client => self.client_is_ready(ClientId(client), event),
            }
        }
    }

    fn client_is_ready(&mut self, client: ClientId, event: Event) {
        let now = self.clients.now;
        let Some(connection) = self.clients.touch(client) else {
            return;
        };
        // What arrived before a connection broke is read before the break is.
        if connection.interest.readable && (event.readable || event.hung_up) {
            match connection.read(&mut self.scratch, now) {
                Ok(0) => self.advance(client),
                Ok(count) => self.clients.counters.bytes_in += count as u64,
                Err(_) => self.clients.leave(client, Phase::Ended),
            }
        } else if event.hung_up {
            self.clients.leave(client, Phase::Ended);
        }
    }

    /// Parked clients whose time has come; and once a second, those that are idle or stalled.
    fn time_out(&mut self) {
        let now = self.clients.now;
        while let Some(&(deadline_ms, client)) = self.clients.deadlines.first()
            && deadline_ms <= now.mono_ms
        {
            self.service.timed_out(&mut Round { clients: &mut self.clients }, client);
            self.clients.unpark(client);
        }
        if self.next_sweep_mono_ms <= now.mono_ms {
            self.next_sweep_mono_ms = now.mono_ms + SWEEP_INTERVAL_MS;
            let overdue = self.clients.iter().filter(|connection| connection.is_overdue(now, &self.options));
            for client in overdue.map(|connection| connection.id).collect::<Vec<_>>() {
                self.clients.counters.dropped += 1;
                self.clients.leave(client, Phase::Ended);
            }
        }
    }

    /// Finds the requests of this round, of each client some (P2).
    fn collect(&mut self) {
        self.batch.clear();
        let mut visited = 0;
        while visited < self.clients.active.len() && !self.batch.is_full() {
            let client = self.clients.active[visited];
            visited += 1;
            if let Some(connection) = self.clients.get_mut(client)
                && let Err(error) = connection.find_requests(&mut self.batch, &self.options)
            {
                connection.wire.refuse(&mut connection.output.bytes, &error);
                self.clients.counters.protocol_errors += 1;
                self.clients.leave(client, Phase::Closing);
            }
        }
        // Those that did not fit into this round come first in the next.
        self.clients.active.rotate_left(visited);
    }

    /// Executes them in order, and gives the inputs back that they were borrowed from.
    fn execute(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        for requests in batch.requests().windows(WARM_REQUESTS) {
            self.service.warm(&requests);
            for request in requests.iter() {
                self.say_who_left();
                self.call(request);
            }
        }
        for (client, input) in batch.inputs.drain(..) {
            if let Some(connection) = self.clients.get_mut(client) {
                connection.input = input;
            }
        }
        self.batch = batch;
    }

    /// Executes a request, unless one before it made its client wait: then it stays in the input.
    #[inline]
    fn call(&mut self, request: Request<'_>) {
        let client = request.client();
        let Some(connection) = self.clients.get_mut(client) else {
            return;
        };
        if !connection.may_execute(&self.options) {
            return connection.look_again();
        }
        connection.executed += request.bytes.len();
        match self.service.call(&mut Round { clients: &mut self.clients }, request) {
            Outcome::Done => {}
            Outcome::Park { deadline_mono_ms } => {
                self.clients.park(client, deadline_mono_ms);
                self.advance(client);
            }
            Outcome::Close => self.clients.leave(client, Phase::Closing),
        }
    }

    /// Tells the service who is no longer open, before it could serve them (P5).
    #[inline]
    pub(crate) fn say_who_left(&mut self) {
        while let Some(client) = self.clients.leaving.pop() {
            self.service.gone(&mut Round { clients: &mut self.clients }, client);
        }
    }

    /// Makes the round durable, or begins to (P3). If that fails, its writers learn nothing: for them
    /// it is as if the server had crashed. What is done from here on is the next round's.
    pub(crate) fn commit(&mut self) {
        let result = self.service.commit(self.clients.round, self.clients.now);
        self.durable = self.service.durable();
        if let Err(failed) = result {
            (self.options.warn)(&format!("the round was not committed: {}", failed.reason));
            for index in 0..self.clients.active.len() {
                let client = self.clients.active[index];
                if let Some(writer) = self.clients.get_mut(client).filter(|connection| connection.wrote) {
                    writer.output.discard_round();
                    self.clients.leave(client, Phase::Closing);
                }
            }
        }
        self.clients.round.0 += 1;
    }

    /// Ends the round for every client that had a part in it, or waits for a commit.
    pub(crate) fn settle(&mut self) {
        for client in std::mem::take(&mut self.clients.withheld) {
            self.clients.touch(client);
        }
        let settled = self.clients.active.len();
        for index in 0..settled {
            self.settle_client(self.clients.active[index]);
        }
        // Behind them are now those that have something to do in the next round already.
        self.clients.active.drain(..settled);
    }

    /// Sends a client what may leave, and decides what to wait for.
    fn settle_client(&mut self, client: ClientId) {
        let now = self.clients.now;
        let Some(connection) = self.clients.get_mut(client) else {
            return;
        };
        connection.end_round(self.durable);
        match connection.send(now) {
            Ok(count) => self.clients.counters.bytes_out += count as u64,
            Err(_) => self.clients.leave(client, Phase::Ended),
        }
        self.advance(client);
        let Some(connection) = self.clients.get_mut(client).filter(|it| it.phase < Phase::Ended) else {
            return self.close(client);
        };
        let (withheld, goes_on) = (connection.output.is_withheld(), connection.goes_on(&self.options));
        if connection.watch(&mut self.poller, &self.options).is_err() {
            self.clients.leave(client, Phase::Ended);
        }
        if withheld {
            self.clients.withheld.push(client);
        }
        if goes_on {
            self.clients.touch(client);
        }
    }

    /// Moves a client as far towards its end as it has come.
    fn advance(&mut self, client: ClientId) {
        let options = &self.options;
        while let Some(next) = self.clients.get(client).and_then(|connection| connection.next_phase(options))
        {
            self.clients.leave(client, next);
        }
    }

    fn close(&mut self, client: ClientId) {
        if let Some(connection) = self.clients.remove(client) {
            // Closing the descriptor, which follows, ends the watch in any case.
            let _ = self.poller.remove(connection.stream.as_raw_fd());
            // One is free now: no need to wait any longer.
            self.accept_again_mono_ms = self.accept_again_mono_ms.map(|_| self.clients.now.mono_ms);
        }
    }

    /// Work that no client waits for. It belongs to the next round, which commits it.
    fn keep_house(&mut self) {
        let budget = self.options.housekeeping_budget;
        self.housekeeping = self.service.housekeeping(&mut Round { clients: &mut self.clients }, budget);
    }
}

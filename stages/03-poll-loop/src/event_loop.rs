//! The round: wait, read, parse, warm, execute, commit, write, keep house.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use crate::accept::Accepting;
use crate::clients::{Clients, Counters};
use crate::clock::{Clock, Now, millis};
use crate::connection::Phase;
use crate::options::LoopOptions;
use crate::poller::{Event, Interest, Poller};
use crate::request::Batch;
use crate::round::Round;
use crate::service::{Housekeeping, RoundId, Service};
use crate::waker::{WakeReader, Waker};

/// The longest wait: a wall clock that was moved is noticed after this.
const MAX_WAIT_MS: u64 = 1_000;
/// How often all clients are looked at for those that are idle or stalled.
const SWEEP_INTERVAL_MS: u64 = 1_000;
/// Tokens from here on are no clients: the wake pipe, and counting down, the listeners.
pub(crate) const WAKE_TOKEN: u64 = u64::MAX;

/// One thread that serves thousands of clients.
pub struct EventLoop<S: Service, P: Poller, C: Clock> {
    pub(crate) service: S,
    pub(crate) poller: P,
    pub(crate) clock: C,
    pub(crate) listeners: Vec<TcpListener>,
    pub(crate) accepting: Accepting,
    wake: WakeReader,
    pub(crate) clients: Clients<S::Wire>,
    /// The input of each slot. Apart from the clients, so that requests can be borrowed from here
    /// while replies are written there.
    pub(crate) inputs: Vec<Vec<u8>>,
    pub(crate) batch: Batch,
    pub(crate) events: Vec<Event>,
    /// Where every read goes first: one large buffer for all clients.
    pub(crate) scratch: Box<[u8]>,
    pub(crate) round: RoundId,
    pub(crate) now: Now,
    pub(crate) durable: RoundId,
    housekeeping: Housekeeping,
    next_sweep_mono_ms: u64,
}

impl<S: Service, P: Poller, C: Clock> EventLoop<S, P, C> {
    /// A loop that accepts from `listeners`. Raises RLIMIT_NOFILE for the clients that `options`
    /// asks for, or warns and serves fewer.
    ///
    /// # Errors
    /// The system refuses a pipe, or the poller a descriptor.
    pub fn new(
        listeners: Vec<TcpListener>,
        service: S,
        poller: P,
        mut clock: C,
        mut options: LoopOptions,
    ) -> io::Result<Self> {
        options.fit_open_files();
        let scratch = vec![0; options.read_bytes_per_round.max(1)].into_boxed_slice();
        let now = clock.now();
        let mut this = Self {
            service,
            poller,
            clock,
            listeners,
            accepting: Accepting::default(),
            wake: WakeReader::new()?,
            clients: Clients::new(options),
            inputs: Vec::new(),
            batch: Batch::default(),
            events: Vec::new(),
            scratch,
            round: RoundId(1),
            now,
            durable: RoundId(0),
            housekeeping: Housekeeping::default(),
            next_sweep_mono_ms: 0,
        };
        this.poller.add(this.wake.fd(), WAKE_TOKEN, Interest::READ)?;
        this.watch_listeners()?;
        Ok(this)
    }

    /// Where the first listener listens.
    ///
    /// # Errors
    /// There is none, or the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match self.listeners.first() {
            Some(listener) => listener.local_addr(),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// What wakes and stops this loop from elsewhere.
    pub fn waker(&self) -> Waker {
        self.wake.waker().clone()
    }

    /// The service.
    pub fn service(&self) -> &S {
        &self.service
    }

    /// The service, for changes between rounds.
    pub fn service_mut(&mut self) -> &mut S {
        &mut self.service
    }

    /// What the loop has counted.
    pub fn counters(&self) -> Counters {
        self.clients.counters
    }

    /// Runs rounds until it is asked to stop, then stops in order.
    ///
    /// # Errors
    /// The poller failed, or the service could not shut down.
    pub fn run(mut self) -> io::Result<S> {
        while !self.clients.stop {
            self.turn()?;
        }
        self.close_listeners();
        let grace_ms = millis(self.clients.options.shutdown_grace);
        let until_ms = self.now.mono_ms.saturating_add(grace_ms);
        while !self.is_finished() && self.now.mono_ms < until_ms {
            self.turn()?;
        }
        self.stop()
    }

    fn is_finished(&mut self) -> bool {
        self.service.is_finished(&mut Round::new(&mut self.clients, self.round, self.now))
    }

    /// One round. Waits if there is nothing to do.
    ///
    /// # Errors
    /// The poller failed.
    pub fn turn(&mut self) -> io::Result<()> {
        self.wait(self.patience())?;
        self.dispatch();
        self.time_out_parked();
        self.sweep();
        self.say_who_left();
        self.collect();
        self.execute();
        self.say_who_left();
        self.commit();
        self.settle();
        self.keep_house();
        Ok(())
    }

    /// How long this round may wait for sockets.
    fn patience(&self) -> Duration {
        if self.clients.has_work() || self.housekeeping.more {
            return Duration::ZERO;
        }
        let mut wait_ms = MAX_WAIT_MS;
        let mono = [self.clients.next_deadline(), self.accepting.resume_mono_ms()];
        for deadline in mono.into_iter().flatten() {
            wait_ms = wait_ms.min(deadline.saturating_sub(self.now.mono_ms));
        }
        if let Some(due) = self.housekeeping.due_unix_ms {
            wait_ms = wait_ms.min(due.saturating_sub(self.now.unix_ms));
        }
        Duration::from_millis(wait_ms)
    }

    pub(crate) fn wait(&mut self, patience: Duration) -> io::Result<()> {
        self.events.clear();
        self.poller.wait(Some(patience), &mut self.events)?;
        self.now = self.clock.now();
        self.clients.counters.rounds += 1;
        Ok(())
    }

    /// Reads what arrived. Writing is left to the end of the round, when there may be more.
    pub(crate) fn dispatch(&mut self) {
        self.resume_accepting();
        for index in 0..self.events.len() {
            let event = self.events[index];
            if event.token == WAKE_TOKEN {
                self.clients.stop |= self.wake.drain();
            } else if let Some(listener) = self.listener_of(event.token) {
                self.accept(listener);
            } else {
                self.client_is_ready(event);
            }
        }
    }

    /// Work that no client waits for. It belongs to the next round, which commits it.
    fn keep_house(&mut self) {
        self.round.0 += 1;
        let budget = self.clients.options.housekeeping_budget;
        let mut round = Round::new(&mut self.clients, self.round, self.now);
        self.housekeeping = self.service.housekeeping(&mut round, budget);
    }

    /// Once a second, and not each round: who is idle, or takes nothing?
    fn sweep(&mut self) {
        if self.now.mono_ms < self.next_sweep_mono_ms {
            return;
        }
        self.next_sweep_mono_ms = self.now.mono_ms + SWEEP_INTERVAL_MS;
        for slot in 0..self.clients.slot_count() {
            let waiting = self.waiting_input(slot);
            if self.clients.is_overdue(slot, waiting, self.now) {
                self.clients.counters.dropped += 1;
                self.clients.leave(slot, Phase::Ended, self.now);
            }
        }
    }
}

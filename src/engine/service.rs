//! The engine as the event loop drives it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use heapwood_aof::{DiskStorage, Storage};
use heapwood_deques::{Delivery, Served, graveyard, lists};
use heapwood_poll_loop::{
    ClientId, CommitFailed, Housekeeping, Now, Outcome, Request, Requests, Round, RoundId, Service,
};
use heapwood_ttl::EXPIRED_PER_ROUND;

use super::access::Access;
use super::arguments::{Arguments, is_option};
use super::commands;
use super::hints::Plans;
use super::persistence::Persistence;
use super::pollers::PollerName;
use super::refusal::Refusal;
use super::statistics::Statistics;
use super::store::{Call, Journal, Moment, Store, Wait};
use super::sys;
use super::table::{Command, Flags, Id};
use super::wire::NetworkWire;
use crate::options::EngineOptions;

/// Records that housekeeping moves to lower places in a round, to give memory back.
const MOVES_PER_ROUND: usize = 64;

/// How long commands may take before every client has one more in the round at most: a pipeline of
/// slow ones (KEYS, RENAME of a huge value) shall delay the others by one of them, not by all.
const ROUND_MS: u64 = 10;

/// A round, as this engine's connections see it.
pub type EngineRound<'a> = Round<'a, NetworkWire>;

/// Keys, log, access and figures: all state of a server. One thread owns it.
pub struct Engine<S: Storage = DiskStorage> {
    pub(super) store: Store,
    pub(super) persistence: Persistence<S>,
    pub(super) access: Access,
    pub(super) statistics: Statistics,
    pub(super) options: EngineOptions,
    pub(super) addr: SocketAddr,
    poller: PollerName,
    plans: Plans,
    /// In the round that is not committed yet.
    a_client_wrote: bool,
    /// When the round's first command began, on the coarse clock.
    began_ms: Option<u64>,
}

impl<S: Storage> Engine<S> {
    /// An engine over a store that is loaded already.
    pub fn new(
        store: Store,
        persistence: Persistence<S>,
        access: Access,
        options: EngineOptions,
        addr: SocketAddr,
        poller: PollerName,
    ) -> Self {
        Self {
            store,
            persistence,
            access,
            statistics: Statistics::default(),
            options,
            addr,
            poller,
            plans: Plans::default(),
            a_client_wrote: false,
            began_ms: None,
        }
    }

    /// Counts an error reply.
    pub(super) fn count_error(&mut self) {
        self.statistics.errors += 1;
    }

    /// How the loop waits for its sockets.
    pub(super) fn poller_name(&self) -> &'static str {
        self.poller.get()
    }

    fn refuse(&mut self, round: &mut EngineRound<'_>, client: ClientId, refusal: &Refusal) -> Outcome {
        self.statistics.errors += 1;
        round.reply(client, |replies| replies.error(refusal.as_str()));
        Outcome::Done
    }

    /// Why a known command may not run now, if so.
    #[inline]
    fn objection(
        &mut self,
        round: &EngineRound<'_>,
        request: &Request<'_>,
        command: &'static Command,
    ) -> Option<Refusal> {
        if !command.accepts(request.len()) {
            return Some(Refusal::arity(command));
        }
        if !self.access.admits(request.client(), command) {
            return Some(Refusal::text("NOAUTH Authentication required."));
        }
        if command.flags.has(Flags::WRITES) && !self.persistence.is_sound() {
            return self.persistence.refusal().map(Refusal::new);
        }
        if command.id == Id::Tree && self.is_stranger(round, request.client()) {
            return Some(Refusal::text(
                "NOPERM TREE shows how the server works inside: from another machine it needs a password",
            ));
        }
        None
    }

    /// Whether a client comes from another machine and has not given a password.
    fn is_stranger(&mut self, round: &EngineRound<'_>, client: ClientId) -> bool {
        let is_near = |addr: SocketAddr| addr.ip().to_canonical().is_loopback();
        !self.access.is_authenticated(client) && !round.info(client).is_some_and(|info| is_near(info.addr))
    }

    /// A name that is no command. That of a line of HTTP ends the connection: a web page must not
    /// reach the engine by making a browser send it a form.
    #[cold]
    fn unknown(&mut self, round: &mut EngineRound<'_>, request: &Request<'_>) -> Outcome {
        let name = request.arg(0);
        if is_cross_protocol(name) {
            self.statistics.cross_protocol += 1;
            round.close(request.client(), true);
            return Outcome::Close;
        }
        let refusal = commands::unknown(request);
        self.refuse(round, request.client(), &refusal)
    }

    /// Runs a command on keys.
    #[inline]
    fn run(
        &mut self,
        round: &mut EngineRound<'_>,
        request: &Request<'_>,
        command: &'static Command,
    ) -> Outcome {
        let client = request.client();
        let now = moment(round.now());
        let (mut wrote, mut wait, mut refused) = (false, None, false);
        let hints = self.plans.hints(request.index());
        let (store, journal) = (&mut self.store, &mut self.persistence);
        round.reply(client, |replies| {
            let mut call = Call {
                command,
                arguments: Arguments::Request(*request),
                hints,
                now,
                store,
                journal,
                replies,
                wrote: false,
                wait: None,
            };
            let reply = commands::run(&mut call);
            (wrote, wait) = (call.wrote, call.wait);
            if let Some(Err(refusal)) = reply {
                refused = true;
                replies.error(refusal.as_str());
            }
        });
        self.statistics.errors += u64::from(refused);
        self.store.settle_expired(&mut self.persistence);
        if wrote {
            round.wrote(client);
            self.a_client_wrote = true;
            self.serve_waiters(round);
        }
        wait.map_or(Outcome::Done, |wait| self.park(request, wait))
    }

    /// Once the round takes long, lets the others go first.
    #[inline]
    fn share(&mut self, round: &mut EngineRound<'_>, client: ClientId) {
        let now_ms = sys::coarse_ms();
        let began_ms = *self.began_ms.get_or_insert(now_ms);
        if now_ms.saturating_sub(began_ms) >= ROUND_MS {
            round.rest(client);
        }
    }

    /// Puts the client of a blocking pop into the queues of its keys.
    fn park(&mut self, request: &Request<'_>, wait: Wait) -> Outcome {
        let last = request.len() - 1;
        let keys = request.args().take(last).skip(1);
        self.store.waiters.add(request.client(), wait.end, keys);
        Outcome::Park { deadline_mono_ms: wait.deadline_mono_ms }
    }

    /// Hands elements to those who wait for them, after a command that may have made some.
    fn serve_waiters(&mut self, round: &mut EngineRound<'_>) {
        let store = &mut self.store;
        if store.waiters.is_empty() {
            return;
        }
        let journal = &mut self.persistence;
        let now_ms = round.now().unix_ms;
        store.waiters.serve(&mut store.keys, now_ms, |served| deliver(round, journal, &served));
        store.settle_expired(journal);
    }

    fn expire_due(&mut self, now: Now, deadline: Instant) -> bool {
        loop {
            let removed = self.store.keys.expire_due(now.unix_ms, EXPIRED_PER_ROUND);
            self.store.settle_expired(&mut self.persistence);
            if removed < EXPIRED_PER_ROUND {
                return false;
            }
            if Instant::now() >= deadline {
                return true;
            }
        }
    }

    fn free_graves(&mut self, deadline: Instant) -> bool {
        while !self.store.graveyard.step(graveyard::UNITS_PER_ROUND) {
            if Instant::now() >= deadline {
                return true;
            }
        }
        false
    }
}

/// Gives a waiter the element it waits for, if it is still there to take it.
fn deliver(
    round: &mut EngineRound<'_>,
    journal: &mut dyn Journal,
    served: &Served<'_, ClientId>,
) -> Delivery {
    let client = served.client;
    let mut taken = false;
    round.reply(client, |replies| {
        taken = replies.fits(served.key.len() + served.element.len(), 3);
        if !taken {
            return replies.error(lists::TOO_BIG);
        }
        replies.array(2);
        replies.bytes(served.key);
        replies.bytes(served.element);
    });
    round.wake(client);
    if !taken {
        return Delivery::Refused;
    }
    journal.record(&[commands::pop_name(served.end), served.key]);
    round.wrote(client);
    Delivery::Taken
}

/// Whether a command's name is that of a line of HTTP.
pub fn is_cross_protocol(name: &[u8]) -> bool {
    is_option(name, "POST") || is_option(name, "Host:")
}

fn moment(now: Now) -> Moment {
    Moment { unix_ms: now.unix_ms, mono_ms: now.mono_ms }
}

impl<S: Storage> Service for Engine<S> {
    type Wire = NetworkWire;

    fn warm(&mut self, requests: &Requests<'_>) {
        self.began_ms.get_or_insert_with(sys::coarse_ms);
        self.plans.make(requests, self.store.tree());
    }

    #[inline]
    fn call(&mut self, round: &mut EngineRound<'_>, request: Request<'_>) -> Outcome {
        self.statistics.commands += 1;
        let Some(command) = self.plans.command(request.index(), request.arg(0)) else {
            return self.unknown(round, &request);
        };
        if let Some(refusal) = self.objection(round, &request, command) {
            return self.refuse(round, request.client(), &refusal);
        }
        match command.id {
            Id::Ping | Id::Echo | Id::Quit | Id::Auth | Id::Info | Id::Config | Id::Command => {
                commands::about_the_server(self, round, &request, command)
            }
            _ => {
                let outcome = self.run(round, &request, command);
                self.share(round, request.client());
                outcome
            }
        }
    }

    fn timed_out(&mut self, round: &mut EngineRound<'_>, client: ClientId) {
        self.store.waiters.remove(client);
        round.reply(client, |replies| replies.nil_array());
    }

    fn gone(&mut self, _round: &mut EngineRound<'_>, client: ClientId) {
        self.store.waiters.remove(client);
        self.access.gone(client);
    }

    fn commit(&mut self, _round: RoundId, now: Now) -> Result<(), CommitFailed> {
        self.plans.clear();
        self.began_ms = None;
        let a_client_wrote = std::mem::take(&mut self.a_client_wrote);
        self.persistence.commit(now, a_client_wrote)
    }

    fn housekeeping(&mut self, round: &mut EngineRound<'_>, budget: Duration) -> Housekeeping {
        let now = round.now();
        let deadline = Instant::now() + budget;
        self.statistics.sample(now.mono_ms);
        let retry_in_ms = self.persistence.mend(&self.store.keys, now);
        // While the log cannot be written, the removals would only pile up in memory.
        let mut more = self.persistence.is_sound() && self.expire_due(now, deadline);
        more |= self.free_graves(deadline);
        self.store.keys.tree_mut().shrink_step(MOVES_PER_ROUND);
        let next_deadline = self.store.keys.next_deadline().filter(|_| retry_in_ms.is_none());
        let retry = retry_in_ms.map(|wait_ms| now.unix_ms + wait_ms);
        Housekeeping { more, due_unix_ms: next_deadline.or(retry) }
    }

    fn shutdown(&mut self, now: Now) -> Result<(), String> {
        self.persistence.close(&self.store.keys, now)
    }
}

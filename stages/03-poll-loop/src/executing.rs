//! The second half of a round: execute, commit, and let the replies go.

use crate::clients::Clients;
use crate::clock::{Clock, Now};
use crate::connection::Phase;
use crate::event_loop::EventLoop;
use crate::output::give_back;
use crate::poller::Poller;
use crate::request::{Place, Requests};
use crate::round::Round;
use crate::service::{Outcome, RoundId, Service};
use crate::wire::Wire;

/// Requests that are warmed together. Enough for several batches of searches side by side; few
/// enough that what they brought into the cache is still there when the last is executed.
const WARM_REQUESTS: usize = 256;

impl<S: Service, P: Poller, C: Clock> EventLoop<S, P, C> {
    /// Parked clients whose time has come.
    pub(crate) fn time_out_parked(&mut self) {
        while let Some(client) = self.clients.next_overdue(self.now) {
            let mut round = Round::new(&mut self.clients, self.round, self.now);
            self.service.timed_out(&mut round, client);
            round.wake(client);
        }
    }

    pub(crate) fn say_who_left(&mut self) {
        say_who_left(&mut self.service, &mut self.clients, self.round, self.now);
    }

    pub(crate) fn execute(&mut self) {
        let requests = Requests::new(&self.batch, &self.inputs);
        for window in requests.windows(WARM_REQUESTS) {
            self.service.warm(&window);
            for (place, request) in window.places().iter().zip(window.iter()) {
                if !self.clients.begin_request(place) {
                    continue;
                }
                let mut round = Round::new(&mut self.clients, self.round, self.now);
                match self.service.call(&mut round, request) {
                    Outcome::Done => {}
                    Outcome::Park { deadline_mono_ms } => {
                        self.clients.park(place.client, deadline_mono_ms, self.now);
                    }
                    Outcome::Close => round.close(place.client, false),
                }
                say_who_left(&mut self.service, &mut self.clients, self.round, self.now);
            }
        }
    }

    /// No reply of a round leaves before its commit. If that fails, the writers learn nothing:
    /// for them it is as if the server had crashed.
    pub(crate) fn commit(&mut self) {
        let result = self.service.commit(self.round, self.now);
        self.durable = self.service.durable();
        if let Err(error) = result {
            let warn = self.clients.options.warn;
            warn(&error.to_string());
            self.clients.discard_writers(self.now);
        }
    }

    /// Ends the round for every client that had a part in it.
    pub(crate) fn settle(&mut self) {
        self.clients.touch_withheld();
        let mut next = 0;
        while let Some(&slot) = self.clients.touched.get(next) {
            next += 1;
            let waiting = self.trim_input(slot);
            let rounds = (self.round, self.durable);
            let poller = &mut self.poller;
            self.clients.settle(slot, rounds, waiting, poller, self.now);
        }
        self.clients.touched.clear();
        self.close_ended();
    }

    /// Gives the room of executed requests back, and returns how many bytes still wait.
    fn trim_input(&mut self, slot: u32) -> usize {
        let input = &mut self.inputs[slot as usize];
        let Some(connection) = self.clients.at(slot) else {
            return 0;
        };
        connection.executed -= give_back(input, connection.executed);
        input.len() - connection.executed
    }

    fn close_ended(&mut self) {
        while let Some(slot) = self.clients.ended.pop() {
            if let Some(connection) = self.clients.remove(slot) {
                self.unwatch(&connection.stream);
                self.inputs[slot as usize] = Vec::new();
                self.accepting.descriptor_is_free(self.now);
            }
        }
    }
}

/// Tells the service who is no longer open, before it could serve them.
fn say_who_left<S: Service>(service: &mut S, clients: &mut Clients<S::Wire>, id: RoundId, now: Now) {
    while let Some(client) = clients.leaving.pop() {
        service.gone(&mut Round::new(clients, id, now), client);
    }
}

impl<W: Wire> Clients<W> {
    /// Whether the request at `place` may be executed; then it counts as executed. If not, it stays in the input, and is found there again.
    fn begin_request(&mut self, place: &Place) -> bool {
        let soft_limit = self.options.soft_output_bytes;
        let Some(connection) = self.open_mut(place.client) else {
            return false;
        };
        let may =
            connection.parked.is_none() && !connection.rests && connection.output.pending() <= soft_limit;
        if !may {
            connection.wire.rewind();
            connection.leftover = true;
            return false;
        }
        // A client's requests stand together: none before it can have been left out.
        debug_assert_eq!(connection.executed, place.start);
        connection.executed += place.len;
        self.counters.requests += 1;
        true
    }

    /// Takes back what this round answered to clients that wrote in it, and closes them.
    fn discard_writers(&mut self, now: Now) {
        for index in 0..self.touched.len() {
            let slot = self.touched[index];
            if let Some(connection) = self.at(slot).filter(|connection| connection.wrote) {
                connection.output.discard_round();
                self.leave(slot, Phase::Closing, now);
            }
        }
    }
}

//! The first half of a round: bytes from sockets, and the requests in them.

use std::io::Read;

use heapwood_sockets::ProtocolError;

use crate::clients::ClientId;
use crate::clock::Clock;
use crate::connection::{Phase, is_temporary};
use crate::event_loop::EventLoop;
use crate::poller::{Event, Poller};
use crate::service::Service;
use crate::wire::Wire;

impl<S: Service, P: Poller, C: Clock> EventLoop<S, P, C> {
    pub(crate) fn client_is_ready(&mut self, event: Event) {
        let id = ClientId::from_u64(event.token);
        let Some(connection) = self.clients.get(id) else {
            return;
        };
        let (slot, reads) = (id.slot() as u32, connection.interest.readable);
        if event.writable {
            self.clients.touch(slot);
        }
        // What arrived before a connection broke is read before the break is.
        if reads && (event.readable || event.hung_up) {
            self.read(slot);
        } else if event.hung_up {
            self.clients.leave(slot, Phase::Ended, self.now);
        }
    }

    /// One read, and only one: poll says if there is more, and others have their turn first.
    fn read(&mut self, slot: u32) {
        let Some(connection) = self.clients.at(slot) else {
            return;
        };
        let result = (&connection.stream).read(&mut self.scratch);
        match result {
            Ok(0) => self.input_ended(slot),
            Ok(count) if connection.phase == Phase::Open => self.received(slot, count),
            Ok(_thrown_away) => {}
            Err(error) if is_temporary(error.kind()) => {}
            Err(_) => self.clients.leave(slot, Phase::Ended, self.now),
        }
    }

    fn received(&mut self, slot: u32, count: usize) {
        self.inputs[slot as usize].extend_from_slice(&self.scratch[..count]);
        self.clients.counters.bytes_in += count as u64;
        if let Some(connection) = self.clients.at(slot) {
            connection.leftover = true;
            connection.last_read_mono_ms = self.now.mono_ms;
            connection.bytes_in += count as u64;
        }
        self.clients.schedule(slot);
        let waiting = self.waiting_input(slot);
        if self.clients.input_is_full(slot, waiting) {
            self.clients.touch(slot);
        }
    }

    /// The peer sends no more. It may still take replies: a pipeline is answered to its end. But
    /// nobody knows whether a parked client is still there, so by default nothing is kept for it.
    fn input_ended(&mut self, slot: u32) {
        let Some(connection) = self.clients.at(slot) else {
            return;
        };
        connection.at_end = true;
        connection.leftover = true;
        if connection.phase == Phase::Lingering {
            self.clients.leave(slot, Phase::Ended, self.now);
        } else if connection.parked.is_some() && !self.clients.options.keep_half_closed {
            self.clients.leave(slot, Phase::Closing, self.now);
        }
        self.clients.touch(slot);
        self.clients.schedule(slot);
    }

    /// Bytes of a client's input that were not executed.
    pub(crate) fn waiting_input(&mut self, slot: u32) -> usize {
        let executed = self.clients.at(slot).map_or(0, |client| client.executed);
        self.inputs[slot as usize].len() - executed
    }

    /// Finds the requests of this round, of each client some. Who does not fit into the round
    /// stays at the head of the queue.
    pub(crate) fn collect(&mut self) {
        self.batch.clear();
        for _ in 0..self.clients.runnable_count() {
            if self.batch.is_full() {
                return;
            }
            if let Some(slot) = self.clients.next_runnable() {
                self.clients.touch(slot);
                self.collect_from(slot);
            }
        }
    }

    fn collect_from(&mut self, slot: u32) {
        let quota = self.clients.options.requests_per_round;
        let Some(connection) = self.clients.runnable_at(slot) else {
            return;
        };
        let input = &self.inputs[slot as usize];
        let mut at = connection.executed;
        let mut found = 0;
        connection.leftover = false;
        while at < input.len() {
            if found == quota || self.batch.is_full() {
                connection.leftover = true;
                return;
            }
            let spans = &mut self.batch.spans;
            match connection.wire.parse(&input[at..], &connection.limits, spans) {
                Ok(Some(len)) => {
                    self.batch.push(connection.id, at, len);
                    at += len;
                    found += 1;
                }
                Ok(None) => break,
                Err(error) if found == 0 => return self.refuse(slot, &error),
                // The requests before it are answered first, and may even change the limits.
                Err(_) => {
                    connection.wire.rewind();
                    connection.leftover = true;
                    return;
                }
            }
        }
        self.close_if_ended(slot, found);
    }

    /// After the last request of a client that sends no more, its connection has served.
    fn close_if_ended(&mut self, slot: u32, found: usize) {
        let Some(connection) = self.clients.at(slot) else {
            return;
        };
        if connection.at_end && found == 0 {
            self.clients.leave(slot, Phase::Closing, self.now);
        } else if connection.at_end {
            connection.leftover = true;
        }
    }

    /// The last reply to a client that sent what is no request.
    fn refuse(&mut self, slot: u32, error: &ProtocolError) {
        self.clients.counters.protocol_errors += 1;
        if let Some(connection) = self.clients.at(slot) {
            connection.wire.refuse(&mut connection.output.bytes, error);
        }
        self.clients.leave(slot, Phase::Closing, self.now);
    }
}

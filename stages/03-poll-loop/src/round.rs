//! What a service may do while it is called: reply to, wake, close and inspect any client.

use std::net::SocketAddr;

use heapwood_sockets::{Replies, RequestLimits};

use crate::clients::{ClientId, Clients, Counters};
use crate::clock::Now;
use crate::connection::{Connection, Phase};
use crate::wire::Wire;

/// What a service may know of a client.
#[derive(Clone, Copy, Debug)]
pub struct ClientInfo {
    /// Where it connects from.
    pub addr: SocketAddr,
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

/// One round, as a service sees it.
pub struct Round<'a, W> {
    pub(crate) clients: &'a mut Clients<W>,
}

impl<W: Wire> Round<'_, W> {
    /// The time, the same throughout a round.
    pub fn now(&self) -> Now {
        self.clients.now
    }

    /// The connection of a client that takes requests and replies.
    #[inline]
    fn open(&mut self, client: ClientId) -> Option<&mut Connection<W>> {
        self.clients.touch(client).filter(|connection| connection.phase == Phase::Open)
    }

    /// Adds a reply to a client's output, in its protocol; it leaves when the round is durable.
    /// False, and nothing happens, when the client is not open any more. A client with more
    /// output than the hard limit is dropped (P4).
    #[inline]
    pub fn reply(&mut self, client: ClientId, write: impl FnOnce(&mut dyn Replies)) -> bool {
        let hard_limit = self.clients.hard_output_bytes;
        let Some(connection) = self.open(client) else {
            return false;
        };
        connection.wire.reply(&mut connection.output.bytes, write);
        if connection.output.pending() > hard_limit {
            self.clients.counters.dropped += 1;
            self.clients.leave(client, Phase::Ended);
        }
        true
    }

    /// Lets a parked client go on: its request is answered.
    pub fn wake(&mut self, client: ClientId) {
        self.clients.unpark(client);
    }

    /// Closes a client: at once, or when it has taken the replies it has.
    pub fn close(&mut self, client: ClientId, at_once: bool) {
        self.clients.leave(client, if at_once { Phase::Ended } else { Phase::Closing });
    }

    /// Notes that the client changed something in this round. If the commit fails, its replies of
    /// the round are discarded and it is closed.
    #[inline]
    pub fn wrote(&mut self, client: ClientId) {
        if let Some(connection) = self.open(client) {
            connection.wrote = true;
        }
    }

    /// Leaves the client's further requests to the next round: what it asked for took long, and
    /// the others have their turn first.
    pub fn rest(&mut self, client: ClientId) {
        if let Some(connection) = self.open(client) {
            connection.rests = true;
        }
    }

    /// Changes the limits of the client's requests from the next one on.
    pub fn set_request_limits(&mut self, client: ClientId, limits: RequestLimits) {
        if let Some(connection) = self.open(client) {
            connection.limits = limits;
        }
    }

    /// The client's protocol state, for services that change it.
    pub fn wire(&mut self, client: ClientId) -> Option<&mut W> {
        self.open(client).map(|connection| &mut connection.wire)
    }

    /// What is known of a client; none when it takes no more requests and replies. What would be
    /// lost then (an element popped for it) must not be given to it.
    pub fn info(&self, client: ClientId) -> Option<ClientInfo> {
        let connection = self.clients.get(client).filter(|connection| connection.phase == Phase::Open)?;
        Some(ClientInfo {
            addr: connection.addr,
            idle_ms: self.now().mono_ms.saturating_sub(connection.last_io_mono_ms),
            bytes_in: connection.bytes_in,
            bytes_out: connection.bytes_out,
            pending_output_bytes: connection.output.pending(),
            parked: connection.parked_until_ms.is_some(),
        })
    }

    /// All open clients. O(connections).
    pub fn clients(&self) -> impl Iterator<Item = ClientId> + '_ {
        let open = self.clients.iter().filter(|connection| connection.phase == Phase::Open);
        open.map(|connection| connection.id)
    }

    /// Stops the loop after this round, as SIGTERM does.
    pub fn shut_down(&mut self) {
        self.clients.stop = true;
    }

    /// What the loop has counted.
    pub fn counters(&self) -> Counters {
        self.clients.counters
    }
}

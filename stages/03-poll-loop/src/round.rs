//! What a service may do while it is called: reply to, wake, close and inspect any client.

use heapwood_sockets::{Replies, RequestLimits};

use crate::clients::{ClientId, Clients, Counters};
use crate::clock::Now;
use crate::connection::{ClientInfo, Phase};
use crate::service::RoundId;
use crate::wire::Wire;

/// One round, as a service sees it.
pub struct Round<'a, W> {
    clients: &'a mut Clients<W>,
    id: RoundId,
    now: Now,
}

impl<'a, W: Wire> Round<'a, W> {
    pub(crate) fn new(clients: &'a mut Clients<W>, id: RoundId, now: Now) -> Self {
        Self { clients, id, now }
    }

    /// The round that commits what is done now.
    pub fn id(&self) -> RoundId {
        self.id
    }

    /// The time, the same throughout a round.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Adds a reply to a client's output, in its protocol; it leaves when the round is durable.
    /// False, and nothing happens, when the client is not open any more. A client with more
    /// output than the hard limit is dropped.
    #[inline]
    pub fn reply(&mut self, client: ClientId, write: impl FnOnce(&mut dyn Replies)) -> bool {
        let hard_limit = self.clients.options.hard_output_bytes;
        if self.clients.open_mut(client).is_none() {
            return false;
        }
        let slot = client.slot() as u32;
        self.clients.touch(slot);
        let Some(connection) = self.clients.open_mut(client) else {
            return false;
        };
        connection.wire.reply(&mut connection.output.bytes, write);
        if connection.output.pending() > hard_limit {
            self.clients.counters.dropped += 1;
            self.clients.leave(slot, Phase::Ended, self.now);
        }
        true
    }

    /// Lets a parked client go on: its request is answered.
    pub fn wake(&mut self, client: ClientId) {
        self.clients.wake(client);
    }

    /// Closes a client: at once, or when it has taken the replies it has.
    pub fn close(&mut self, client: ClientId, at_once: bool) {
        if self.is_open(client) {
            let phase = if at_once { Phase::Ended } else { Phase::Closing };
            self.clients.leave(client.slot() as u32, phase, self.now);
        }
    }

    /// Notes that the client changed something in this round. If the commit fails, its replies of
    /// the round are discarded and it is closed.
    pub fn wrote(&mut self, client: ClientId) {
        if self.is_open(client) {
            self.clients.touch(client.slot() as u32);
            if let Some(connection) = self.clients.open_mut(client) {
                connection.wrote = true;
            }
        }
    }

    /// Leaves the client's further requests to the next round: what it asked for took long, and
    /// the others have their turn first.
    pub fn rest(&mut self, client: ClientId) {
        if let Some(connection) = self.clients.open_mut(client) {
            connection.rests = true;
        }
        self.clients.touch(client.slot() as u32);
    }

    /// Changes the limits of the client's requests from the next one on.
    pub fn set_request_limits(&mut self, client: ClientId, limits: RequestLimits) {
        if let Some(connection) = self.clients.open_mut(client) {
            connection.limits = limits;
        }
    }

    /// The client's protocol state, for commands that change it.
    pub fn wire(&mut self, client: ClientId) -> Option<&mut W> {
        Some(&mut self.clients.open_mut(client)?.wire)
    }

    /// Whether the client still takes requests and replies. What would be lost otherwise (an
    /// element popped for it) must not be given to one that does not.
    pub fn is_open(&self, client: ClientId) -> bool {
        let connection = self.clients.get(client);
        connection.is_some_and(|connection| connection.phase == Phase::Open)
    }

    /// What is known of an open client.
    pub fn info(&self, client: ClientId) -> Option<ClientInfo> {
        let connection = self.clients.get(client)?;
        (connection.phase == Phase::Open).then(|| connection.info(self.now))
    }

    /// All open clients. O(connections).
    pub fn clients(&self) -> impl Iterator<Item = ClientId> + '_ {
        self.clients.ids()
    }

    /// How many clients are open.
    pub fn client_count(&self) -> usize {
        self.clients.open
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

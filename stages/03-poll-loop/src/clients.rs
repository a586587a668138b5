//! All connections, and the round they are in. A round costs in proportion to the clients that
//! have a part in it, not to those that are connected.

use std::collections::BTreeSet;
use std::net::Shutdown;
use std::os::fd::RawFd;

use crate::clock::Now;
use crate::connection::{Connection, Phase};
use crate::service::RoundId;
use crate::wire::Wire;

/// A client: above, which of the connections that came; in the lower 32 bits the number of its
/// descriptor. The system gives out the lowest that is free, so these are small; and a client
/// that left is told from those that have its descriptor after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub(crate) u64);

impl ClientId {
    pub(crate) fn new(serial: u64, fd: RawFd) -> Self {
        Self(serial << 32 | fd as u64)
    }

    /// It as a number, unique while the server runs (until four billion clients have come).
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// Where its connection is kept.
    fn slot(self) -> usize {
        self.0 as u32 as usize
    }
}

/// What the loop has counted since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Rounds.
    pub rounds: u64,
    /// Connections accepted.
    pub accepted: u64,
    /// Connections refused because there were too many.
    pub refused: u64,
    /// Connections closed for bytes that were no request.
    pub protocol_errors: u64,
    /// Connections dropped because they did not take their replies, or were idle.
    pub dropped: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
}

#[derive(Default)]
pub(crate) struct Clients<W> {
    slots: Vec<Option<Connection<W>>>,
    /// Connections in any phase: each holds a descriptor.
    pub(crate) count: usize,
    pub(crate) hard_output_bytes: usize,
    /// The round that commits what is done now.
    pub(crate) round: RoundId,
    pub(crate) now: Now,
    pub(crate) counters: Counters,
    /// Somebody asked the loop to stop.
    pub(crate) stop: bool,
    /// Those that have a part in this round, in the order in which they are served.
    pub(crate) active: Vec<ClientId>,
    /// Those whose replies wait for a commit.
    pub(crate) withheld: Vec<ClientId>,
    /// Those that are no longer open, which the service does not know yet.
    pub(crate) leaving: Vec<ClientId>,
    /// Until when parked requests wait, on the monotonic clock.
    pub(crate) deadlines: BTreeSet<(u64, ClientId)>,
}

impl<W: Wire> Clients<W> {
    pub(crate) fn new(hard_output_bytes: usize, now: Now) -> Self {
        Self { hard_output_bytes, round: RoundId(1), now, ..Self::default() }
    }

    pub(crate) fn insert(&mut self, connection: Connection<W>) {
        let slot = connection.id.slot();
        if slot >= self.slots.len() {
            self.slots.resize_with(slot + 1, || None);
        }
        self.slots[slot] = Some(connection);
        self.count += 1;
    }

    /// Forgets a connection; dropping it closes its socket.
    pub(crate) fn remove(&mut self, id: ClientId) -> Option<Connection<W>> {
        self.get(id)?;
        self.count -= 1;
        self.slots[id.slot()].take()
    }

    /// Connections in any phase.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Connection<W>> {
        self.slots.iter().flatten()
    }

    pub(crate) fn get(&self, id: ClientId) -> Option<&Connection<W>> {
        self.slots.get(id.slot())?.as_ref().filter(|connection| connection.id == id)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: ClientId) -> Option<&mut Connection<W>> {
        self.slots.get_mut(id.slot())?.as_mut().filter(|connection| connection.id == id)
    }

    /// Gives a client a part in this round, or in the next one if this one is being settled.
    #[inline]
    pub(crate) fn touch(&mut self, id: ClientId) -> Option<&mut Connection<W>> {
        let connection = self.slots.get_mut(id.slot())?.as_mut().filter(|it| it.id == id)?;
        if !connection.active {
            connection.active = true;
            connection.output.begin_round(self.round);
            self.active.push(id);
        }
        Some(connection)
    }

    /// Lets a client's further requests wait.
    pub(crate) fn park(&mut self, id: ClientId, deadline_mono_ms: Option<u64>) {
        let deadline_ms = deadline_mono_ms.unwrap_or(u64::MAX);
        if let Some(connection) = self.get_mut(id).filter(|connection| connection.phase == Phase::Open) {
            connection.parked_until_ms = Some(deadline_ms);
            self.deadlines.insert((deadline_ms, id));
        }
    }

    /// Ends a park; the requests behind it go on in the next round, at the latest.
    pub(crate) fn unpark(&mut self, id: ClientId) {
        let parked = self.touch(id).and_then(|connection| connection.parked_until_ms.take());
        if let Some(deadline_ms) = parked {
            self.deadlines.remove(&(deadline_ms, id));
        }
    }

    /// Moves a client towards its end. The service hears of it once (P5), when it is no longer open.
    pub(crate) fn leave(&mut self, id: ClientId, phase: Phase) {
        let now = self.now;
        let Some(connection) = self.touch(id).filter(|connection| connection.phase < phase) else {
            return;
        };
        let before = std::mem::replace(&mut connection.phase, phase);
        connection.last_io_mono_ms = now.mono_ms;
        if phase == Phase::Lingering {
            // If it cannot be told that there is no more, it has gone, and that is found next.
            let _ = connection.stream.shutdown(Shutdown::Write);
        }
        if before == Phase::Open {
            self.leaving.push(id);
            self.unpark(id);
        }
    }
}

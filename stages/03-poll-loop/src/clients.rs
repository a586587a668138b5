//! All connections, and the lists that make a round cost in proportion to the clients that are
//! active in it, not to those that are connected.

use std::collections::{BTreeSet, VecDeque};
use std::net::{Shutdown, SocketAddr, TcpStream};

use crate::clock::Now;
use crate::connection::{Connection, Phase};
use crate::options::LoopOptions;
use crate::poller::Poller;
use crate::service::RoundId;

/// A client. The number of a client that left is not given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId {
    slot: u32,
    generation: u32,
}

impl ClientId {
    pub(crate) fn new(slot: u32, generation: u32) -> Self {
        Self { slot, generation }
    }

    /// It as a number, unique while the server runs (until four billion clients have come).
    pub fn as_u64(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.slot)
    }

    /// The client whose [`as_u64`](Self::as_u64) this is.
    pub fn from_u64(number: u64) -> Self {
        Self { slot: number as u32, generation: (number >> 32) as u32 }
    }

    pub(crate) fn slot(self) -> usize {
        self.slot as usize
    }
}

/// What the loop has counted since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Rounds.
    pub rounds: u64,
    /// Requests executed.
    pub requests: u64,
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

pub(crate) struct Clients<W> {
    slots: Vec<Option<Connection<W>>>,
    free: Vec<u32>,
    last_generation: u32,
    pub(crate) options: LoopOptions,
    pub(crate) counters: Counters,
    /// Clients in `Phase::Open`.
    pub(crate) open: usize,
    /// Somebody asked the loop to stop.
    pub(crate) stop: bool,
    /// Those with input to parse, first come first served.
    runnable: VecDeque<u32>,
    /// Those to settle at the end of the round.
    pub(crate) touched: Vec<u32>,
    /// Those whose replies wait for a commit.
    withheld: Vec<ClientId>,
    /// Those that are no longer open, which the service does not know yet.
    pub(crate) leaving: Vec<ClientId>,
    /// Those to close at the end of the round.
    pub(crate) ended: Vec<u32>,
    /// Until when parked requests wait, on the monotonic clock.
    deadlines: BTreeSet<(u64, ClientId)>,
}

impl<W: Default> Clients<W> {
    pub(crate) fn new(options: LoopOptions) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            last_generation: 0,
            options,
            counters: Counters::default(),
            open: 0,
            stop: false,
            runnable: VecDeque::new(),
            touched: Vec::new(),
            withheld: Vec::new(),
            leaving: Vec::new(),
            ended: Vec::new(),
            deadlines: BTreeSet::new(),
        }
    }

    /// The id that the next connection will have.
    pub(crate) fn next_id(&self) -> ClientId {
        let slot = self.free.last().copied();
        let slot = slot.unwrap_or(self.slots.len() as u32);
        ClientId::new(slot, self.last_generation.wrapping_add(1))
    }

    pub(crate) fn insert(&mut self, stream: TcpStream, addr: SocketAddr, now: Now) -> ClientId {
        let id = self.next_id();
        self.last_generation = id.generation;
        let mut connection = Connection::new(id, stream, addr, now);
        let initial = self.options.initial_request_limits;
        connection.limits = initial.unwrap_or(self.options.request_limits);
        match self.free.pop() {
            Some(slot) => self.slots[slot as usize] = Some(connection),
            None => self.slots.push(Some(connection)),
        }
        self.open += 1;
        self.counters.accepted += 1;
        id
    }
}

impl<W> Clients<W> {
    /// Forgets a connection; dropping it closes its socket.
    pub(crate) fn remove(&mut self, slot: u32) -> Option<Connection<W>> {
        let connection = self.slots.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        Some(connection)
    }

    /// Connections in any phase: each holds a descriptor.
    pub(crate) fn connections(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Slots that are or were in use.
    pub(crate) fn slot_count(&self) -> u32 {
        self.slots.len() as u32
    }

    pub(crate) fn at(&mut self, slot: u32) -> Option<&mut Connection<W>> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// The connection of `id`, in any phase.
    pub(crate) fn get(&self, id: ClientId) -> Option<&Connection<W>> {
        let connection = self.slots.get(id.slot())?.as_ref()?;
        (connection.id == id).then_some(connection)
    }

    /// The connection of `id`, if it is open.
    #[inline]
    pub(crate) fn open_mut(&mut self, id: ClientId) -> Option<&mut Connection<W>> {
        let connection = self.slots.get_mut(id.slot())?.as_mut()?;
        (connection.id == id && connection.phase == Phase::Open).then_some(connection)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ClientId> + '_ {
        let open = |connection: &&Connection<W>| connection.phase == Phase::Open;
        self.slots.iter().flatten().filter(open).map(|connection| connection.id)
    }

    /// Whether a round has something to do without waiting for a socket.
    pub(crate) fn has_work(&self) -> bool {
        !self.runnable.is_empty() || !self.touched.is_empty() || !self.leaving.is_empty()
    }

    /// Makes sure that the client is settled at the end of this round.
    #[inline]
    pub(crate) fn touch(&mut self, slot: u32) {
        if let Some(connection) = self.slots[slot as usize].as_mut()
            && !connection.touched
        {
            connection.touched = true;
            connection.output.begin_round();
            self.touched.push(slot);
        }
    }

    /// Queues a client whose input may hold a request that may be executed.
    pub(crate) fn schedule(&mut self, slot: u32) {
        if let Some(connection) = self.slots[slot as usize].as_mut()
            && connection.leftover
            && !connection.queued
            && connection.may_execute(&self.options)
        {
            connection.queued = true;
            self.runnable.push_back(slot);
        }
    }

    /// The connection in `slot`, if a request of it may be executed now.
    pub(crate) fn runnable_at(&mut self, slot: u32) -> Option<&mut Connection<W>> {
        let connection = self.slots[slot as usize].as_mut()?;
        connection.may_execute(&self.options).then_some(connection)
    }

    pub(crate) fn runnable_count(&self) -> usize {
        self.runnable.len()
    }

    /// The next client whose input is to be parsed.
    pub(crate) fn next_runnable(&mut self) -> Option<u32> {
        let slot = self.runnable.pop_front()?;
        if let Some(connection) = self.at(slot) {
            connection.queued = false;
        }
        Some(slot)
    }

    /// Lets a client wait. One that sends no more cannot: nobody knows whether it is still there.
    pub(crate) fn park(&mut self, id: ClientId, deadline_mono_ms: Option<u64>, now: Now) {
        let keep = self.options.keep_half_closed;
        if let Some(connection) = self.open_mut(id) {
            if connection.at_end && !keep {
                return self.leave(id.slot, Phase::Closing, now);
            }
            connection.parked = Some(deadline_mono_ms);
            if let Some(deadline) = deadline_mono_ms {
                self.deadlines.insert((deadline, id));
            }
        }
    }

    /// Ends a park; the requests behind it go on in the next round, at the latest.
    pub(crate) fn wake(&mut self, id: ClientId) {
        if let Some(connection) = self.open_mut(id)
            && let Some(deadline) = connection.parked.take()
        {
            if let Some(deadline) = deadline {
                self.deadlines.remove(&(deadline, id));
            }
            self.schedule(id.slot);
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// A parked client whose deadline has passed.
    pub(crate) fn next_overdue(&mut self, now: Now) -> Option<ClientId> {
        let (deadline, id) = *self.deadlines.first()?;
        (deadline <= now.mono_ms).then_some(id)
    }

    /// Moves a client towards its end. The service hears of it once, when it is no longer open.
    pub(crate) fn leave(&mut self, slot: u32, phase: Phase, now: Now) {
        let Some(connection) = self.at(slot) else {
            return;
        };
        let (id, before) = (connection.id, connection.phase);
        if phase <= before {
            return;
        }
        let deadline = connection.parked.take().flatten();
        connection.phase = phase;
        if before == Phase::Open {
            connection.last_progress_mono_ms = now.mono_ms;
            self.open -= 1;
            self.leaving.push(id);
            if let Some(deadline) = deadline {
                self.deadlines.remove(&(deadline, id));
            }
        }
        if phase == Phase::Ended {
            self.ended.push(slot);
        }
        self.touch(slot);
    }

    /// Somebody who was told everything and has not closed yet.
    pub(crate) fn lingering(&self) -> Option<u32> {
        let mut connections = self.slots.iter().flatten();
        connections.find(|connection| connection.phase == Phase::Lingering).map(|found| found.id.slot)
    }

    /// Whether any client has yet to take replies that may leave.
    pub(crate) fn is_sending(&self) -> bool {
        let mut connections = self.slots.iter().flatten();
        connections
            .any(|connection| connection.phase == Phase::Closing && !connection.output.sendable().is_empty())
    }

    /// Whether a client with `waiting` bytes of input takes no more.
    pub(crate) fn input_is_full(&self, slot: u32, waiting: usize) -> bool {
        let connection = self.slots[slot as usize].as_ref();
        connection.is_some_and(|connection| waiting >= connection.input_limit(&self.options))
    }

    /// Whether a client has used up its patience.
    pub(crate) fn is_overdue(&self, slot: u32, waiting: usize, now: Now) -> bool {
        let full = self.input_is_full(slot, waiting);
        let connection = self.slots[slot as usize].as_ref();
        connection.is_some_and(|connection| connection.is_overdue(full, now, &self.options))
    }

    /// Lets those go on whose replies waited for a commit.
    pub(crate) fn touch_withheld(&mut self) {
        for id in std::mem::take(&mut self.withheld) {
            let slot = id.slot;
            if let Some(connection) = self.at(slot).filter(|connection| connection.id == id) {
                connection.withheld = false;
                self.touch(slot);
            }
        }
    }

    /// Ends the round for one client: sends what may leave, and decides what to wait for.
    /// `waiting_input` is how many bytes of its input were not executed.
    pub(crate) fn settle(
        &mut self,
        slot: u32,
        rounds: (RoundId, RoundId),
        waiting_input: usize,
        poller: &mut impl Poller,
        now: Now,
    ) {
        let Some(connection) = self.slots[slot as usize].as_mut() else {
            return;
        };
        connection.end_round(rounds);
        if connection.output.is_withheld() && !connection.withheld {
            connection.withheld = true;
            self.withheld.push(connection.id);
        }
        if connection.phase == Phase::Ended {
            return;
        }
        let before = connection.bytes_out;
        let settled =
            connection.send(now).and_then(|()| connection.watch(waiting_input, poller, &self.options));
        self.counters.bytes_out += connection.bytes_out - before;
        match settled {
            Ok(()) if connection.has_said_all() => self.say_end(slot, now),
            Ok(()) => self.schedule(slot),
            Err(_) => self.leave(slot, Phase::Ended, now),
        }
    }

    /// Tells the peer of a closing connection that there is no more.
    fn say_end(&mut self, slot: u32, now: Now) {
        if let Some(connection) = self.at(slot) {
            let shut = connection.stream.shutdown(Shutdown::Write);
            connection.last_progress_mono_ms = now.mono_ms;
            let done = connection.at_end || shut.is_err();
            let next = if done { Phase::Ended } else { Phase::Lingering };
            self.leave(slot, next, now);
        }
    }
}

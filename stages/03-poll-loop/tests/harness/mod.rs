//! A service whose requests exercise the loop, a loop that a test turns by hand, and clients.
#![allow(dead_code, unreachable_pub)]

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::RawFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use heapwood_poll_loop::{
    ClientId, Clock, CommitFailed, Event, EventLoop, FrameWire, Interest, LoopOptions, Now, Outcome,
    PollPoller, Poller, Request, RequestLimits, Requests, Round, RoundId, Service, Wire,
};
use heapwood_sockets::{ProtocolError, Replies, Span, Value, decode_reply, encode_request};

/// Longer than anything here takes, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Frames, and the loop's part of the contract of a wire.
#[derive(Default)]
pub struct StrictWire {
    frames: FrameWire,
    /// The bytes that were not enough: the next must begin with them.
    seen: Vec<u8>,
    must_rewind: bool,
}

impl Wire for StrictWire {
    fn parse(
        &mut self,
        input: &[u8],
        limits: &RequestLimits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError> {
        assert!(!self.must_rewind, "parsed on after an error");
        assert!(input.starts_with(&self.seen), "not the bytes it saw last");
        let result = self.frames.parse(input, limits, spans);
        self.seen.clear();
        match result {
            Ok(None) => self.seen.extend_from_slice(input),
            Ok(Some(_)) => {}
            Err(_) => self.must_rewind = true,
        }
        result
    }

    fn rewind(&mut self) {
        self.seen.clear();
        self.must_rewind = false;
        self.frames.rewind();
    }

    fn reply(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut dyn Replies)) {
        self.frames.reply(out, write);
    }
}

/// Answers each request with what it names.
#[derive(Default)]
pub struct Probe {
    pub executed: i64,
    pub warmed: usize,
    pub parked: Vec<ClientId>,
    pub gone: Vec<ClientId>,
    pub connected: usize,
    pub fail_commit: bool,
    pub hold: bool,
    /// Closes the client that connected first, when another waits for a place.
    pub makes_room: bool,
    /// Answers parked clients before the end.
    pub finishes: bool,
    pub committed: RoundId,
    pub durable: RoundId,
    /// For a test to look at when the loop has ended.
    pub was_shut_down: Rc<Cell<bool>>,
}

impl Service for Probe {
    type Wire = StrictWire;

    fn warm(&mut self, requests: &Requests<'_>) {
        self.warmed += requests.iter().filter(|request| request.len() > 0).count();
    }

    fn call(&mut self, round: &mut Round<'_, StrictWire>, request: Request<'_>) -> Outcome {
        self.executed += 1;
        let client = request.client();
        let number = |index| -> u64 {
            let text = std::str::from_utf8(request.arg(index)).unwrap();
            text.parse().unwrap()
        };
        match request.arg(0) {
            b"ECHO" => round.reply(client, |replies| replies.bytes(request.arg(1))),
            b"COUNT" => round.reply(client, |replies| replies.integer(self.executed)),
            b"BYTES" => {
                let bytes = vec![b'x'; number(1) as usize];
                round.reply(client, |replies| replies.bytes(&bytes))
            }
            b"NOTHING" => round.reply(client, |_| {}),
            b"WRITE" => {
                round.wrote(client);
                round.reply(client, |replies| replies.status("OK"))
            }
            b"AUTH" => {
                round.set_request_limits(client, RequestLimits::default());
                round.reply(client, |replies| replies.status("OK"))
            }
            b"PARK" => {
                self.parked.push(client);
                let deadline_mono_ms = (request.len() > 1).then(|| number(1));
                return Outcome::Park { deadline_mono_ms };
            }
            b"WAKE" => {
                let woken = std::mem::take(&mut self.parked);
                for parked in &woken {
                    round.reply(*parked, |replies| replies.status("woken"));
                    round.wake(*parked);
                }
                round.reply(client, |replies| replies.integer(woken.len() as i64))
            }
            b"WAKE-SILENTLY" => {
                for parked in self.parked.drain(..) {
                    round.wake(parked);
                }
                true
            }
            b"KILL-OTHERS" => {
                let others: Vec<_> = round.clients().filter(|other| *other != client).collect();
                for other in &others {
                    round.close(*other, true);
                }
                round.reply(client, |replies| replies.integer(others.len() as i64))
            }
            b"SHUTDOWN" => {
                round.shut_down();
                true
            }
            b"REST" => {
                round.rest(client);
                round.reply(client, |replies| replies.integer(self.executed))
            }
            b"QUIT" => {
                round.reply(client, |replies| replies.status("bye"));
                return Outcome::Close;
            }
            other => panic!("no such request: {}", other.escape_ascii()),
        };
        Outcome::Done
    }

    fn crowded(&mut self, round: &mut Round<'_, StrictWire>) {
        let first = round.clients().next().filter(|_| self.makes_room);
        if let Some(first) = first {
            round.close(first, true);
        }
    }

    fn is_finished(&mut self, round: &mut Round<'_, StrictWire>) -> bool {
        let client = self.parked.first().copied().filter(|_| self.finishes);
        if let Some(client) = client {
            self.parked.remove(0);
            round.reply(client, |replies| replies.status("finished"));
        }
        client.is_none()
    }

    fn connected(&mut self, round: &mut Round<'_, StrictWire>, client: ClientId) {
        assert!(round.info(client).is_some());
        self.connected += 1;
    }

    fn timed_out(&mut self, round: &mut Round<'_, StrictWire>, client: ClientId) {
        self.parked.retain(|parked| *parked != client);
        round.reply(client, |replies| replies.nil());
    }

    fn gone(&mut self, round: &mut Round<'_, StrictWire>, client: ClientId) {
        assert!(round.info(client).is_none());
        assert!(!self.gone.contains(&client), "P5: told once");
        self.parked.retain(|parked| *parked != client);
        self.gone.push(client);
    }

    fn commit(&mut self, round: RoundId, _now: Now) -> Result<(), CommitFailed> {
        assert!(round > self.committed);
        self.committed = round;
        if !self.hold {
            self.durable = round;
        }
        match std::mem::take(&mut self.fail_commit) {
            false => Ok(()),
            true => Err(CommitFailed { reason: "the disk is full".into() }),
        }
    }

    fn durable(&self) -> RoundId {
        self.durable
    }

    fn shutdown(&mut self, _now: Now) -> Result<(), String> {
        self.durable = self.committed;
        self.was_shut_down.set(true);
        Ok(())
    }
}

/// What a loop asked of its poller, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Add(RawFd, Interest),
    Change(RawFd, Interest),
    Remove(RawFd),
}

/// `poll`, with a record of what it was asked, and a script of events to invent.
#[derive(Clone, Default)]
pub struct Recorder {
    pub poll: Rc<RefCell<PollPoller>>,
    pub asked: Rc<RefCell<Vec<Asked>>>,
    pub invented: Rc<RefCell<Vec<Event>>>,
    /// The next wait fails, and all after it.
    pub broken: Rc<Cell<bool>>,
}

impl Recorder {
    /// The interest that holds for the descriptor that was added `index`-th.
    pub fn interest(&self, index: usize) -> Interest {
        let asked = self.asked.borrow();
        let mut added = asked.iter().filter_map(|asked| match asked {
            Asked::Add(fd, interest) => Some((*fd, *interest)),
            _ => None,
        });
        let (fd, first) = added.nth(index).expect("so many were added");
        let changed = |asked: &Asked| match asked {
            Asked::Change(changed, interest) if *changed == fd => Some(*interest),
            _ => None,
        };
        asked.iter().filter_map(changed).next_back().unwrap_or(first)
    }

    pub fn changes(&self) -> usize {
        let asked = self.asked.borrow();
        let changes = asked.iter().filter(|asked| matches!(asked, Asked::Change(..)));
        changes.count()
    }
}

impl Poller for Recorder {
    fn add(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.asked.borrow_mut().push(Asked::Add(fd, interest));
        self.poll.borrow_mut().add(fd, token, interest)
    }

    fn change(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.asked.borrow_mut().push(Asked::Change(fd, interest));
        self.poll.borrow_mut().change(fd, token, interest)
    }

    fn remove(&mut self, fd: RawFd) -> io::Result<()> {
        self.asked.borrow_mut().push(Asked::Remove(fd));
        self.poll.borrow_mut().remove(fd)
    }

    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        if self.broken.get() {
            return Err(io::Error::other("broken"));
        }
        events.append(&mut self.invented.borrow_mut());
        self.poll.borrow_mut().wait(timeout, events)
    }
}

/// A clock that tests set. Clones share the time.
#[derive(Clone)]
pub struct ManualClock(Rc<Cell<Now>>);

impl ManualClock {
    /// Moves both parts forward. A loop that waits notices within a second, or when woken.
    pub fn advance(&self, by: Duration) {
        let (by_ms, now) = (by.as_millis() as u64, self.0.get());
        self.0.set(Now { unix_ms: now.unix_ms + by_ms, mono_ms: now.mono_ms + by_ms });
    }
}

impl Clock for ManualClock {
    fn now(&mut self) -> Now {
        self.0.get()
    }
}

/// A loop that runs when the test turns it.
pub struct Bench {
    pub turning: EventLoop<Probe, Recorder, ManualClock>,
    pub poller: Recorder,
    pub clock: ManualClock,
}

impl Bench {
    pub fn new(options: LoopOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let start = Now { unix_ms: 1_700_000_000_000, mono_ms: 0 };
        let (poller, clock) = (Recorder::default(), ManualClock(Rc::new(Cell::new(start))));
        let turning =
            EventLoop::new(vec![listener], Probe::default(), poller.clone(), clock.clone(), options);
        Self { turning: turning.unwrap(), poller, clock }
    }

    pub fn probe(&self) -> &Probe {
        &self.turning.service
    }

    pub fn probe_mut(&mut self) -> &mut Probe {
        &mut self.turning.service
    }

    /// One round that does not wait.
    pub fn turn(&mut self) {
        self.turning.waker().wake();
        self.turning.turn().unwrap();
    }

    /// Rounds until `done`.
    pub fn turn_until(&mut self, mut done: impl FnMut(&mut Self) -> bool) {
        let started = Instant::now();
        while !done(self) {
            assert!(started.elapsed() < PATIENCE, "this never happens");
            self.turn();
        }
    }

    /// A client that the loop has accepted.
    pub fn connect(&mut self) -> Peer {
        let before = self.turning.counters().accepted;
        let peer = self.dial();
        self.turn_until(|bench| bench.turning.counters().accepted > before);
        peer
    }

    /// A connection in the listener's queue.
    pub fn dial(&mut self) -> Peer {
        Peer::over(TcpStream::connect(self.turning.local_addr().unwrap()).unwrap())
    }

    /// Turns until `peer` has a reply.
    pub fn reply(&mut self, peer: &mut Peer) -> Value {
        let mut reply = None;
        self.turn_until(|_| {
            reply = peer.take_reply();
            reply.is_some() || peer.ended
        });
        reply.expect("a reply, not the end")
    }

    /// Turns until `peer` has seen the end of the stream, without any further reply.
    pub fn end(&mut self, peer: &mut Peer) {
        self.turn_until(|_| {
            assert_eq!(peer.take_reply(), None);
            peer.ended
        });
    }

    pub fn call(&mut self, peer: &mut Peer, arguments: &[&[u8]]) -> Value {
        peer.send(arguments);
        self.reply(peer)
    }
}

/// A client that never blocks.
pub struct Peer {
    pub stream: TcpStream,
    pub received: Vec<u8>,
    pub ended: bool,
}

impl Peer {
    pub fn over(stream: TcpStream) -> Self {
        stream.set_nonblocking(true).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::new(), ended: false }
    }

    /// Sends what surely fits into the system's buffers.
    pub fn send(&mut self, arguments: &[&[u8]]) {
        self.send_bytes(&request(arguments));
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends as much as the system takes.
    pub fn send_some(&mut self, bytes: &[u8]) -> usize {
        match self.stream.write(bytes) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.ended = true;
                0
            }
        }
    }

    pub fn receive(&mut self) {
        let mut bytes = [0; 65_536];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.received.extend_from_slice(&bytes[..count]);
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.ended = true,
            }
            return;
        }
    }

    pub fn take_reply(&mut self) -> Option<Value> {
        self.receive();
        let length = u32::from_be_bytes(*self.received.first_chunk()?) as usize;
        let body = self.received.get(4..4 + length)?;
        let reply = decode_reply(body).unwrap();
        self.received.drain(..4 + length);
        Some(reply)
    }
}

pub fn request(arguments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request(arguments, &mut bytes).unwrap();
    bytes
}

pub fn status(text: &str) -> Value {
    Value::Status(text.into())
}

pub fn bytes(text: &str) -> Value {
    Value::Bytes(text.into())
}

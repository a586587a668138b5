//! A loop that is turned by hand, and what is seen of it: through its poller, its service and its clients' sockets.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::time::Duration;

use heapwood_poll_loop::{
    ClientId, ClientInfo, Clock, CommitFailed, Event, FrameWire, Housekeeping, Interest, Now, Outcome,
    PollPoller, Poller, Request, Round, RoundId, Service,
};

const MIB: usize = 1024 * 1024;

/// What the poller was asked and what it said.
#[derive(Default)]
pub(super) struct Seen {
    /// The descriptor of each token.
    pub(super) fds: BTreeMap<u64, RawFd>,
    /// What was ready when the last round began.
    pub(super) ready: Vec<Event>,
}

/// `poll`, with a note of what it says, in the order in which the clients connected: descriptors, and with them the
/// order that `poll` reports, depend on what else the process has open.
pub(super) struct Watching {
    poll: PollPoller,
    seen: Rc<RefCell<Seen>>,
}

impl Watching {
    pub(super) fn new(seen: Rc<RefCell<Seen>>) -> Self {
        Self { poll: PollPoller::new(), seen }
    }
}

impl Poller for Watching {
    fn add(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.seen.borrow_mut().fds.insert(token, fd);
        self.poll.add(fd, token, interest)
    }

    fn change(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.poll.change(fd, token, interest)
    }

    fn remove(&mut self, fd: RawFd) -> io::Result<()> {
        self.poll.remove(fd)
    }

    fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        self.poll.wait(timeout, events)?;
        events.sort_by_key(|event| event.token);
        self.seen.borrow_mut().ready.clone_from(events);
        Ok(())
    }
}

/// A clock that stands until it is moved.
#[derive(Clone, Default)]
pub(super) struct StoppedClock(Rc<Cell<Now>>);

impl StoppedClock {
    pub(super) fn advance(&self, by_ms: u64) {
        let now = self.0.get();
        self.0.set(Now { unix_ms: now.unix_ms + by_ms, mono_ms: now.mono_ms + by_ms });
    }
}

impl Clock for StoppedClock {
    fn now(&mut self) -> Now {
        self.0.get()
    }
}

/// What became of a round's changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Commit {
    /// They are durable, and the replies may leave.
    #[default]
    Durable,
    /// They are not yet.
    Withheld,
    /// They could not be made so.
    Failed,
}

/// Keys and strings, and a note of what was asked of them.
#[derive(Default)]
pub(super) struct Noting {
    keys: BTreeMap<Vec<u8>, Vec<u8>>,
    waiters: Vec<ClientId>,
    /// All clients that ever connected, in that order.
    pub(super) connected: Vec<ClientId>,
    /// Those that the loop said are gone.
    pub(super) gone: Vec<ClientId>,
    /// What was executed since this was last emptied.
    pub(super) calls: Vec<(ClientId, String)>,
    /// Bytes of requests executed, for each client.
    pub(super) executed_bytes: BTreeMap<ClientId, usize>,
    /// What the loop knew of its open clients when the round ended.
    pub(super) infos: BTreeMap<ClientId, ClientInfo>,
    /// Changes since the last commit, and in it.
    changes: usize,
    pub(super) committed_changes: usize,
    pub(super) commit: Commit,
    committed: RoundId,
    durable: RoundId,
    /// Earlier rounds have become durable since this was last taken back.
    pub(super) caught_up: bool,
    /// Commits are not durable at once.
    pub(super) hold: bool,
    /// The next commit fails.
    pub(super) fail: bool,
}

impl Noting {
    /// What was committed has become durable.
    pub(super) fn catch_up(&mut self) {
        self.durable = self.committed;
        self.caught_up = true;
    }

    fn change(&mut self, round: &mut Round<'_, FrameWire>, client: ClientId) {
        self.changes += 1;
        round.wrote(client);
    }
}

impl Service for Noting {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let client = request.client();
        let arguments: Vec<&[u8]> = request.args().collect();
        *self.executed_bytes.entry(client).or_default() +=
            8 + arguments.iter().map(|it| 4 + it.len()).sum::<usize>();
        self.calls.push((client, String::from_utf8_lossy(&arguments.join(&b' ')).into_owned()));
        match arguments[..] {
            [b"SET", key, value] => {
                self.keys.insert(key.to_vec(), value.to_vec());
                self.change(round, client);
                round.reply(client, |replies| replies.status("OK"));
            }
            [b"GET", key] => {
                let value = self.keys.get(key);
                round.reply(client, |replies| match value {
                    Some(value) => replies.bytes(value),
                    None => replies.nil(),
                });
            }
            [b"BLOB", mebibytes] => {
                let size =
                    std::str::from_utf8(mebibytes).ok().and_then(|text| text.parse().ok()).unwrap_or(1);
                let bytes = vec![b'.'; MIB.saturating_mul(size)];
                round.reply(client, |replies| replies.bytes(&bytes));
            }
            [b"WAIT"] => {
                self.waiters.push(client);
                return Outcome::Park { deadline_mono_ms: None };
            }
            [b"WAIT", for_ms] => {
                let for_ms = std::str::from_utf8(for_ms).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
                self.waiters.push(client);
                return Outcome::Park { deadline_mono_ms: Some(round.now().mono_ms.saturating_add(for_ms)) };
            }
            [b"WAKE"] => {
                let woken = std::mem::take(&mut self.waiters);
                for waiter in &woken {
                    round.reply(*waiter, |replies| replies.status("woken"));
                    round.wake(*waiter);
                }
                round.reply(client, |replies| replies.integer(woken.len() as i64));
            }
            [b"QUIT"] => {
                round.reply(client, |replies| replies.status("OK"));
                return Outcome::Close;
            }
            _ => _ = round.reply(client, |replies| replies.error("ERR unknown command")),
        }
        Outcome::Done
    }

    fn connected(&mut self, _round: &mut Round<'_, FrameWire>, client: ClientId) {
        self.connected.push(client);
    }

    fn timed_out(&mut self, round: &mut Round<'_, FrameWire>, client: ClientId) {
        self.waiters.retain(|waiter| *waiter != client);
        round.reply(client, |replies| replies.nil());
    }

    fn gone(&mut self, _round: &mut Round<'_, FrameWire>, client: ClientId) {
        self.waiters.retain(|waiter| *waiter != client);
        self.gone.push(client);
    }

    fn commit(&mut self, round: RoundId, _now: Now) -> Result<(), CommitFailed> {
        self.committed = round;
        self.committed_changes = std::mem::take(&mut self.changes);
        self.commit = if self.hold { Commit::Withheld } else { Commit::Durable };
        // Also where it fails: what its other clients have read is as durable as before.
        if !self.hold {
            self.durable = round;
        }
        if std::mem::take(&mut self.fail) {
            self.commit = Commit::Failed;
            return Err(CommitFailed { reason: "as the picture asked".into() });
        }
        Ok(())
    }

    fn durable(&self) -> RoundId {
        self.durable
    }

    fn housekeeping(&mut self, round: &mut Round<'_, FrameWire>, _budget: Duration) -> Housekeeping {
        let known = self.connected.iter();
        self.infos = known.filter_map(|client| Some((*client, round.info(*client)?))).collect();
        Housekeeping::default()
    }
}

//! Rounds of the event loop: who sent what, what was executed, committed and answered.
//!
//! The real loop of stage 3 is turned by hand over real sockets. Its service knows the requests `SET key value`,
//! `GET key`, `BLOB n` (a reply of n MiB), `WAIT` and `WAIT ms` (parked), `WAKE` (wakes and answers all that wait) and
//! `QUIT`. The verbs of a block, in the order in which they happen:
//!
//! - `limits NAME=NUMBER…`, first: `requests` a client and round, `read`, `input`, `soft` and `body` in bytes
//! - `client NAME…`: connects, in a round that is not drawn
//! - `send NAME REQUEST ; REQUEST…`: in one write; `flood NAME COUNT REQUEST`: the same one often
//! - `part NAME BYTES REQUEST`: the first bytes of a request; `rest NAME`: the others
//! - `deaf NAME`: does not take its replies from now on
//! - `leave NAME`: closes its connection; `end NAME`: sends no more
//! - `hold`: commits are not durable at once from now on; `durable`: all of them so far are;
//!   `prompt`: they are at once again; `fail`: the next one fails
//! - `after MS`: time passes
//! - `round CAPTION`: one round, and a frame that shows it
//! - `drain NAME CAPTION`: the client takes replies again, as many rounds as it needs, which one frame shows

mod draw;
mod peer;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::{Duration, Instant};

use heapwood_poll_loop::{ClientId, ClientInfo, EventLoop, Interest, LoopOptions, PollPoller, Poller};

use super::{Frame, Line, Script};
use peer::Peer;
use world::{Commit, Noting, Seen, StoppedClock, Watching};

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// One round as it is drawn.
struct Turn {
    number: usize,
    /// It stands for several.
    several: bool,
    caption: String,
    commit: Commit,
    changes: usize,
    /// Earlier rounds have become durable.
    caught_up: bool,
    rows: Vec<Row>,
}

/// What a round was for one client.
#[derive(Default)]
struct Row {
    name: String,
    ready: String,
    read_bytes: usize,
    /// Requests, each with its place in the round.
    executed: Vec<(usize, String)>,
    answers: Vec<String>,
    waits: Vec<String>,
}

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let (options, lines) = match script.lines.split_first() {
        Some((first, rest)) if first.verb == "limits" => (limits(first)?, rest),
        _ => (quiet(), &script.lines[..]),
    };
    let mut recorder = Recorder::new(options)?;
    for line in lines {
        recorder.carry_out(line).map_err(|why| format!("{} {}: {why}", line.verb, line.rest))?;
    }
    recorder.complete();
    Ok(draw::frames(&recorder.turns))
}

fn quiet() -> LoopOptions {
    LoopOptions { max_clients: 64, warn: |_| {}, ..LoopOptions::default() }
}

fn limits(line: &Line) -> Result<LoopOptions, String> {
    let mut options = quiet();
    for word in line.words() {
        let (name, number) = word.split_once('=').ok_or_else(|| format!("{word:?} is not NAME=NUMBER"))?;
        let number = number.parse().map_err(|_| format!("{number:?} is no number"))?;
        match name {
            "requests" => options.requests_per_round = number,
            "read" => options.read_bytes_per_round = number,
            "input" => options.input_bytes = number,
            "soft" => options.soft_output_bytes = number,
            "body" => options.request_limits.max_body_bytes = number,
            _ => return Err(format!("there is no limit {name:?}")),
        }
    }
    Ok(options)
}

struct Recorder {
    turning: EventLoop<Noting, Watching, StoppedClock>,
    seen: Rc<RefCell<Seen>>,
    clock: StoppedClock,
    peers: Vec<Peer>,
    /// What was known of each client before the round.
    before: BTreeMap<ClientId, ClientInfo>,
    turns: Vec<Turn>,
}

impl Recorder {
    fn new(options: LoopOptions) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let (seen, clock) = (Rc::default(), StoppedClock::default());
        let poller = Watching::new(Rc::clone(&seen));
        let turning = EventLoop::new(vec![listener], Noting::default(), poller, clock.clone(), options)
            .map_err(|error| error.to_string())?;
        Ok(Self { turning, seen, clock, peers: Vec::new(), before: BTreeMap::new(), turns: Vec::new() })
    }

    fn carry_out(&mut self, line: &Line) -> Result<(), String> {
        let (name, rest) = line.rest.split_once(' ').unwrap_or((&line.rest, ""));
        match line.verb.as_str() {
            "client" => line.words().try_for_each(|name| self.connect(name))?,
            "send" => {
                let requests: Vec<&str> = rest.split(';').map(str::trim).collect();
                self.peer(name)?.send(&requests)?;
            }
            "flood" => {
                let (count, request) = rest.split_once(' ').ok_or("COUNT REQUEST is missing")?;
                let count = count.parse().map_err(|_| "COUNT is no number")?;
                self.peer(name)?.send(&vec![request; count])?;
            }
            "part" => {
                let (bytes, request) = rest.split_once(' ').ok_or("BYTES REQUEST is missing")?;
                let bytes = bytes.parse().map_err(|_| "BYTES is no number")?;
                self.peer(name)?.send_part(bytes, request)?;
            }
            "rest" => self.peer(name)?.send_rest()?,
            "deaf" => self.peer(name)?.is_deaf = true,
            "leave" => self.peer(name)?.leave(),
            "end" => self.peer(name)?.end()?,
            "hold" => self.turning.service.hold = true,
            "durable" => self.turning.service.catch_up(),
            "prompt" => self.turning.service.hold = false,
            "fail" => self.turning.service.fail = true,
            "after" => self.clock.advance(line.number()?),
            "round" => self.round(&line.rest)?,
            "drain" => self.drain(name, rest)?,
            _ => return Err("there is no such verb".into()),
        }
        Ok(())
    }

    fn peer(&mut self, name: &str) -> Result<&mut Peer, String> {
        let peer = self.peers.iter_mut().find(|peer| peer.name == name);
        peer.ok_or_else(|| format!("there is no client {name:?}"))
    }

    fn connect(&mut self, name: &str) -> Result<(), String> {
        let address = self.turning.local_addr().map_err(|error| error.to_string())?;
        let stream = std::net::TcpStream::connect(address).map_err(|error| error.to_string())?;
        let began = Instant::now();
        while self.turning.service.connected.len() <= self.peers.len() {
            self.turn()?;
            if began.elapsed() > PATIENCE {
                return Err("it is not accepted".into());
            }
        }
        let id = self.turning.service.connected[self.peers.len()];
        self.peers.push(Peer::new(name, id, stream)?);
        Ok(())
    }

    /// One round that does not wait.
    fn turn(&mut self) -> Result<(), String> {
        self.before = std::mem::take(&mut self.turning.service.infos);
        self.turning.waker().wake();
        self.turning.turn().map_err(|error| error.to_string())
    }

    /// Waits until everything that was sent, or an end, has reached the loop's side.
    fn await_arrivals(&self) -> Result<(), String> {
        let seen = self.seen.borrow();
        for peer in &self.peers {
            let info = self.turning.service.infos.get(&peer.id);
            if info.is_some_and(|info| peer.has_news(info.bytes_in as usize))
                && let Some(fd) = seen.fds.get(&peer.id.as_u64())
            {
                let (mut arrivals, mut ready) = (PollPoller::new(), Vec::new());
                arrivals.add(*fd, 0, Interest::READ).map_err(|error| error.to_string())?;
                arrivals.wait(Some(PATIENCE), &mut ready).map_err(|error| error.to_string())?;
                if ready.is_empty() {
                    return Err(format!("what {} sent does not arrive", peer.name));
                }
            }
        }
        Ok(())
    }

    fn round(&mut self, caption: &str) -> Result<(), String> {
        if caption.is_empty() {
            return Err("a round needs a caption".into());
        }
        self.await_arrivals()?;
        self.turning.service.calls.clear();
        self.turn()?;
        self.note(caption, false)
    }

    /// Rounds until a client that was deaf has everything it asked for.
    fn drain(&mut self, name: &str, caption: &str) -> Result<(), String> {
        let id = self.peer(name)?.id;
        self.peer(name)?.is_deaf = false;
        self.turning.service.calls.clear();
        let before = self.turning.service.infos.clone();
        let began = Instant::now();
        loop {
            self.turn()?;
            let info = self.turning.service.infos.get(&id).copied();
            let info = info.ok_or("the loop has closed it")?;
            let executed = self.executed_bytes(id);
            let peer = self.peer(name)?;
            peer.receive_up_to(info.bytes_out)?;
            if info.pending_output_bytes == 0 && executed == peer.sent_bytes {
                break;
            }
            if began.elapsed() > PATIENCE {
                return Err("it never has everything".into());
            }
        }
        self.before = before;
        self.note(caption, true)
    }

    fn executed_bytes(&self, client: ClientId) -> usize {
        self.turning.service.executed_bytes.get(&client).copied().unwrap_or(0)
    }

    /// Adds the round that was just turned to those that are drawn.
    fn note(&mut self, caption: &str, several: bool) -> Result<(), String> {
        let calls = std::mem::take(&mut self.turning.service.calls);
        let mut rows = Vec::new();
        for index in 0..self.peers.len() {
            let executed = calls.iter().enumerate().filter(|(_, call)| call.0 == self.peers[index].id);
            let executed = executed.map(|(place, call)| (place + 1, call.1.clone())).collect();
            rows.push(self.row(index, executed)?);
        }
        let service = &mut self.turning.service;
        self.turns.push(Turn {
            number: self.turns.len() + 1,
            several,
            caption: caption.into(),
            commit: service.commit,
            changes: service.committed_changes,
            caught_up: std::mem::take(&mut service.caught_up) && service.commit == Commit::Withheld,
            rows,
        });
        Ok(())
    }

    fn row(&mut self, index: usize, executed: Vec<(usize, String)>) -> Result<Row, String> {
        let id = self.peers[index].id;
        let executed_bytes = self.executed_bytes(id);
        let ready = self.seen.borrow().ready.iter().find(|event| event.token == id.as_u64()).copied();
        let (before, now) = (self.before.get(&id), self.turning.service.infos.get(&id));
        let peer = &mut self.peers[index];
        let received = |info: Option<&ClientInfo>| info.map_or(0, |info| info.bytes_in as usize);
        let mut waits = Vec::new();
        match now {
            Some(info) => {
                peer.receive_up_to(info.bytes_out)?;
                if info.parked {
                    waits.push("parked".into());
                }
                waits.extend(peer.waiting_requests(executed_bytes, info.bytes_in as usize));
                if info.pending_output_bytes > 0 {
                    waits.push(
                        match self.turning.service.commit {
                            Commit::Withheld => "replies, for a commit",
                            _ => "replies, for its reader",
                        }
                        .into(),
                    );
                }
            }
            None => {
                peer.receive_to_the_end()?;
                waits.push("gone".into());
            }
        }
        let ready = ready.map_or("", |event| match (event.readable, event.writable) {
            (true, true) => "both",
            (true, false) => "to read",
            (false, true) => "to write",
            (false, false) => "broken",
        });
        let read_bytes = received(now).saturating_sub(received(before));
        Ok(Row {
            name: peer.name.clone(),
            ready: ready.into(),
            read_bytes,
            executed,
            answers: std::mem::take(&mut peer.answers),
            waits,
        })
    }

    /// Gives the rounds before a client connected a row for it, so that all frames agree.
    fn complete(&mut self) {
        for turn in &mut self.turns {
            for peer in &self.peers[turn.rows.len()..] {
                let waits = vec!["not there yet".into()];
                turn.rows.push(Row { name: peer.name.clone(), waits, ..Row::default() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(body: &str) -> Result<Vec<Frame>, String> {
        record(&Script::parse(&format!("title T\n{body}")).expect("has a title"))
    }

    #[test]
    fn a_round_shows_what_was_ready_executed_committed_answered_and_what_waits() {
        let body =
            "limits requests=1\nclient a b\nsend a SET k v ; GET k\nsend b GET k\nround one\nround two";
        let shown = frames(body).expect("can be carried out");
        assert_eq!(shown, frames(body).expect("can be carried out"), "the same each time");
        assert_eq!(shown[0].caption, "one");
        assert!(shown[0].drawing.contains(
            "a: to read, reads 45 bytes, executes 1 SET k v, is answered OK, waits: 1 request, in its input. \
             b: to read, reads 20 bytes, executes 2 GET k, is answered &quot;v&quot;."
        ), "{}", shown[0].drawing);
        assert!(
            shown[1].drawing.contains("a: executes 1 GET k, is answered &quot;v&quot;."),
            "{}",
            shown[1].drawing
        );
    }

    #[test]
    fn what_is_not_durable_is_withheld_and_what_is_not_read_waits() {
        let shown = frames(
            "limits soft=100\nclient a b\nhold\nsend a SET k v\nround one\ndurable\nround two\nprompt\n\
             deaf b\nsend b BLOB 100 ; GET k\nround three\nround four\ndrain b five",
        );
        let shown = shown.expect("can be carried out");
        let says = |index: usize, text: &str| {
            assert!(shown[index].drawing.contains(text), "{index}: {}", &shown[index].drawing);
        };
        says(0, "waits: replies, for a commit.");
        says(1, "a: is answered OK.");
        says(2, "b: to read, reads 43 bytes, executes 1 BLOB 100, waits: 1 request");
        says(4, "is answered (100 MiB), &quot;v&quot;.");
    }

    #[test]
    fn a_line_that_means_nothing_is_an_error() {
        for bad in ["juggle", "send nobody GET k", "limits speed=1", "client a\nround", "after noon"] {
            assert!(frames(bad).is_err(), "{bad}");
        }
    }
}

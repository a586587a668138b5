//! Keeps connections busy: a poll loop a thread, each connection one pipeline after the other.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use heapwood_poll_loop::{Event, Interest, PollPoller, Poller, raise_open_files};
use heapwood_sockets::{Client, ClientError, Value};

use super::plan::{Plan, Protocol};
use super::tally::Tally;
use super::writer::Writer;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A server that answers nobody for so long is given up.
const STALL: Duration = Duration::from_secs(30);

/// How often a thread that waits looks at the clock.
const TICK: Duration = Duration::from_millis(200);

/// Bytes of one read: a pipeline of small replies comes whole.
const READ_BYTES: usize = 256 * 1024;

/// Descriptors besides the connections.
const SPARE_FILES: u64 = 64;

/// Longest latency told apart from longer ones.
const MAX_LATENCY_NS: u64 = 60_000_000_000;

/// Three significant digits: within 0.1 %.
const DIGITS: u8 = 3;

/// Why a load ended before its end.
#[derive(Debug)]
pub enum LoadError {
    /// Nobody listens there, or nobody answers.
    Connect(SocketAddr, io::Error),
    /// The server wants another password, or none can be given.
    Refused(String),
    /// A connection failed on the way.
    Io(io::Error),
    /// The server closed a connection with requests unanswered.
    Closed,
    /// What came back is no reply.
    Protocol(String),
    /// No reply for so long.
    Stalled(Duration),
    /// The system gives this process fewer descriptors than connections are wanted.
    TooManyClients(usize, u64),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Connect(addr, error) => write!(
                f,
                "no server at {addr}: {error}; start one with `heapwood server`, or name another with --host and --port"
            ),
            LoadError::Refused(reply) => write!(f, "the server refuses this load: {reply}"),
            LoadError::Io(error) => write!(f, "the connection to the server failed: {error}"),
            LoadError::Closed => f.write_str("the server closed a connection before it had answered"),
            LoadError::Protocol(what) => {
                write!(f, "the server does not answer as expected: {what}")
            }
            LoadError::Stalled(waited) => {
                write!(f, "the server has not answered for {} s", waited.as_secs())
            }
            LoadError::TooManyClients(clients, files) => write!(
                f,
                "{clients} clients need more than the {files} open files this process may have; raise `ulimit -n` or lower --clients"
            ),
        }
    }
}

impl std::error::Error for LoadError {}

/// What a load came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Replies received.
    pub requests: u64,
    /// Error replies among them.
    pub errors: u64,
    /// The first of those.
    pub first_error: Option<String>,
    /// From the first byte out to the last one in.
    pub elapsed: Duration,
    /// Nanoseconds from when a request's pipeline was written to when its reply was read.
    pub latencies_ns: Histogram<u64>,
}

impl Outcome {
    fn empty() -> Self {
        Outcome {
            requests: 0,
            errors: 0,
            first_error: None,
            elapsed: Duration::ZERO,
            latencies_ns: latencies(),
        }
    }

    fn add(&mut self, other: Outcome) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
        // The same bounds on both sides: there is always room.
        let _ = self.latencies_ns.add(&other.latencies_ns);
    }
}

fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, MAX_LATENCY_NS, DIGITS)
        .expect("bounds and digits are constants that the crate accepts")
}

/// Carries out `plan` and returns when every request is answered (or its time is over). `answered` is moved forward on the
/// way, for a progress bar. Connections are made before the clock starts.
pub fn drive(plan: &Plan, answered: &AtomicU64) -> Result<Outcome, LoadError> {
    let files = raise_open_files(plan.clients as u64 + SPARE_FILES);
    if files < plan.clients as u64 + SPARE_FILES {
        return Err(LoadError::TooManyClients(plan.clients, files));
    }
    let parts = plan.threads.clamp(1, plan.clients.max(1)) as u64;
    let share = |whole: u64, part: u64| whole * (part + 1) / parts - whole * part / parts;
    let mut loads = Vec::new();
    for part in 0..parts {
        let clients = share(plan.clients as u64, part) as usize;
        let requests = share(plan.requests, part);
        loads.push(Load::connect(plan, clients, requests, part, parts)?);
    }
    let begin = Instant::now();
    let outcomes: Vec<Result<Outcome, LoadError>> = thread::scope(|scope| {
        let threads: Vec<_> = loads.into_iter().map(|load| scope.spawn(move || load.run(answered))).collect();
        let panicked = |_| Err(LoadError::Protocol("the generator panicked".to_owned()));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
    });
    let mut all = Outcome::empty();
    for outcome in outcomes {
        all.add(outcome?);
    }
    all.elapsed = begin.elapsed();
    Ok(all)
}

/// One thread's part.
struct Load<'a> {
    plan: &'a Plan,
    writer: Writer,
    connections: Vec<Connection>,
    poller: PollPoller,
    scratch: Vec<u8>,
    /// Requests not yet written.
    left: u64,
    /// Connections with replies to come.
    busy: usize,
    outcome: Outcome,
}

struct Connection {
    stream: TcpStream,
    output: Vec<u8>,
    sent: usize,
    waits_to_write: bool,
    awaited: u64,
    written_at: Instant,
    tally: Tally,
}

impl<'a> Load<'a> {
    fn connect(
        plan: &'a Plan,
        clients: usize,
        requests: u64,
        part: u64,
        parts: u64,
    ) -> Result<Self, LoadError> {
        let mut load = Load {
            plan,
            writer: Writer::new(plan, part, parts).map_err(LoadError::Refused)?,
            connections: Vec::with_capacity(clients),
            poller: PollPoller::new(),
            scratch: vec![0; READ_BYTES],
            left: requests,
            busy: 0,
            outcome: Outcome::empty(),
        };
        for token in 0..clients as u64 {
            let connection = Connection::open(plan)?;
            let fd = connection.stream.as_raw_fd();
            let added = load.poller.add(fd, token, Interest::READ);
            added.map_err(LoadError::Io)?;
            load.connections.push(connection);
        }
        Ok(load)
    }

    fn run(mut self, answered: &AtomicU64) -> Result<Outcome, LoadError> {
        let begin = Instant::now();
        let deadline = self.plan.duration.map(|duration| begin + duration);
        for place in 0..self.connections.len() {
            self.begin_batch(place, begin)?;
        }
        let (mut events, mut last_progress) = (Vec::new(), begin);
        while self.busy > 0 {
            events.clear();
            self.poller.wait(Some(TICK), &mut events).map_err(LoadError::Io)?;
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                self.left = 0;
            }
            if events.is_empty() && now - last_progress > STALL {
                return Err(LoadError::Stalled(now - last_progress));
            }
            let before = self.outcome.requests;
            for event in &events {
                self.serve(*event)?;
            }
            if self.outcome.requests > before {
                answered.fetch_add(self.outcome.requests - before, Ordering::Relaxed);
                last_progress = now;
            }
        }
        for connection in &self.connections {
            let (outcome, tally) = (&mut self.outcome, &connection.tally);
            outcome.errors += tally.errors;
            if tally.errors > 0 && outcome.first_error.is_none() {
                let text = String::from_utf8_lossy(&tally.first_error);
                outcome.first_error = Some(text.into_owned());
            }
        }
        Ok(self.outcome)
    }

    fn serve(&mut self, event: Event) -> Result<(), LoadError> {
        let place = event.token as usize;
        if event.writable {
            self.flush(place)?;
        }
        if !event.readable && !event.hung_up {
            return Ok(());
        }
        let connection = &mut self.connections[place];
        let count = match connection.stream.read(&mut self.scratch) {
            Ok(0) => return Err(LoadError::Closed),
            Ok(count) => count,
            Err(error) if is_passing(&error) => return Ok(()),
            Err(error) => return Err(LoadError::Io(error)),
        };
        let now = Instant::now();
        let tally = &mut connection.tally;
        let replies = tally.feed(&self.scratch[..count]).map_err(LoadError::Protocol)?;
        let latency = now.duration_since(connection.written_at).as_nanos() as u64;
        self.outcome.requests += replies;
        self.outcome.latencies_ns.saturating_record_n(latency, replies);
        let Some(awaited) = connection.awaited.checked_sub(replies) else {
            return Err(LoadError::Protocol("more replies than requests".to_owned()));
        };
        connection.awaited = awaited;
        if awaited == 0 && replies > 0 {
            self.busy -= 1;
            self.begin_batch(place, now)?;
        }
        Ok(())
    }

    /// Writes the next pipeline, if any request is left.
    fn begin_batch(&mut self, place: usize, now: Instant) -> Result<(), LoadError> {
        let batch = self.left.min(self.plan.pipeline as u64);
        if batch == 0 {
            return Ok(());
        }
        self.left -= batch;
        self.busy += 1;
        let connection = &mut self.connections[place];
        connection.awaited = batch;
        connection.written_at = now;
        connection.output.clear();
        connection.sent = 0;
        for _ in 0..batch {
            self.writer.write(&mut connection.output);
        }
        self.flush(place)
    }

    /// Writes what the socket takes; asks to be told when it takes more.
    fn flush(&mut self, place: usize) -> Result<(), LoadError> {
        let connection = &mut self.connections[place];
        while connection.sent < connection.output.len() {
            match connection.stream.write(&connection.output[connection.sent..]) {
                Ok(count) => connection.sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(LoadError::Io(error)),
            }
        }
        let waits = connection.sent < connection.output.len();
        if waits != connection.waits_to_write {
            connection.waits_to_write = waits;
            let interest = Interest { readable: true, writable: waits };
            let fd = connection.stream.as_raw_fd();
            let changed = self.poller.change(fd, place as u64, interest);
            changed.map_err(LoadError::Io)?;
        }
        Ok(())
    }
}

impl Connection {
    fn open(plan: &Plan) -> Result<Self, LoadError> {
        let stream = match (plan.protocol, &plan.password) {
            (Protocol::Frames, Some(password)) => authenticated(plan.addr, password)?,
            _ => TcpStream::connect_timeout(&plan.addr, CONNECT_TIMEOUT)
                .map_err(|error| LoadError::Connect(plan.addr, error))?,
        };
        stream.set_nodelay(true).map_err(LoadError::Io)?;
        stream.set_nonblocking(true).map_err(LoadError::Io)?;
        Ok(Connection {
            stream,
            output: Vec::new(),
            sent: 0,
            waits_to_write: false,
            awaited: 0,
            written_at: Instant::now(),
            tally: Tally::new(plan.protocol),
        })
    }
}

fn authenticated(addr: SocketAddr, password: &[u8]) -> Result<TcpStream, LoadError> {
    let client = client(addr, Some(password))?;
    client.stream().try_clone().map_err(LoadError::Io)
}

/// A blocking connection, with AUTH where there is a password.
pub(crate) fn client(addr: SocketAddr, password: Option<&[u8]>) -> Result<Client, LoadError> {
    let mut client = Client::connect_timeout(&addr, CONNECT_TIMEOUT).map_err(|error| match error {
        ClientError::Connect { source, .. } => LoadError::Connect(addr, source),
        other => failed(other),
    })?;
    client.set_timeout(Some(STALL)).map_err(failed)?;
    if let Some(password) = password
        && let Value::Error(text) = client.call(&[b"AUTH", password]).map_err(failed)?
    {
        return Err(LoadError::Refused(text));
    }
    Ok(client)
}

pub(crate) fn failed(error: ClientError) -> LoadError {
    match error {
        ClientError::Closed => LoadError::Closed,
        ClientError::Io(error) => LoadError::Io(error),
        other => LoadError::Protocol(other.to_string()),
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

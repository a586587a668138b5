//! Starting an engine: what can go wrong is told in one line, with what to do.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use heapwood_aof::{DiskStorage, FsyncPolicy, LOG_NAME, Log, LogOptions, OpenError, Problem, Recovery};
use heapwood_poll_loop::{Clock, EventLoop, LoopOptions, SystemClock, Waker, stop_on_signals};
use heapwood_sockets::RequestLimits;

use super::access::Access;
use super::descriptors;
use super::foreign::{self, Converted};
use super::lock::{FolderLock, LockError};
use super::persistence::Persistence;
use super::pollers;
use super::replay::Loading;
use super::secret::Secret;
use super::service::Engine;
use super::store::Store;
use crate::options::{EngineOptions, FsyncChoice, LimitOptions};

/// More clients than any system has open files for.
const MOST_CLIENTS: usize = 16 << 20;
/// More than this at once only keeps the other clients waiting.
const MOST_READ_BYTES: usize = 256 << 20;

/// How often a long load says how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// Why an engine does not start.
#[derive(Debug)]
pub enum StartError {
    /// Something is not as the options want it: exit code 2.
    BadUse(String),
    /// The log cannot be loaded as it is: exit code 1.
    Log(OpenError),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUse(line) => formatter.write_str(line),
            Self::Log(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for StartError {}

impl StartError {
    /// Tells the user, and with which code to end.
    pub fn report(&self) -> ExitCode {
        crate::complain(format_args!("heapwood: {self}"));
        match self {
            Self::BadUse(_) => ExitCode::from(crate::EXIT_BAD_USE),
            Self::Log(_) => ExitCode::FAILURE,
        }
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        match error.problem {
            Problem::Io(_) => Self::BadUse(format!(
                "{error}; make it readable and writable, or choose another folder with --dir"
            )),
            _ => Self::Log(error),
        }
    }
}

/// An engine on its thread.
pub struct RunningEngine {
    addr: SocketAddr,
    waker: Waker,
    thread: JoinHandle<Result<(), String>>,
    story: String,
    wants_password: bool,
}

impl RunningEngine {
    /// Where it listens, with the port that was chosen.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Begins an orderly end and returns at once.
    pub fn shut_down(&self) {
        self.waker.shut_down();
    }

    /// What ends it from elsewhere.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Makes SIGINT and SIGTERM begin an orderly end.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn stop_on_signals(&self) -> io::Result<()> {
        stop_on_signals(&self.waker)
    }

    /// Waits for the end.
    ///
    /// # Errors
    ///
    /// What failed on the way, or could not be saved.
    pub fn join(self) -> Result<(), String> {
        match self.thread.join() {
            Ok(ended) => ended,
            Err(_) => Err(String::from("the engine's thread panicked; this is a defect")),
        }
    }

    /// What to tell a person who has just started it.
    pub fn banner(&self) -> String {
        format!(
            "heapwood {}: the engine listens on {}\n  {}\n  talk to it: {}; stop it: Ctrl-C",
            crate::VERSION,
            self.addr,
            self.story,
            self.client()
        )
    }

    /// The command line of a client for it, on this machine.
    pub fn client(&self) -> String {
        let mut line = format!("{} cli", crate::program());
        let ip = self.addr.ip();
        if ip != Ipv4Addr::LOCALHOST && !ip.is_unspecified() {
            line += &format!(" --host {ip}");
        }
        if self.addr.port() != 7379 {
            line += &format!(" --port {}", self.addr.port());
        }
        if self.wants_password {
            line += " --password-file FILE";
        }
        line
    }

    /// What became of the log, in a line.
    pub fn story(&self) -> &str {
        &self.story
    }
}

/// Starts an engine: locks its folder, opens its port, loads its log, and leaves it running.
///
/// # Errors
///
/// See [`StartError`].
pub fn start(options: &EngineOptions) -> Result<RunningEngine, StartError> {
    let secret = Secret::of(&options.secret).map_err(StartError::BadUse)?;
    check_exposure(options, secret.is_some())?;
    check_limits(&options.limits)?;
    let mut lock = match options.no_aof {
        true => None,
        false => Some(lock_folder(options)?),
    };
    let (listener, addr) = listen(options)?;
    if let Some(lock) = &mut lock {
        // The note is a courtesy to whoever comes second; the lock holds without it.
        let _ = lock.announce(addr);
    }
    let mut store = Store::new(options.limits.seed, options.limits.max_bulk_bytes);
    let (persistence, story) = load(options, &mut store)?;
    let floor_ms = persistence.recovery().last_now_unix_ms.unwrap_or(0);
    let limits = request_limits(&options.limits);
    let access = Access::new(secret, limits);
    let wants_password = access.wants_password();
    let loop_options = loop_options(&options.limits, wants_password);
    let poller = pollers::choose(options.poller).map_err(StartError::BadUse)?;
    let engine = Engine::new(store, persistence, access, options.clone(), addr, poller.shared_name());
    let clock = SystemClock::with_floor(floor_ms);
    let event_loop = EventLoop::new(vec![listener], engine, poller, clock, loop_options)
        .map_err(|error| StartError::BadUse(format!("the event loop cannot be set up: {error}")))?;
    let waker = event_loop.waker();
    let thread = std::thread::Builder::new()
        .name(String::from("engine"))
        .spawn(move || {
            // Dropped last: nobody else may open the folder before the log is closed.
            let _lock = lock;
            event_loop.run().map(drop).map_err(|error| error.to_string())
        })
        .map_err(|error| StartError::BadUse(format!("no thread for the engine: {error}")))?;
    Ok(RunningEngine { addr, waker, thread, story, wants_password })
}

fn check_exposure(options: &EngineOptions, has_password: bool) -> Result<(), StartError> {
    if has_password || options.bind.to_canonical().is_loopback() {
        return Ok(());
    }
    Err(StartError::BadUse(format!(
        "refusing to listen on {} without a password, because everybody who reaches this machine \
         could read and change all keys; give one with --requirepass-file FILE, or keep --bind 127.0.0.1",
        options.bind
    )))
}

fn check_limits(limits: &LimitOptions) -> Result<(), StartError> {
    for (option, value, most, why) in [
        ("--max-clients", limits.max_clients, MOST_CLIENTS, "each takes an open file"),
        (
            "--read-bytes-per-round",
            limits.read_bytes_per_round,
            MOST_READ_BYTES,
            "a buffer of that size is kept",
        ),
    ] {
        if value > most {
            return Err(StartError::BadUse(format!("{option} {value} is above {most}: {why}; ask for less")));
        }
    }
    let largest = heapwood_sockets::limits::MAX_BODY_BYTES;
    if limits.max_body_bytes > largest || limits.max_body_bytes < 16 {
        return Err(StartError::BadUse(format!(
            "--max-body-bytes {} cannot be: the first byte of a frame tells it from RESP, so it is at most {largest}, and at least 16",
            limits.max_body_bytes
        )));
    }
    if limits.hard_output_bytes <= limits.soft_output_bytes {
        return Err(StartError::BadUse(format!(
            "--hard-output-bytes {} must be above --soft-output-bytes {}",
            limits.hard_output_bytes, limits.soft_output_bytes
        )));
    }
    Ok(())
}

fn lock_folder(options: &EngineOptions) -> Result<FolderLock, StartError> {
    let folder = options.dir.display();
    FolderLock::take(&options.dir).map_err(|error| {
        StartError::BadUse(match error {
            LockError::Held(holder) => format!(
                "{folder} is already open in another server ({holder}); stop that one, or choose another folder with --dir"
            ),
            LockError::Io { path, source, .. } if source.kind() == io::ErrorKind::AlreadyExists => format!(
                "{} is a file, not a folder; choose another with --dir, or start with --no-aof to keep no log",
                path.display()
            ),
            LockError::Io { doing, path, source } => format!(
                "cannot {doing} {}: {source}; choose another folder with --dir, or start with --no-aof to keep no log",
                path.display()
            ),
        })
    })
}

fn listen(options: &EngineOptions) -> Result<(TcpListener, SocketAddr), StartError> {
    let wanted = SocketAddr::new(options.bind, options.port);
    let opened = TcpListener::bind(wanted).and_then(|listener| {
        let addr = listener.local_addr()?;
        Ok((listener, addr))
    });
    opened.map_err(|error| StartError::BadUse(cannot_listen(wanted, &error)))
}

/// Why a port cannot be opened, and what to do.
pub fn cannot_listen(wanted: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "cannot listen on {wanted}: the port is in use by another program; stop that one, or choose another port with --port (0: any free one)"
        ),
        io::ErrorKind::AddrNotAvailable => format!(
            "cannot listen on {wanted}: this machine does not have that address; choose another with --bind"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "cannot listen on {wanted}: the system keeps that port for administrators; choose one above 1023 with --port"
        ),
        _ => format!("cannot listen on {wanted}: {error}; choose another address with --bind and --port"),
    }
}

fn load(
    options: &EngineOptions,
    store: &mut Store,
) -> Result<(Persistence<DiskStorage>, String), StartError> {
    if options.no_aof {
        let story = String::from("no log: everything is gone when it stops");
        return Ok((Persistence::none(), story));
    }
    let policy = match options.fsync {
        FsyncChoice::Always => FsyncPolicy::Always,
        FsyncChoice::Everysec => FsyncPolicy::EverySecond,
        FsyncChoice::No => FsyncPolicy::No,
    };
    let log_options = LogOptions { policy, ..LogOptions::default() };
    let now_unix_ms = SystemClock::with_floor(0).now().unix_ms;
    let begun = Instant::now();
    let mut reporter = Reporter::new(begun);
    let (storage, limits) = (DiskStorage::new(&options.dir), &options.limits);
    let mut open = || {
        let (storage, options) = (storage.clone(), log_options.clone());
        let progress = &mut |done, steps| reporter.report(done, steps);
        Log::open(storage, options, now_unix_ms, &mut Loading::new(store), progress)
    };
    let (opened, converted) = match open() {
        Err(OpenError { problem: Problem::Foreign, .. }) => {
            let mut scratch = Store::new(None, limits.max_bulk_bytes);
            let link = |name: &str, second: &str| foreign::link_or_copy(&options.dir, name, second);
            let scratch = &mut Loading::new(&mut scratch);
            let converted = foreign::convert(&storage, &link, scratch, now_unix_ms)?;
            (open(), Some(converted))
        }
        opened => (opened, None),
    };
    let (log, recovery) = opened?;
    let path = options.dir.join(LOG_NAME);
    let mut story = story(&path, policy, &recovery, store.keys.len(), begun.elapsed());
    if let Some(Converted { kept, cut_bytes }) = converted {
        story += &format!("; it was written by another program, whose file is kept as {kept}");
        if cut_bytes > 0 {
            story += &format!(" with {cut_bytes} bytes at its end that were cut short");
        }
    }
    Ok((Persistence::with_log(log, policy, recovery), story))
}

/// What became of the log, for the banner.
fn story(
    path: &std::path::Path,
    policy: FsyncPolicy,
    recovery: &Recovery,
    keys: usize,
    took: Duration,
) -> String {
    let mut story = format!("log: {}, fsync {policy}", path.display());
    if recovery.records > 0 {
        story += &format!("; {keys} keys from {} records in {:.2} s", recovery.records, took.as_secs_f64());
    }
    if recovery.cut_bytes > 0 {
        story += &format!(
            "; cut an unfinished end of {} bytes in {} rounds, as after a crash",
            recovery.cut_bytes, recovery.cut_rounds
        );
    }
    if let Some((before, after)) = recovery.compacted_bytes {
        story += &format!("; compacted from {before} to {after} bytes");
    }
    if let Some(reason) = &recovery.compaction_failed {
        story += &format!("; not compacted: {reason}");
    }
    story
}

/// Says how far a long load is: on a terminal in one line that changes.
struct Reporter {
    next: Instant,
    to_terminal: bool,
}

impl Reporter {
    fn new(begun: Instant) -> Self {
        Self { next: begun + PROGRESS_INTERVAL, to_terminal: io::stderr().is_terminal() }
    }

    fn report(&mut self, done: u64, steps: u64) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + PROGRESS_INTERVAL;
        let percent = done * 100 / steps.max(1);
        let line = format!("heapwood: loading the log: {percent} %");
        if self.to_terminal && percent < 100 {
            let _ = write!(io::stderr(), "\r{line}");
        } else if self.to_terminal {
            crate::complain(format_args!("\r{line}"));
        } else {
            crate::complain(format_args!("{line}"));
        }
    }
}

fn request_limits(limits: &LimitOptions) -> RequestLimits {
    RequestLimits { max_body_bytes: limits.max_body_bytes, max_arguments: limits.max_arguments }
}

fn loop_options(limits: &LimitOptions, wants_password: bool) -> LoopOptions {
    let before_password = RequestLimits {
        max_body_bytes: limits.unauthenticated_body_bytes,
        max_arguments: limits.unauthenticated_arguments,
    };
    LoopOptions {
        max_clients: descriptors::fit(limits.max_clients),
        request_limits: request_limits(limits),
        initial_request_limits: wants_password.then_some(before_password),
        input_bytes: limits.max_body_bytes.saturating_add(limits.input_bytes),
        soft_output_bytes: limits.soft_output_bytes,
        hard_output_bytes: limits.hard_output_bytes,
        idle_timeout: (limits.idle_timeout > 0).then(|| Duration::from_secs(limits.idle_timeout)),
        stall_timeout: Duration::from_secs(limits.stall_timeout),
        requests_per_round: limits.requests_per_round,
        read_bytes_per_round: limits.read_bytes_per_round,
        housekeeping_budget: Duration::from_millis(limits.housekeeping_ms),
        shutdown_grace: Duration::from_secs(limits.shutdown_grace),
        ..LoopOptions::default()
    }
}

//! The HTTP interface: JSON for programs, pages for people, figures for Prometheus.
//!
//! A request comes through the guard of stage 7, with `rate` as its gate, and meets
//!
//! - `hosts`: whether it was meant for us, and comes from one of our pages;
//! - `routes`: the one table of what is served, and by which of the `lanes` of threads; `api` acts on it;
//! - `parameters`, `base64`: query and body, and bytes that are not text;
//! - `engine`: the connections to it; `keys`, `command`: what it is asked, with `replies` as JSON; `prices`: disk against memory;
//! - `stats`, `counters`: figures; `openapi`: the description of it all; `pages`: the dashboard's files;
//! - `running`: all of it, until it is told to end.
//!
//! The engine is reached through its port only, also when both run in one process.

mod api;
mod base64;
mod command;
mod counters;
mod engine;
mod hosts;
mod keys;
mod lanes;
mod openapi;
mod pages;
mod parameters;
mod prices;
mod rate;
mod replies;
mod routes;
mod running;
mod stats;

use std::fmt;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use heapwood_http_bridge::{Front, GuardLimits, Incoming};

use self::api::Api;
use self::counters::Counters;
use self::hosts::Hosts;
use self::lanes::{Lane, Lanes};
use self::rate::RateLimit;
pub use self::running::{RunningBridge, Stopper};
use crate::options::BridgeLimits;
use crate::race::{MarketSize, Race, RaceOptions};

/// A response this large goes to a slow reader without a thread waiting for it.
const RESPONSE_BUFFER_BYTES: usize = 4 << 20;
/// What all HTTP connections together may hold, at least; more when a single body may be larger.
const BUFFERED_BYTES: usize = 64 << 20;

/// Where the bridge listens and what it stands before.
#[derive(Clone, Debug)]
pub struct BridgeOptions {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The engine's address.
    pub engine: SocketAddr,
    /// Sent with AUTH on each connection to the engine.
    pub password: Option<String>,
    /// Directory of the market's SQLite files.
    pub dir: PathBuf,
    /// How large a market to build.
    pub market: MarketSize,
    /// Limits of connections, sizes, times and rates, and the names it answers to.
    pub limits: BridgeLimits,
    /// Whether to show the building of the market on standard error.
    pub show_progress: bool,
}

impl BridgeOptions {
    /// The defaults for a bridge at `listen` before the engine at `engine`, with its market in `dir`.
    pub fn new(listen: SocketAddr, engine: SocketAddr, dir: PathBuf) -> Self {
        Self {
            listen,
            engine,
            password: None,
            dir,
            market: MarketSize::default(),
            limits: BridgeLimits::default(),
            show_progress: false,
        }
    }
}

/// Why the bridge did not start: one line with what, why and what to do.
#[derive(Debug)]
pub struct BridgeError(String);

impl fmt::Display for BridgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BridgeError {}

/// Opens the port, begins to build the market in the background, and returns.
///
/// # Errors
/// The port cannot be opened, or others could reach it and nobody said under which name.
pub fn run(options: BridgeOptions) -> Result<RunningBridge, BridgeError> {
    let listen = options.listen;
    if !listen.ip().is_loopback() && options.limits.allow_host.is_empty() {
        return Err(BridgeError(format!(
            "refusing to listen on {listen}: whoever reaches it may change every key; to allow that, \
             name it as its users will call it with --allow-host"
        )));
    }
    let cannot = |what: &str, why: std::io::Error| {
        let why = match why.kind() {
            ErrorKind::AddrInUse => "the port is in use by another program".to_owned(),
            _ => why.to_string(),
        };
        BridgeError(format!(
            "cannot {what} {listen} for HTTP: {why}; choose another address with --http, or --listen of `heapwood bridge`"
        ))
    };
    let listener = TcpListener::bind(listen).map_err(|e| cannot("listen on", e))?;
    let addr = listener.local_addr().map_err(|e| cannot("use", e))?;
    let race = Arc::new(Race::start(race_options(&options)));
    let counters = Counters::new(Instant::now());
    let rate = Arc::new(Mutex::new(RateLimit::new(options.limits.http_rate, counters.rate_limited())));
    let hosts = Hosts::new(addr, &options.limits.allow_host);
    let api = Api::new(options.engine, options.password.clone(), Arc::clone(&race), hosts, counters);
    let api = Arc::new(api);
    let lanes = routes::lanes(options.limits.engine_connections);
    let limits = guard_limits(&options.limits, &lanes);
    let open = move |listener| {
        let rate = Arc::clone(&rate);
        let gate =
            move |peer| rate.lock().unwrap_or_else(PoisonError::into_inner).admit(peer, Instant::now());
        Front::open(listener, limits, Box::new(gate))
    };
    let lanes = Lanes::start(&lanes, move |request: &Incoming| api.answer(request), routes::lane);
    let running = lanes.and_then(|lanes| {
        RunningBridge::start(listener, open, move |request| lanes.take(request), Arc::clone(&race))
    });
    running.map_err(|error| {
        race.shut_down();
        cannot("serve on", error)
    })
}

fn race_options(options: &BridgeOptions) -> RaceOptions {
    let mut race = RaceOptions::new(options.dir.clone(), options.engine);
    race.password.clone_from(&options.password);
    race.size = options.market;
    race.show_progress = options.show_progress;
    race
}

fn guard_limits(limits: &BridgeLimits, lanes: &[Lane]) -> GuardLimits {
    let time = Duration::from_secs(limits.http_timeout.max(1));
    GuardLimits {
        max_connections: limits.http_max_connections,
        // As many as all lanes hold, so that a full lane is told so and takes no other's place.
        max_in_flight: lanes.iter().map(|lane| lane.threads + lane.queue).sum(),
        max_head_bytes: limits.http_head_bytes,
        max_body_bytes: limits.http_body_bytes,
        max_buffered_bytes: BUFFERED_BYTES.max(limits.http_body_bytes.saturating_mul(2)),
        response_buffer_bytes: RESPONSE_BUFFER_BYTES,
        request_timeout: time,
        response_timeout: time,
    }
}

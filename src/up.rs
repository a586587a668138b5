//! Starts everything: the engine, the bridge before it, the market behind the bridge. Also the bridge alone.

use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use heapwood_poll_loop::{Interest, PollPoller, Poller, WakeReader, raise_open_files};

use crate::bridge::{self, RunningBridge, Stopper};
use crate::engine::secret::Secret;
use crate::engine::{self, RunningEngine};
use crate::options::{BridgeLimits, BridgeOptions, SecretOptions, UpOptions};

/// Descriptors that one HTTP connection may need: its own, and three for its request inside.
const DESCRIPTORS_PER_CONNECTION: usize = 4;
/// Descriptors of what is neither client nor connection: log, databases, listeners, connections to the engine.
const OTHER_DESCRIPTORS: usize = 256;

/// Runs `heapwood up` until a signal ends it: exit code 0 after an orderly end, 2 when it cannot start as asked,
/// 1 for a damaged log or a failure on the way.
pub fn run(options: &UpOptions) -> ExitCode {
    // Before the engine counts what it may have: its clients and the bridge's connections share one limit.
    let connections = options.bridge_limits.http_max_connections;
    let wanted =
        options.engine.limits.max_clients + connections * DESCRIPTORS_PER_CONNECTION + OTHER_DESCRIPTORS;
    raise_open_files(wanted as u64);
    let engine = match engine::start(&options.engine) {
        Ok(engine) => engine,
        Err(error) => return error.report(),
    };
    if let Err(error) = engine.stop_on_signals() {
        crate::complain(format_args!("heapwood: signals will not stop this server in order: {error}"));
    }
    let site = Site {
        listen: options.http,
        engine: reachable(engine.addr()),
        dir: options.engine.dir.clone(),
        secret: &options.engine.secret,
        limits: &options.bridge_limits,
    };
    let bridge = match site.start() {
        Ok(bridge) => bridge,
        Err(line) => {
            engine.shut_down();
            let _ = engine.join();
            return bad_use(&line);
        }
    };
    stop_on_signals(&bridge);
    crate::say(&banner(&engine, &bridge));
    let (stop_engine, stop_bridge) = (engine.waker(), bridge.stopper());
    // Without an engine the bridge serves nobody: it ends too.
    let watch = thread::spawn(move || {
        let ended = engine.join();
        stop_bridge.shut_down();
        ended
    });
    // The bridge first, so that the last HTTP requests still find the engine.
    bridge.join();
    stop_engine.shut_down();
    match watch.join().unwrap_or_else(|_| Err("the thread that watches the engine panicked".to_owned())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            crate::complain(format_args!("heapwood: {reason}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs `heapwood bridge` until a signal ends it: exit code 0 after an orderly end, 2 when it cannot start as asked.
/// An engine that is not there yet is waited for; the page says so.
pub fn run_bridge(options: &BridgeOptions) -> ExitCode {
    let connections = options.limits.http_max_connections;
    raise_open_files((connections * DESCRIPTORS_PER_CONNECTION + OTHER_DESCRIPTORS) as u64);
    let site = Site {
        listen: options.listen,
        engine: options.engine,
        dir: options.dir.clone(),
        secret: &options.secret,
        limits: &options.limits,
    };
    let bridge = match site.start() {
        Ok(bridge) => bridge,
        Err(line) => return bad_use(&line),
    };
    stop_on_signals(&bridge);
    let (version, http, engine) = (crate::VERSION, bridge.addr(), options.engine);
    crate::say(&format!(
        "heapwood {version}: the dashboard listens on {http}, for the engine at {engine}\n  \
         open http://{http} in a browser; stop it: Ctrl-C"
    ));
    bridge.join();
    ExitCode::SUCCESS
}

/// What both ways to start a bridge have in common.
struct Site<'a> {
    listen: SocketAddr,
    engine: SocketAddr,
    dir: PathBuf,
    secret: &'a SecretOptions,
    limits: &'a BridgeLimits,
}

impl Site<'_> {
    fn start(self) -> Result<RunningBridge, String> {
        let secret = Secret::of(self.secret)?;
        let password = secret.map(|secret| String::from_utf8(secret.as_bytes().to_vec())).transpose();
        let mut options = bridge::BridgeOptions::new(self.listen, self.engine, self.dir);
        options.password =
            password.map_err(|_| "the bridge needs a password that is UTF-8; change it".to_owned())?;
        options.limits = self.limits.clone();
        options.show_progress = std::io::stderr().is_terminal();
        bridge::run(options).map_err(|error| error.to_string())
    }
}

/// Makes SIGINT and SIGTERM end the bridge, whatever its loops are about.
fn stop_on_signals(bridge: &RunningBridge) {
    if let Err(error) = wait_for_signals(bridge.stopper()) {
        crate::complain(format_args!("heapwood: signals will not stop this server in order: {error}"));
    }
}

fn wait_for_signals(stopper: Stopper) -> io::Result<()> {
    let mut signals = WakeReader::new()?;
    let mut poller = PollPoller::new();
    poller.add(signals.fd(), 0, Interest::READ)?;
    heapwood_poll_loop::stop_on_signals(signals.waker())?;
    let wait = move || {
        while poller.wait(None, &mut Vec::new()).is_ok() {
            if signals.drain() {
                stopper.shut_down();
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

fn bad_use(line: &str) -> ExitCode {
    crate::complain(format_args!("heapwood: {line}"));
    ExitCode::from(crate::EXIT_BAD_USE)
}

/// The address under which an engine that listens on every address is reached from here.
fn reachable(mut engine: SocketAddr) -> SocketAddr {
    if engine.ip().is_unspecified() {
        engine.set_ip(match engine.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    engine
}

fn banner(engine: &RunningEngine, bridge: &RunningBridge) -> String {
    let (version, addr, http, story) = (crate::VERSION, engine.addr(), bridge.addr(), engine.story());
    let symbol = bridge.race().symbols().first().map_or("ABC", String::as_str);
    let client = engine.client();
    format!(
        "heapwood {version}: the engine listens on {addr}, the dashboard on http://{http}\n  \
         {story}\n  \
         open http://{http} in a browser and watch disk race memory; then try\n    \
         {client}    # a prompt; ask it: PREFIX quote: LIMIT 3\n    \
         curl 'http://{http}/api/quotes/{symbol}?via=memory'\n    \
         curl http://{http}/openapi.json    # all routes\n  \
         stop it: Ctrl-C, which keeps everything"
    )
}

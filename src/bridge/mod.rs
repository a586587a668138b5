//! The HTTP interface: JSON for programs, pages for people, figures for Prometheus.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Requests a second that one client address may make, unless told otherwise.
pub const DEFAULT_RATE_PER_SECOND: u32 = 1_000;

/// Where the bridge listens and what it stands before.
#[derive(Clone, Debug)]
pub struct BridgeOptions {
    /// Where to listen, `host:port`; port 0 lets the system choose.
    pub listen: String,
    /// The engine's address.
    pub engine: SocketAddr,
    /// Sent with AUTH on each connection to the engine.
    pub password: Option<String>,
    /// Directory of the market's SQLite files.
    pub dir: PathBuf,
    /// Names besides the listen address and loopback by which clients may call this server, each `host` or `host:port`.
    pub allow_hosts: Vec<String>,
    /// Requests a second that one client address may make; 0 is no limit.
    pub rate_per_second: u32,
    /// Whether to show the building of the market on standard error.
    pub show_progress: bool,
}

impl BridgeOptions {
    /// The defaults for a bridge at `listen` before the engine at `engine`, with its market in `dir`.
    pub fn new(listen: impl Into<String>, engine: SocketAddr, dir: PathBuf) -> Self {
        Self {
            listen: listen.into(),
            engine,
            password: None,
            dir,
            allow_hosts: Vec::new(),
            rate_per_second: DEFAULT_RATE_PER_SECOND,
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

/// A running bridge.
pub struct RunningBridge {
    addr: SocketAddr,
}

/// Opens the port, begins to build the market in the background, and returns.
pub fn run(options: BridgeOptions) -> Result<RunningBridge, BridgeError> {
    let _ = options;
    Err(BridgeError("the bridge is not built yet".to_owned()))
}

impl RunningBridge {
    /// The address it listens on, with the chosen port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Begins to end: no new connections, requests under way finish, an unfinished build stops. Returns at once.
    pub fn shut_down(&self) {}

    /// Waits until it has ended.
    pub fn join(self) {}
}

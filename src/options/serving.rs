//! The options of what serves HTTP: the bridge alone, and everything at once.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::engine::{EngineOptions, SecretOptions};
use super::quantity::{parse_address, parse_bytes, parse_count, parse_time};

/// `heapwood up`: the engine, the bridge and the dashboard in one process.
#[derive(Clone, Debug, Args)]
#[command(after_help = UP_HELP)]
pub struct UpOptions {
    /// Where the dashboard and the HTTP interface listen; port 0 lets the system choose.
    #[arg(long, env = "HEAPWOOD_HTTP", value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = parse_address)]
    pub http: SocketAddr,
    /// The engine's own options.
    #[command(flatten)]
    pub engine: EngineOptions,
    /// The bridge's limits.
    #[command(flatten)]
    pub bridge_limits: BridgeLimits,
}

const UP_HELP: &str = "\
Examples:
  heapwood                                 all on its defaults, data in ./data
  heapwood --http 127.0.0.1:9000 --port 0  on other ports; 0: the system chooses
  heapwood --dir /tmp/try                  with another folder

Ctrl-C ends it and keeps everything. `heapwood up --help` also tells every limit.";

const BRIDGE_HELP: &str = "\
The password is the engine's. An engine that is away is waited for, and the page says so.

Examples:
  heapwood bridge --engine 192.168.1.5:7379 --requirepass-file FILE
  heapwood bridge --listen 127.0.0.1:9000";

/// `heapwood bridge`: the dashboard for an engine that runs elsewhere.
#[derive(Clone, Debug, Args)]
#[command(after_help = BRIDGE_HELP)]
pub struct BridgeOptions {
    /// Where the dashboard and the HTTP interface listen; port 0 lets the system choose.
    #[arg(long, env = "HEAPWOOD_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = parse_address)]
    pub listen: SocketAddr,
    /// The engine's address.
    #[arg(long, env = "HEAPWOOD_ENGINE", value_name = "ADDRESS", default_value = "127.0.0.1:7379", value_parser = parse_address)]
    pub engine: SocketAddr,
    /// The folder of the disk-bound database, made when it is missing.
    #[arg(long, env = "HEAPWOOD_DIR", default_value = "./data")]
    pub dir: PathBuf,
    /// The engine's password.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// The bridge's limits.
    #[command(flatten)]
    pub limits: BridgeLimits,
}

/// The bridge's limits, each with its default.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "HTTP limits")]
pub struct BridgeLimits {
    /// HTTP connections at once.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_HTTP_MAX_CONNECTIONS", value_name = "COUNT", default_value_t = 256, value_parser = parse_count)]
    pub http_max_connections: usize,
    /// Head of an HTTP request.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_HTTP_HEAD_BYTES", value_name = "BYTES", default_value = "16k", value_parser = parse_bytes)]
    pub http_head_bytes: usize,
    /// Body of an HTTP request.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_HTTP_BODY_BYTES", value_name = "BYTES", default_value = "8m", value_parser = parse_bytes)]
    pub http_body_bytes: usize,
    /// Seconds an HTTP connection may take over its request or leave its answer unread.
    #[arg(
        long,
        hide_short_help = true,
        env = "HEAPWOOD_HTTP_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = parse_time
    )]
    pub http_timeout: u64,
    /// HTTP requests a second from one address.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_HTTP_RATE", value_name = "COUNT", default_value_t = 1_000, value_parser = parse_count)]
    pub http_rate: usize,
    /// Connections that the bridge keeps to the engine.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_ENGINE_CONNECTIONS", value_name = "COUNT", default_value_t = 8, value_parser = parse_count)]
    pub engine_connections: usize,
    /// A name, with a port or without, by which users call this server besides its address and
    /// localhost; may be given several times.
    #[arg(
        long,
        hide_short_help = true,
        env = "HEAPWOOD_ALLOW_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub allow_host: Vec<String>,
}

impl Default for BridgeLimits {
    fn default() -> Self {
        Self {
            http_max_connections: 256,
            http_head_bytes: 16 << 10,
            http_body_bytes: 8 << 20,
            http_timeout: 30,
            http_rate: 1_000,
            engine_connections: 8,
            allow_host: Vec::new(),
        }
    }
}

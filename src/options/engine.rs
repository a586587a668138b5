//! The options of the engine and its limits.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::quantity::{parse_bind, parse_bytes, parse_count, parse_port, parse_time};

/// How the engine waits for its sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PollerChoice {
    /// poll, and on Linux epoll from 256 clients on.
    Auto,
    /// poll always.
    Poll,
    /// epoll always (Linux).
    Epoll,
}

/// When a write reaches the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FsyncChoice {
    /// Before its reply leaves.
    Always,
    /// Within about a second.
    Everysec,
    /// When the system likes.
    No,
}

/// The engine's options: `heapwood server`, and half of `heapwood up`.
#[derive(Clone, Debug, Args)]
#[command(after_help = SERVER_HELP)]
pub struct EngineOptions {
    /// The TCP port; 0 lets the system choose one, which is printed.
    #[arg(long, env = "HEAPWOOD_PORT", default_value_t = 7379, value_parser = parse_port)]
    pub port: u16,
    /// The address to listen on; any but a loopback address needs a password.
    #[arg(long, env = "HEAPWOOD_BIND", default_value = "127.0.0.1", value_parser = parse_bind)]
    pub bind: IpAddr,
    /// The folder of the log, made when it is missing; one server at a time.
    #[arg(long, env = "HEAPWOOD_DIR", default_value = "./data")]
    pub dir: PathBuf,
    /// When writes reach the disk.
    #[arg(long, env = "HEAPWOOD_FSYNC", value_enum, default_value_t = FsyncChoice::Everysec)]
    pub fsync: FsyncChoice,
    /// Keep no log: everything is gone when the server stops.
    #[arg(long, env = "HEAPWOOD_NO_AOF", value_parser = FalseyValueParser::new())]
    pub no_aof: bool,
    /// How to wait for sockets.
    #[arg(long, env = "HEAPWOOD_POLLER", value_enum, default_value_t = PollerChoice::Auto)]
    pub poller: PollerChoice,
    /// The password that clients must give.
    #[command(flatten)]
    pub secret: SecretOptions,
    /// Everything has a limit.
    #[command(flatten)]
    pub limits: LimitOptions,
}

const SERVER_HELP: &str = "\
Examples:
  heapwood server                    on 127.0.0.1:7379, with its log in ./data
  heapwood server --port 0 --no-aof  a throw-away one, on a port the system chooses
  heapwood server --fsync always     each write on disk before its reply
  heapwood server --bind 0.0.0.0 --requirepass-file FILE  for other machines too

Talk to it with `heapwood cli`. Ctrl-C ends it and keeps everything.
`heapwood server --help` also tells every limit.";

/// The password, in one of two forms; both are also variables.
#[derive(Clone, Debug, Default, Args)]
pub struct SecretOptions {
    /// The password that clients give with AUTH (visible to other users of this machine: prefer
    /// the file or the variable).
    #[arg(
        long,
        env = "HEAPWOOD_REQUIREPASS",
        value_name = "PASSWORD",
        hide_env_values = true,
        conflicts_with = "requirepass_file"
    )]
    pub requirepass: Option<String>,
    /// A file whose first line is that password.
    #[arg(long, env = "HEAPWOOD_REQUIREPASS_FILE", value_name = "FILE")]
    pub requirepass_file: Option<PathBuf>,
}

/// The engine's limits, each with its default and its reason.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitOptions {
    /// Clients at once; fewer, with a warning, where the system allows fewer open files.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_MAX_CLIENTS", value_name = "COUNT", default_value_t = 10_000, value_parser = parse_count)]
    pub max_clients: usize,
    /// Arguments of a request.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_MAX_ARGUMENTS", value_name = "COUNT", default_value_t = 1_048_576, value_parser = parse_count)]
    pub max_arguments: usize,
    /// Body of a frame; at most 128m - 1, so that a first byte tells frames from RESP.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_MAX_BODY_BYTES", value_name = "BYTES", default_value = "134217727", value_parser = parse_bytes)]
    pub max_body_bytes: usize,
    /// Length of a string value, also when APPEND makes it.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_MAX_BULK_BYTES", value_name = "BYTES", default_value = "512m", value_parser = parse_bytes)]
    pub max_bulk_bytes: usize,
    /// Body of a frame before the client has authenticated.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_UNAUTHENTICATED_BODY_BYTES", value_name = "BYTES", default_value = "16k", value_parser = parse_bytes)]
    pub unauthenticated_body_bytes: usize,
    /// Arguments of a request before the client has authenticated.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_UNAUTHENTICATED_ARGUMENTS", value_name = "COUNT", default_value_t = 10, value_parser = parse_count)]
    pub unauthenticated_arguments: usize,
    /// Input held for a client beyond one largest request.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_INPUT_BYTES", value_name = "BYTES", default_value = "64m", value_parser = parse_bytes)]
    pub input_bytes: usize,
    /// Unread output above which a client's further requests wait.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_SOFT_OUTPUT_BYTES", value_name = "BYTES", default_value = "1m", value_parser = parse_bytes)]
    pub soft_output_bytes: usize,
    /// Unread output at which a client is dropped; above the largest reply.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_HARD_OUTPUT_BYTES", value_name = "BYTES", default_value = "256m", value_parser = parse_bytes)]
    pub hard_output_bytes: usize,
    /// Seconds without a request after which a client is dropped; 0 for never.
    #[arg(
        long,
        hide_short_help = true,
        env = "HEAPWOOD_IDLE_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = parse_time
    )]
    pub idle_timeout: u64,
    /// Seconds a client with full input may leave its replies unread.
    #[arg(
        long,
        hide_short_help = true,
        env = "HEAPWOOD_STALL_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = parse_time
    )]
    pub stall_timeout: u64,
    /// Requests of one client in one round, so that a pipeline cannot keep others waiting.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_REQUESTS_PER_ROUND", value_name = "COUNT", default_value_t = 1_024, value_parser = parse_count)]
    pub requests_per_round: usize,
    /// Bytes read from one client in one round, for the same reason.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_READ_BYTES_PER_ROUND", value_name = "BYTES", default_value = "256k", value_parser = parse_bytes)]
    pub read_bytes_per_round: usize,
    /// Milliseconds a round may spend on housekeeping: deadlines, freeing, log repair.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_HOUSEKEEPING_MS", value_name = "MS", default_value_t = 2, value_parser = parse_time)]
    pub housekeeping_ms: u64,
    /// Seconds a shutdown waits for clients to take their last replies.
    #[arg(
        long,
        hide_short_help = true,
        env = "HEAPWOOD_SHUTDOWN_GRACE",
        value_name = "SECONDS",
        default_value_t = 5,
        value_parser = parse_time
    )]
    pub shutdown_grace: u64,
    /// Seed of the treap's priorities, for tests and pictures; the system draws one otherwise.
    #[arg(long, hide_short_help = true, env = "HEAPWOOD_SEED")]
    pub seed: Option<u64>,
}

impl Default for EngineOptions {
    /// What `heapwood server` without flags would have, whatever the variables say.
    fn default() -> Self {
        Self {
            port: 7379,
            bind: std::net::Ipv4Addr::LOCALHOST.into(),
            dir: PathBuf::from("./data"),
            fsync: FsyncChoice::Everysec,
            no_aof: false,
            poller: PollerChoice::Auto,
            secret: SecretOptions::default(),
            limits: LimitOptions::default(),
        }
    }
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self {
            max_clients: 10_000,
            max_arguments: 1_048_576,
            max_body_bytes: (128 << 20) - 1,
            max_bulk_bytes: 512 << 20,
            unauthenticated_body_bytes: 16 << 10,
            unauthenticated_arguments: 10,
            input_bytes: 64 << 20,
            soft_output_bytes: 1 << 20,
            hard_output_bytes: 256 << 20,
            idle_timeout: 0,
            stall_timeout: 10,
            requests_per_round: 1_024,
            read_bytes_per_round: 256 << 10,
            housekeeping_ms: 2,
            shutdown_grace: 5,
            seed: None,
        }
    }
}

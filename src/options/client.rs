//! The options of what talks to a server or looks at its log.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::quantity::{parse_bytes, parse_count};

/// Which server to talk to, and with which password.
#[derive(Clone, Debug, Args)]
pub struct Server {
    /// The server's host name or address.
    #[arg(long, env = "HEAPWOOD_HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// The server's port.
    #[arg(long, short = 'p', env = "HEAPWOOD_PORT", default_value_t = 7379)]
    pub port: u16,
    /// The password to give with AUTH.
    #[arg(
        long,
        env = "HEAPWOOD_REQUIREPASS",
        value_name = "PASSWORD",
        hide_env_values = true,
        conflicts_with = "password_file"
    )]
    pub password: Option<String>,
    /// A file whose first line is that password.
    #[arg(long, env = "HEAPWOOD_REQUIREPASS_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// `heapwood cli`: a prompt, or one command.
#[derive(Clone, Debug, Args)]
pub struct CliOptions {
    /// The server to talk to.
    #[command(flatten)]
    pub server: Server,
    /// Print the reply as JSON.
    #[arg(long)]
    pub json: bool,
    /// Seconds to wait for a connection and for each reply; 0 for as long as it takes.
    #[arg(
        long,
        env = "HEAPWOOD_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 0
    )]
    pub timeout: u64,
    /// A command with its arguments; without one there is a prompt.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<OsString>,
}

/// `heapwood check-aof`: what is in a log, and what is wrong with it.
#[derive(Clone, Debug, Args)]
pub struct CheckAofOptions {
    /// The log, such as data/database.aof.
    pub file: PathBuf,
    /// Repair it: keep a copy beside it as FILE.bak-<unix ms>, cut out what is damaged.
    #[arg(long)]
    pub fix: bool,
}

/// `heapwood bench`: load on a server.
#[derive(Clone, Debug, Args)]
pub struct LoadOptions {
    /// The server to put load on.
    #[command(flatten)]
    pub server: Server,
    /// Connections.
    #[arg(long, short = 'c', default_value_t = 50, value_parser = parse_count)]
    pub clients: usize,
    /// Requests of each test.
    #[arg(long, short = 'n', default_value_t = 1_000_000, value_parser = parse_count)]
    pub requests: usize,
    /// Requests sent before their replies are read, on each connection.
    #[arg(long, short = 'P', default_value_t = 1, value_parser = parse_count)]
    pub pipeline: usize,
    /// Different keys, drawn uniformly.
    #[arg(long, short = 'r', default_value_t = 1_000_000, value_parser = parse_count)]
    pub keys: usize,
    /// Bytes of a value.
    #[arg(long, short = 'd', value_name = "BYTES", default_value = "32", value_parser = parse_bytes)]
    pub value_bytes: usize,
    /// Which tests, with commas between them: set, get, incr, lpush, lpop, rank, ping.
    #[arg(long, short = 't', value_delimiter = ',', default_value = "set,get")]
    pub tests: Vec<String>,
    /// Threads that make the load.
    #[arg(long, default_value_t = 1, value_parser = parse_count)]
    pub threads: usize,
    /// Fill the server with all keys before the first test.
    #[arg(long)]
    pub fill: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
    /// Seed of the keys drawn; printed when the system draws one.
    #[arg(long)]
    pub seed: Option<u64>,
}

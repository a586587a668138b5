//! The options of what talks to a server or looks at its log.

use std::ffi::OsString;
use std::path::PathBuf;
use std::{fmt, io};

use clap::Args;

use super::quantity::{parse_bytes, parse_count, parse_port, parse_time};
use crate::load::{Kind, Share};

/// Which server to talk to, and with which password.
#[derive(Clone, Debug, Args)]
pub struct Server {
    /// The server's host name or address.
    #[arg(long, env = "HEAPWOOD_HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// The server's port.
    #[arg(long, short = 'p', env = "HEAPWOOD_PORT", default_value_t = 7379, value_parser = parse_port)]
    pub port: u16,
    /// The password to give with AUTH.
    #[arg(
        long,
        env = "HEAPWOOD_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true,
        conflicts_with = "password_file"
    )]
    pub password: Option<OsString>,
    /// A file whose first line is that password.
    #[arg(long, env = "HEAPWOOD_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// Why there is no password where one was named.
#[derive(Debug)]
pub struct PasswordError {
    path: PathBuf,
    /// `None`: the file was read, and its first line is empty.
    source: Option<io::Error>,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.source {
            Some(source) => write!(f, "cannot read the password file {path}: {source}"),
            None => write!(f, "the first line of the password file {path} is empty"),
        }
    }
}

impl std::error::Error for PasswordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl Server {
    /// The password to give, from whichever of the options names one.
    ///
    /// # Errors
    ///
    /// The password file cannot be read, or its first line is empty.
    pub fn secret(&self) -> Result<Option<Vec<u8>>, PasswordError> {
        if let Some(password) = &self.password {
            return Ok(Some(password.as_encoded_bytes().to_vec()));
        }
        let Some(path) = &self.password_file else {
            return Ok(None);
        };
        let failed = |source| PasswordError { path: path.clone(), source };
        let content = std::fs::read(path).map_err(|source| failed(Some(source)))?;
        let line = content.split(|&byte| byte == b'\n').next().unwrap_or(b"");
        match line.strip_suffix(b"\r").unwrap_or(line) {
            b"" => Err(failed(None)),
            password => Ok(Some(password.to_vec())),
        }
    }
}

/// `heapwood cli`: a prompt, or one command.
#[derive(Clone, Debug, Args)]
#[command(after_help = CLI_HELP)]
pub struct CliOptions {
    /// The server to talk to.
    #[command(flatten)]
    pub server: Server,
    /// Print replies as JSON, one a line; bytes that are not UTF-8 as {"base64": "..."}.
    #[arg(long, conflicts_with_all = ["raw", "no_raw"])]
    pub json: bool,
    /// Print replies as bare bytes, also on a terminal.
    #[arg(long, conflicts_with = "no_raw")]
    pub raw: bool,
    /// Print replies with their types, also when standard output is not a terminal.
    #[arg(long)]
    pub no_raw: bool,
    /// Leave out the line end after a bare reply.
    #[arg(short = 'n', long)]
    pub no_newline: bool,
    /// Add all of standard input, as it is, as the command's last argument.
    #[arg(short = 'x', long)]
    pub stdin: bool,
    /// Seconds to wait for each reply, but not for commands that block; 0 for as long as it takes.
    #[arg(long, env = "HEAPWOOD_TIMEOUT", value_name = "SECONDS", default_value_t = 60, value_parser = parse_time)]
    pub timeout: u64,
    /// A command with its arguments; without one there is a prompt.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<OsString>,
}

const CLI_HELP: &str = "\
Without a command there is a prompt on a terminal; otherwise each line of
standard input is a command.
Replies are shown with their types on a terminal, and as bare bytes elsewhere.

Exit codes: 0 a reply (nil included), 1 an error reply, 2 bad use, 3 no server or no reply.

Examples:
  heapwood cli                            a prompt: Tab completes, `help` tells the commands
  heapwood cli SET greeting hello         one command
  heapwood cli -x SET picture < a.png     a value from standard input
  heapwood cli -n GET picture > b.png     and back, byte for byte
  heapwood cli --json RANGE a z LIMIT 10  for programs";

/// `heapwood check-aof`: what is in a log, and what is wrong with it.
#[derive(Clone, Debug, Args)]
#[command(after_help = CHECK_AOF_HELP)]
pub struct CheckAofOptions {
    /// The log, such as data/database.aof.
    pub file: PathBuf,
    /// Repair it: keep a copy beside it as `FILE.bak-<unix ms>`, cut out what is damaged.
    #[arg(long)]
    pub fix: bool,
}

const CHECK_AOF_HELP: &str = "\
Without --fix nothing is changed. Logs of Redis and Valkey are understood too.

Exit codes: 0 sound or repaired, 1 a tail to cut or damage, 2 bad use or a file that cannot be read.

Examples:
  heapwood check-aof data/database.aof        what is in it, and is it sound?
  heapwood check-aof data/database.aof --fix  cut out what is damaged; stop its server first";

/// `heapwood bench`: load on a server.
#[derive(Clone, Debug, Args)]
#[command(after_help = BENCH_HELP)]
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
    /// Which tests, one after the other, with commas between them: set, get, incr, lpush, lpop, rank, del, ping.
    #[arg(long, short = 't', value_delimiter = ',', default_value = "set,get")]
    pub tests: Vec<Kind>,
    /// One test that draws from several, with their weights: get=80,set=20.
    #[arg(long, value_delimiter = ',', conflicts_with = "tests")]
    pub mix: Vec<Share>,
    /// End each test after so many seconds, whatever is left of its requests.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub duration: Option<u64>,
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

const BENCH_HELP: &str = "\
It writes to the server: keys `key:…`, of which there are --keys, stay there.

Exit codes: 0 measured, 1 there were error replies, 2 bad use, 3 no server or no reply.

Examples:
  heapwood bench                             a million SETs, then as many GETs
  heapwood bench -P 16 -t get --duration 10  GETs for ten seconds, 16 at a time
  heapwood bench --fill --mix get=80,set=20  a full server, then a mix
  heapwood bench --json > figures.json       for programs";

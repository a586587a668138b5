//! Stage 6's server: stage 5's, with deques and clients that wait for elements.
#![forbid(unsafe_code)]

mod commands;
mod list_commands;
mod server;

use heapwood_aof::{DiskStorage, Log, LogOptions, Problem};
use heapwood_deques::{Graveyard, Waiters};
use heapwood_poll_loop::{Clock, EventLoop, LoopOptions, PollPoller, SystemClock, stop_on_signals};
use heapwood_ttl::Keyspace;
use server::{Loader, Server};
use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

const HELP: &str = "\
heapwood-deques: stage 6 of Heapwood, a broker: queues beside strings, ordered, durable, expiring.

usage: heapwood-deques [--port PORT] [--dir DIR] [--fsync always|everysec|no]

  --port PORT  the port to listen on, on 127.0.0.1; 0 chooses a free one [default: 7379]
  --dir DIR    where database.aof is [default: data]
  --fsync WHEN when the log is forced to disk [default: everysec]
  --help       this text

Commands: PING, SET key value [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL], GET key, DEL key..., EXISTS key...,
  RANGE start end, RANK key, AT index (from 0), EXPIRE|PEXPIRE|EXPIREAT|PEXPIREAT key time [NX|XX|GT|LT]...,
  TTL|PTTL|EXPIRETIME|PEXPIRETIME key, PERSIST key, FLUSHALL,
  LPUSH|RPUSH key element..., LPOP|RPOP key [count], LLEN key, LRANGE key start stop, LINDEX key index,
  BLPOP|BRPOP key... timeout
Talk to it with: heapwood cli --port PORT";

struct Options {
    port: u16,
    dir: String,
    log: LogOptions,
}

/// The options, or `None` when help is asked for.
fn parse_options(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { port: 7379, dir: "data".into(), log: LogOptions::default() };
    while let Some(name) = args.next() {
        if name == "--help" || name == "-h" {
            return Ok(None);
        }
        let value = args.next().ok_or(format!("{name} needs a value, or is no option; see --help"))?;
        match name.as_str() {
            "--port" => {
                options.port =
                    value.parse().map_err(|_| format!("--port {value:?} is not a number from 0 to 65535"))?
            }
            "--dir" => options.dir = value,
            "--fsync" => options.log.policy = value.parse()?,
            _ => return Err(format!("there is no option {name}; see --help")),
        }
    }
    Ok(Some(options))
}

/// A message and the exit code it comes with: 2 for what the caller can set right, 1 for the rest.
type Refusal = (String, u8);

fn run(Options { port, dir, log }: Options) -> Result<(), Refusal> {
    let in_dir = |error| (format!("cannot use the folder {dir}: {error}"), 2);
    fs::create_dir_all(&dir).map_err(in_dir)?;
    let lock = File::create(format!("{dir}/heapwood.lock")).map_err(in_dir)?;
    lock.try_lock().map_err(|error| in_dir(error.into()))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        (format!("cannot listen on 127.0.0.1:{port}: {error}; choose another port with --port"), 2)
    })?;
    let (service, clock) = open(&dir, log)?;
    let (poller, limits) = (PollPoller::new(), LoopOptions::default());
    let serve = || {
        let server = EventLoop::new(vec![listener], service, poller, clock, limits)?;
        stop_on_signals(&server.waker())?;
        let port = server.local_addr()?.port();
        println!(
            "heapwood-deques: queues and keys, ordered, durable, expiring, on 127.0.0.1:{port}; \
             talk to it with: heapwood cli --port {port}"
        );
        server.run().map(drop)
    };
    serve().map_err(|error: std::io::Error| (error.to_string(), 1))
}

/// Loads the log in `dir`. The clock goes on from the last moment in it, so that nothing that expired comes back.
fn open(dir: &str, options: LogOptions) -> Result<(Server, SystemClock), Refusal> {
    let mut keys = Keyspace::new();
    keys.set_replaying(true);
    let now = SystemClock::with_floor(0).now();
    let (storage, mut loader) = (DiskStorage::new(dir), Loader(&mut keys, now));
    let opened = Log::open(storage, options, now.unix_ms, &mut loader, &mut |_, _| ());
    let (log, recovery) = opened.map_err(|error| {
        let code = if matches!(error.problem, Problem::Io(_)) { 2 } else { 1 };
        (error.to_string(), code)
    })?;
    keys.set_replaying(false);
    eprintln!("heapwood-deques: loaded {} records, cut {} bytes", recovery.records, recovery.cut_bytes);
    let clock = SystemClock::with_floor(recovery.last_now_unix_ms.unwrap_or(0));
    let (graves, waiters) = (Graveyard::new(), Waiters::new());
    let service = Server { keys, graves, waiters, log, next_mend_mono_ms: 0 };
    Ok((service, clock))
}

fn main() -> ExitCode {
    let (message, code) = match parse_options(std::env::args().skip(1)) {
        Ok(None) => {
            // A reader that has seen enough, as in `--help | head -1`, is no failure.
            let _ = writeln!(std::io::stdout(), "{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Some(options)) => match run(options) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(refusal) => refusal,
        },
        Err(message) => (message, 2),
    };
    eprintln!("heapwood-deques: {message}");
    ExitCode::from(code)
}

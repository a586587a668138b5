//! Stage 5's server: stage 4's, with keys that expire.
#![forbid(unsafe_code)]

mod commands;
mod server;

use commands::text;
use heapwood_aof::{DiskStorage, Log, LogOptions};
use heapwood_poll_loop::{Clock, EventLoop, LoopOptions, PollPoller, SystemClock, stop_on_signals};
use heapwood_ttl::Keyspace;
use server::{Loader, Server};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

const HELP: &str = "\
heapwood-ttl: stage 5 of Heapwood, an ordered store with a log, whose keys expire.

usage: heapwood-ttl [--port PORT] [--dir DIR] [--fsync always|everysec|no]

  --port PORT  the port to listen on, on 127.0.0.1; 0 chooses a free one [default: 7379]
  --dir DIR    where database.aof is [default: data]
  --fsync WHEN when the log is forced to disk [default: everysec]
  --help       this text

Commands: PING, SET key value [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL], GET key, DEL key..., EXISTS key...,
  RANGE start end, RANK key, AT index, EXPIRE|PEXPIRE|EXPIREAT|PEXPIREAT key time [NX|XX|GT|LT]...,
  TTL|PTTL|EXPIRETIME|PEXPIRETIME key, PERSIST key
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
        let value = args.next().ok_or(format!("{name:?} needs a value; see --help"))?;
        match name.as_str() {
            "--port" => options.port = value.parse().map_err(|_| format!("no port: {value:?}"))?,
            "--dir" => options.dir = value,
            "--fsync" => options.log.policy = value.parse()?,
            _ => return Err(format!("no such option: {name:?}; see --help")),
        }
    }
    Ok(Some(options))
}

fn run(options: Options) -> Result<(), String> {
    std::fs::create_dir_all(&options.dir).map_err(|error| format!("{}: {error}", options.dir))?;
    let mut keys = Keyspace::new();
    keys.set_replaying(true);
    let now = SystemClock::new().now();
    let storage = DiskStorage::new(&options.dir);
    let mut loader = Loader(&mut keys, now);
    let opened = Log::open(storage, options.log, now.unix_ms, &mut loader, &mut |_| ());
    let (log, recovery) = opened.map_err(text)?;
    keys.set_replaying(false);
    let clock = SystemClock::with_floor(recovery.last_now_unix_ms.unwrap_or(0));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port));
    let listener = listener.map_err(|error| format!("cannot listen on {}: {error}", options.port))?;
    let service = Server { keys, log, next_mend_mono_ms: 0 };
    let (poller, limits) = (PollPoller::new(), LoopOptions::default());
    let server = EventLoop::new(vec![listener], service, poller, clock, limits).map_err(text)?;
    stop_on_signals(&server.waker()).map_err(text)?;
    let address = server.local_addr().map_err(text)?;
    println!("heapwood-ttl: ordered, durable keys that expire, behind frames, on {address}");
    server.run().map(drop).map_err(text)
}

fn main() -> ExitCode {
    let message = match parse_options(std::env::args().skip(1)).map(|options| options.map(run)) {
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Some(Ok(()))) => return ExitCode::SUCCESS,
        Ok(Some(Err(message))) | Err(message) => message,
    };
    eprintln!("heapwood-ttl: {message}");
    ExitCode::from(2)
}

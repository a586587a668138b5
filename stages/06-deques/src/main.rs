//! Stage 6's server: stage 5's, with deques and clients that wait for elements.
#![forbid(unsafe_code)]

mod commands;
mod list_commands;
mod server;

use heapwood_aof::{DiskStorage, FsyncPolicy, Log, LogOptions, Problem, Recovery};
use heapwood_deques::{Graveyard, Waiters};
use heapwood_poll_loop::{Clock, EventLoop, LoopOptions, PollPoller, SystemClock, stop_on_signals};
use heapwood_ttl::Keyspace;
use server::{Loader, Server};
use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
heapwood-deques: stage 6 of Heapwood, a broker: queues beside strings, ordered, with a log, expiring.
Every change is in DIR/database.aof before its reply leaves.

usage: heapwood-deques [--port PORT] [--dir DIR] [--fsync always|everysec|no]

  --port PORT     the port to listen on, on 127.0.0.1; 0 chooses a free one [default: 7379]
  --dir DIR       where the log is; made when missing [default: data]
  --fsync POLICY  when the log is forced to disk [default: everysec]
  --help          this text

Commands: PING, SET key value [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL], GET key, DEL key..., EXISTS key...,
  RANGE start end, RANK key, AT index (from 0), EXPIRE|PEXPIRE|EXPIREAT|PEXPIREAT key time [NX|XX|GT|LT]...,
  TTL|PTTL|EXPIRETIME|PEXPIRETIME key, PERSIST key, FLUSHALL,
  LPUSH|RPUSH key element..., LPOP|RPOP key [count], LLEN key, LRANGE key start stop, LINDEX key index,
  BLPOP|BRPOP key... timeout
Talk to it with: heapwood cli --port PORT";

struct Options {
    port: u16,
    dir: PathBuf,
    fsync: FsyncPolicy,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        // A reader that has seen enough, as in `--help | head -1`, is no failure.
        let _ = writeln!(std::io::stdout(), "{HELP}");
        return ExitCode::SUCCESS;
    }
    let Err((message, code)) = parse(&arguments).and_then(serve) else {
        return ExitCode::SUCCESS;
    };
    eprintln!("heapwood-deques: {message}");
    ExitCode::from(code)
}

/// A message and the exit code it comes with: 2 for what the caller can set right, 1 for the rest.
type Refusal = (String, u8);

fn parse(arguments: &[String]) -> Result<Options, Refusal> {
    let mut options = Options { port: 7379, dir: "data".into(), fsync: FsyncPolicy::default() };
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            return Err((format!("{} needs a value, or is no option; see --help", pair[0]), 2));
        };
        match name.as_str() {
            "--port" => {
                let not_a_port = |_| (format!("--port {value:?} is not a number from 0 to 65535"), 2);
                options.port = value.parse().map_err(not_a_port)?;
            }
            "--dir" => options.dir = value.into(),
            "--fsync" => options.fsync = value.parse().map_err(|problem| (problem, 2))?,
            _ => return Err((format!("there is no option {name}; see --help"), 2)),
        }
    }
    Ok(options)
}

fn serve(options: Options) -> Result<(), Refusal> {
    let Options { port, dir, fsync } = options;
    let in_dir = |error| (format!("cannot use the folder {}: {error}", dir.display()), 2);
    fs::create_dir_all(&dir).map_err(in_dir)?;
    let lock = File::create(dir.join("heapwood.lock")).map_err(in_dir)?;
    lock.try_lock().map_err(|error| in_dir(error.into()))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| (format!("cannot listen on 127.0.0.1:{port}: {error}"), 2))?;
    let (service, recovery) = open(&dir, fsync)?;
    let floor = recovery.last_now_unix_ms.unwrap_or(0);
    let run = || {
        let (poller, clock) = (PollPoller::new(), SystemClock::with_floor(floor));
        let event_loop = EventLoop::new(vec![listener], service, poller, clock, LoopOptions::default())?;
        stop_on_signals(&event_loop.waker())?;
        let port = event_loop.local_addr()?.port();
        println!(
            "heapwood-deques: queues and keys, with a log in {}, on 127.0.0.1:{port}; talk to it with: heapwood cli --port {port}",
            dir.display()
        );
        event_loop.run().map(|_| ())
    };
    run().map_err(|error: std::io::Error| (error.to_string(), 1))
}

/// Opens the log in `dir` and says what was found there.
fn open(dir: &PathBuf, policy: FsyncPolicy) -> Result<(Server, Recovery), Refusal> {
    let mut keys = Keyspace::new();
    keys.set_replaying(true);
    let options = LogOptions { policy, ..LogOptions::default() };
    let now = SystemClock::with_floor(0).now().unix_ms;
    let mut loader = Loader { keys: &mut keys, now_ms: now };
    let opened = Log::open(DiskStorage::new(dir), options, now, &mut loader, &mut |_, _| {});
    let (log, recovery) = opened.map_err(|error| {
        let code = if matches!(error.problem, Problem::Io(_)) { 2 } else { 1 };
        (error.to_string(), code)
    })?;
    keys.set_replaying(false);
    let Recovery { records, rounds, cut_bytes, cut_rounds, .. } = recovery;
    eprintln!("heapwood-deques: loaded {records} records of {rounds} rounds");
    if cut_bytes > 0 {
        eprintln!(
            "heapwood-deques: cut {cut_bytes} bytes ({cut_rounds} rounds) that a crash left unfinished"
        );
    }
    let (graves, waiters) = (Graveyard::new(), Waiters::new());
    Ok((Server { keys, graves, waiters, log, next_mend_mono_ms: 0 }, recovery))
}

//! Stage 5's server: stage 4's, with keys that expire.
#![forbid(unsafe_code)]

mod commands;

use commands::{Store, text};
use heapwood_aof::{DiskStorage, Health, Log, LogOptions, Replay, Snapshot, SortedRun};
use heapwood_poll_loop::*;
use heapwood_sockets::FrameReplies;
use heapwood_treap::Packed;
use heapwood_ttl::{EXPIRED_PER_ROUND, Keyspace, KeyspaceSnapshot};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

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

/// What a log is loaded into.
struct Loader<'a>(&'a mut Keyspace<Packed>, Now);

impl Replay for Loader<'_> {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        let (keys, now_ms) = (&mut *self.0, self.1.unix_ms);
        let mut store = Store {
            keys,
            now_ms,
            record: &mut |_| (),
        };
        store.execute(args, &mut FrameReplies::new(&mut Vec::new()))
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        self.0.load_run(run).map_err(text)
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(KeyspaceSnapshot::new(self.0))
    }
}

struct Server {
    keys: Keyspace<Packed>,
    log: Log<DiskStorage>,
    next_mend_mono_ms: u64,
}

impl Server {
    /// While the log is broken, tries to mend it every now and then.
    fn mend(&mut self, now: Now) {
        if self.log.health().is_sound() || now.mono_ms < self.next_mend_mono_ms {
            return;
        }
        self.next_mend_mono_ms = now.mono_ms + 100;
        let mended = match self.log.health() {
            Health::SyncFailed { .. } => self
                .log
                .rewrite(&mut KeyspaceSnapshot::new(&self.keys), now.unix_ms),
            _ => self.log.retry(now.unix_ms),
        };
        if let Err(error) = mended {
            eprintln!("heapwood-ttl: {error}");
        }
    }
}

impl Service for Server {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let (client, args) = (request.client(), request.args().collect::<Vec<_>>());
        if commands::writes(args[0]) {
            if let Some(refusal) = self.log.health().refusal() {
                round.reply(client, |replies| replies.error(&refusal));
                return Outcome::Done;
            }
            round.wrote(client);
        }
        let (now_ms, keys, log) = (round.now().unix_ms, &mut self.keys, &mut self.log);
        round.reply(client, |replies| {
            let mut store = Store {
                keys,
                now_ms,
                record: &mut |args| log.record(args),
            };
            if let Err(error) = store.execute(&args, replies) {
                replies.error(&error);
            }
        });
        Outcome::Done
    }

    fn commit(&mut self, _round: RoundId, now: Now) -> Result<(), CommitFailed> {
        self.log.commit(now.unix_ms).map_err(|error| CommitFailed {
            reason: text(error),
        })
    }

    fn housekeeping(&mut self, round: &mut Round<'_, FrameWire>, _: Duration) -> Housekeeping {
        let now = round.now();
        self.mend(now);
        let expired = self.keys.expire_due(now.unix_ms, EXPIRED_PER_ROUND);
        self.keys
            .drain_expired(|gone| self.log.record(&[b"DEL", gone.key()]));
        Housekeeping {
            more: expired > 0,
            due_unix_ms: self.keys.next_deadline(),
        }
    }

    fn shutdown(&mut self, now: Now) -> Result<(), String> {
        self.log.close(now.unix_ms).map_err(text)
    }
}

struct Options {
    port: u16,
    dir: String,
    log: LogOptions,
}

/// The options, or `None` when help is asked for.
fn parse_options(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        port: 7379,
        dir: "data".into(),
        log: LogOptions::default(),
    };
    while let Some(name) = args.next() {
        if name == "--help" || name == "-h" {
            return Ok(None);
        }
        let value = args
            .next()
            .ok_or(format!("{name:?} needs a value; see --help"))?;
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
    let listener =
        listener.map_err(|error| format!("cannot listen on {}: {error}", options.port))?;
    let service = Server {
        keys,
        log,
        next_mend_mono_ms: 0,
    };
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

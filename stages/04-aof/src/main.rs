//! Stage 4's server: what was acknowledged is still there after a crash.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use heapwood_aof::{
    DiskStorage, FsyncPolicy, Health, Log, LogOptions, OpenError, Recovery, Replay, Snapshot,
    SortedRun, StringsSnapshot, load_strings,
};
use heapwood_poll_loop::{
    Clock, CommitFailed, EventLoop, FrameWire, Housekeeping, LoopOptions, Now, Outcome, PollPoller,
    Request, Round, RoundId, Service, SystemClock, stop_on_signals,
};
use heapwood_sockets::Replies;
use heapwood_treap::{Packed, Treap, strings};

const HELP: &str = "\
heapwood-aof: stage 4 of Heapwood, a treap that survives a crash.
Every change is in DIR/database.aof before its reply leaves.

usage: heapwood-aof [--port PORT] [--dir DIR] [--fsync always|everysec|no]

  --port PORT     the port to listen on, on 127.0.0.1; 0 chooses a free one [default: 7379]
  --dir DIR       where the log is; made when missing [default: data]
  --fsync POLICY  when the log is forced to disk [default: everysec]
  --help          this text

Commands: SET key value, GET key, DEL key... Talk to it with: heapwood cli --port PORT";

/// How long to wait before trying again to write a log that could not be written.
const RETRY_MS: u64 = 100;

/// How much of a command's name an error quotes.
const QUOTED_BYTES: usize = 64;

struct Options {
    port: u16,
    dir: PathBuf,
    fsync: FsyncPolicy,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let Err((message, code)) = parse(&arguments).and_then(serve) else {
        return ExitCode::SUCCESS;
    };
    eprintln!("heapwood-aof: {message}");
    ExitCode::from(code)
}

/// A message and the exit code it comes with: 2 for what the caller can set right, 1 for the rest.
type Refusal = (String, u8);

fn parse(arguments: &[String]) -> Result<Options, Refusal> {
    let mut options = Options {
        port: 7379,
        dir: "data".into(),
        fsync: FsyncPolicy::default(),
    };
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            return Err((
                format!("{} needs a value, or is no option; see --help", pair[0]),
                2,
            ));
        };
        match name.as_str() {
            "--port" => {
                let not_a_port = |_| {
                    (
                        format!("--port {value:?} is not a number from 0 to 65535"),
                        2,
                    )
                };
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
    let in_dir = |error| {
        (
            format!("cannot use the folder {}: {error}", dir.display()),
            2,
        )
    };
    fs::create_dir_all(&dir).map_err(in_dir)?;
    let lock = File::create(dir.join("heapwood.lock")).map_err(in_dir)?;
    lock.try_lock().map_err(|error| in_dir(error.into()))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| (format!("cannot listen on 127.0.0.1:{port}: {error}"), 2))?;
    let (store, recovery) = open(&dir, fsync)?;
    let floor = recovery.last_now_unix_ms.unwrap_or(0);
    let run = || {
        let (poller, clock) = (PollPoller::new(), SystemClock::with_floor(floor));
        let event_loop =
            EventLoop::new(vec![listener], store, poller, clock, LoopOptions::default())?;
        stop_on_signals(&event_loop.waker())?;
        let port = event_loop.local_addr()?.port();
        println!(
            "heapwood-aof: a treap with a log in {}, on 127.0.0.1:{port}; talk to it with: heapwood cli --port {port}",
            dir.display()
        );
        event_loop.run().map(|_| ())
    };
    run().map_err(|error: std::io::Error| (error.to_string(), 1))
}

/// Opens the log in `dir` and says what was found there.
fn open(dir: &PathBuf, policy: FsyncPolicy) -> Result<(Store, Recovery), Refusal> {
    let mut tree = Tree(Treap::new());
    let options = LogOptions {
        policy,
        ..LogOptions::default()
    };
    let now = SystemClock::new().now().unix_ms;
    let opened = Log::open(
        DiskStorage::new(dir),
        options,
        now,
        &mut tree,
        &mut |progress| {
            let percent = progress.done_bytes * 100 / progress.total_bytes.max(1);
            eprint!("\rheapwood-aof: {:?} {percent} %", progress.phase);
        },
    );
    let (log, recovery) = opened.map_err(|error| {
        let code = if matches!(error, OpenError::Io { .. }) {
            2
        } else {
            1
        };
        (error.to_string(), code)
    })?;
    let Recovery {
        records,
        rounds,
        cut_bytes,
        cut_rounds,
        ..
    } = recovery;
    eprintln!("heapwood-aof: loaded {records} records of {rounds} rounds");
    if cut_bytes > 0 {
        eprintln!(
            "heapwood-aof: cut {cut_bytes} bytes ({cut_rounds} rounds) that a crash left unfinished"
        );
    }
    Ok((Store { tree, log }, recovery))
}

/// Keys and strings.
struct Tree(Treap<Packed>);

impl Replay for Tree {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        Err(format!("unknown command '{}'", quote(args[0])))
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        load_strings(&mut self.0, run)
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(StringsSnapshot::new(&self.0))
    }
}

struct Store {
    tree: Tree,
    log: Log<DiskStorage>,
}

impl Service for Store {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        let mut wrote = false;
        round.reply(request.client(), |replies| {
            wrote = self.execute(request, replies)
        });
        if wrote {
            round.wrote(request.client());
        }
        Outcome::Done
    }

    fn commit(&mut self, _round: RoundId, now: Now) -> Result<(), CommitFailed> {
        let failed = |error: heapwood_aof::CommitError| CommitFailed {
            reason: error.to_string(),
        };
        self.log.commit(now.unix_ms).map_err(failed)
    }

    fn housekeeping(&mut self, round: &mut Round<'_, FrameWire>, _: Duration) -> Housekeeping {
        let now = round.now().unix_ms;
        if let Some(warning) = self.log.warning() {
            eprintln!("heapwood-aof: {warning}");
        }
        // What fails again shows in the log's health.
        let _ = match self.log.health() {
            Health::Sound => return Housekeeping::default(),
            Health::WriteFailed { .. } => self.log.retry(now),
            Health::SyncFailed { .. } => self.log.rewrite(&mut *self.tree.snapshot(), now),
        };
        Housekeeping {
            more: false,
            due_unix_ms: Some(now + RETRY_MS),
        }
    }

    fn shutdown(&mut self, now: Now) -> Result<(), String> {
        if matches!(self.log.health(), Health::SyncFailed { .. }) {
            let _ = self.log.rewrite(&mut *self.tree.snapshot(), now.unix_ms);
        }
        self.log
            .close(now.unix_ms)
            .map_err(|error| error.to_string())
    }
}

impl Store {
    /// Runs one request, writes its reply, and says whether something changed.
    fn execute(&mut self, request: Request<'_>, replies: &mut dyn Replies) -> bool {
        let arguments: Vec<&[u8]> = request.args().collect();
        let name = request.arg(0).to_ascii_uppercase();
        let tree = &mut self.tree.0;
        let refusal = self.log.health().refusal();
        let reply = match (&name[..], &arguments[1..], refusal) {
            (b"SET", [_, _], Some(refusal)) | (b"DEL", [_, ..], Some(refusal)) => Err(refusal),
            (b"SET", [key, value], None) => {
                let found = tree.find(key);
                let set = strings::set(tree, found, key, value).map_err(|error| error.to_string());
                set.map(|_| replies.status("OK")).map(|()| true)
            }
            (b"DEL", keys @ [_, ..], None) => {
                let removed = keys.iter().filter(|key| tree.remove(key).is_some()).count();
                replies.integer(removed as i64);
                Ok(removed > 0)
            }
            (b"GET", [key], _) => {
                match strings::get(tree, tree.find(key)) {
                    Ok(Some(value)) => replies.bytes(value),
                    Ok(None) => replies.nil(),
                    Err(error) => replies.error(&error.to_string()),
                }
                Ok(false)
            }
            (b"SET" | b"GET" | b"DEL", ..) => {
                let name = quote(&name).to_lowercase();
                Err(format!(
                    "ERR wrong number of arguments for '{name}' command"
                ))
            }
            _ => Err(format!("ERR unknown command '{}'", quote(request.arg(0)))),
        };
        let changed = reply.unwrap_or_else(|error| {
            replies.error(&error);
            false
        });
        if changed {
            self.log.record(&arguments);
        }
        changed
    }
}

/// What an error says of bytes that a client sent.
fn quote(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&bytes[..bytes.len().min(QUOTED_BYTES)])
}

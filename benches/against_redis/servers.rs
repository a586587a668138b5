//! The servers: started on one core, asked for what they used, ended with the run.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use heapwood::load::Protocol;
use heapwood_sockets::{Client, Value};

/// Where servers run. They share it: while one is measured the others have nothing to do.
const SERVER_CORE: &str = "0";

/// Where the generator runs.
const GENERATOR_CORE: &str = "1";

/// Longest wait for a server, which may load a log first.
const PATIENCE: Duration = Duration::from_secs(120);

/// `sysconf(_SC_CLK_TCK)` is 100 on every Linux that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

/// Bytes of a page in `/proc/PID/statm`.
const PAGE_BYTES: u64 = 4096;

/// Which server, and how it waits for sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Redis,
    HeapwoodPoll,
    HeapwoodEpoll,
}

impl Which {
    pub(crate) const ALL: [Which; 3] = [Which::Redis, Which::HeapwoodPoll, Which::HeapwoodEpoll];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Which::Redis => "redis-server",
            Which::HeapwoodPoll => "heapwood, poll",
            Which::HeapwoodEpoll => "heapwood, epoll",
        }
    }

    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Which::Redis => Protocol::Resp,
            _ => Protocol::Frames,
        }
    }

    /// The log's name in its folder.
    pub(crate) fn log_name(self) -> &'static str {
        match self {
            Which::Redis => "appendonly.aof",
            _ => "database.aof",
        }
    }

    fn arguments(self, port: u16, dir: &Path, log: bool) -> Vec<String> {
        let (port, dir) = (port.to_string(), dir.display().to_string());
        let arguments: Vec<&str> = match self {
            Which::Redis => {
                let log = if log { "yes" } else { "no" };
                vec![
                    "redis-server",
                    "--port",
                    &port,
                    "--bind",
                    "127.0.0.1",
                    "--dir",
                    &dir,
                    "--save",
                    "",
                    "--appendonly",
                    log,
                    "--appendfsync",
                    "no",
                    "--aof-use-rdb-preamble",
                    "no",
                ]
            }
            Which::HeapwoodPoll | Which::HeapwoodEpoll => {
                let poller = if self == Which::HeapwoodPoll { "poll" } else { "epoll" };
                let mut arguments = vec![
                    env!("CARGO_BIN_EXE_heapwood"),
                    "server",
                    "--port",
                    &port,
                    "--dir",
                    &dir,
                    "--poller",
                    poller,
                    "--fsync",
                    "no",
                ];
                if !log {
                    arguments.push("--no-aof");
                }
                arguments
            }
        };
        arguments.into_iter().map(str::to_owned).collect()
    }
}

/// A running server; killed when dropped, its folder removed.
pub(crate) struct Server {
    pub(crate) which: Which,
    pub(crate) addr: SocketAddr,
    child: Child,
    dir: PathBuf,
}

impl Server {
    /// Starts it in `dir` and waits until it answers.
    pub(crate) fn start(which: Which, dir: &Path, log: bool) -> Result<Self, String> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let arguments = which.arguments(addr.port(), dir, log);
        let mut command = if has_taskset() {
            let mut command = Command::new("taskset");
            command.args(["-c", SERVER_CORE]).args(&arguments);
            command
        } else {
            let mut command = Command::new(&arguments[0]);
            command.args(&arguments[1..]);
            command
        };
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", which.name()))?;
        let mut server = Server { which, addr, child, dir: dir.to_owned() };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.which.name()
    }

    fn wait_until_it_answers(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while self.ask("PING").as_deref() != Ok("PONG") {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{} ended at its start: {status}", self.name()));
            }
            if Instant::now() > deadline {
                return Err(format!("{} does not answer", self.name()));
            }
            thread::park_timeout(Duration::from_millis(1));
        }
        Ok(())
    }

    /// One command without arguments; its reply as text.
    fn ask(&self, command: &str) -> Result<String, String> {
        match self.which {
            Which::Redis => ask_resp(self.addr, command).map_err(|error| error.to_string()),
            _ => ask_frames(self.addr, command),
        }
    }

    pub(crate) fn key_count(&self) -> Result<u64, String> {
        let reply = self.ask("DBSIZE")?;
        reply.parse().map_err(|_| format!("{}: DBSIZE gives {reply:?}", self.name()))
    }

    /// `used_memory` of INFO: what it has asked its allocator for.
    pub(crate) fn used_memory(&self) -> Result<u64, String> {
        let info = self.ask("INFO")?;
        let field = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
        field
            .and_then(|bytes| bytes.trim().parse().ok())
            .ok_or_else(|| format!("{}: INFO has no used_memory", self.name()))
    }

    /// User and system time of all its threads since its start, in ticks of 10 ms.
    pub(crate) fn processor_time(&self) -> Result<Duration, String> {
        let stat = self.proc("stat")?;
        // The second field is a name in parentheses that may hold anything; the twelfth and thirteenth after it are ticks.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<u32>().ok());
        match (ticks(11), ticks(12)) {
            (Some(user), Some(system)) => Ok(TICK * (user + system)),
            _ => Err(format!("/proc/{}/stat reads {stat:?}", self.child.id())),
        }
    }

    pub(crate) fn resident_bytes(&self) -> Result<u64, String> {
        let statm = self.proc("statm")?;
        let pages = statm.split_whitespace().nth(1).and_then(|field| field.parse::<u64>().ok());
        pages.map(|pages| pages * PAGE_BYTES).ok_or_else(|| format!("statm reads {statm:?}"))
    }

    fn proc(&self, name: &str) -> Result<String, String> {
        let path = format!("/proc/{}/{name}", self.child.id());
        std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
    }

    /// An orderly end, so that the log is whole; leaves the folder.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        self.dir = PathBuf::new();
        let pid = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status();
        killed.map_err(|error| error.to_string())?;
        self.child.wait().map(drop).map_err(|error| error.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !self.dir.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

fn ask_frames(addr: SocketAddr, command: &str) -> Result<String, String> {
    let mut client = Client::connect(addr).map_err(|error| error.to_string())?;
    match client.call(&[command]).map_err(|error| error.to_string())? {
        Value::Status(text) => Ok(text),
        Value::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Value::Integer(number) => Ok(number.to_string()),
        other => Err(format!("{command} gives {other:?}")),
    }
}

fn ask_resp(addr: SocketAddr, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(addr)?;
    // QUIT makes the server close when it has answered, so that the reply ends where the stream ends.
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let reply = reply.strip_suffix("+OK\r\n").unwrap_or(&reply);
    Ok(reply.trim_start_matches(['+', ':']).trim_end().to_owned())
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|addr| addr.port()).map_err(|error| error.to_string())
}

/// What `redis-server --version` says; `None` where it is not installed.
pub(crate) fn redis_version() -> Option<String> {
    let output = Command::new("redis-server").arg("--version").output().ok()?;
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<&str> = line.split_whitespace().take(3).collect();
    Some(words.join(" "))
}

/// Puts this process, the generator, on its core.
pub(crate) fn pin_generator() {
    let pid = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", GENERATOR_CORE, &pid]).stdout(Stdio::null()).status();
    if !pinned.is_ok_and(|status| status.success()) {
        println!(
            "NOT PINNED: servers and generator share cores (taskset is missing, or there is one core only)"
        );
    }
}

fn has_taskset() -> bool {
    let asked = Command::new("taskset").arg("--version").stdout(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

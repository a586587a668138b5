//! The real redis-server on a scratch directory, for the tests of this stage and of later ones, which include this file by its path.
#![allow(dead_code, unreachable_pub)]

use heapwood_aof::resp::encode_command;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A machine under load may take long to start a process.
const PATIENCE: Duration = Duration::from_secs(60);

/// A reply of Redis.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    Nil,
    Status(String),
    Error(String),
    Integer(i64),
    Bytes(Vec<u8>),
    Array(Vec<Reply>),
}

impl Reply {
    /// The elements of an array; none for anything else.
    pub fn elements(self) -> Vec<Reply> {
        match self {
            Self::Array(elements) => elements,
            _ => Vec::new(),
        }
    }

    /// The bytes of a string; none for anything else.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => Vec::new(),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Status(text) => write!(f, "+{text}"),
            Self::Error(text) => write!(f, "-{text}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bytes(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Self::Array(elements) => f.debug_list().entries(elements).finish(),
        }
    }
}

/// A running redis-server, killed when dropped.
pub struct RedisServer {
    process: Child,
    stream: BufReader<UnixStream>,
    log: PathBuf,
}

impl RedisServer {
    /// Starts redis-server in `directory` (made if need be) with a copy of the log `aof`, and waits until it has loaded it. `None`, with the reason on
    /// standard error, when redis-server is not installed; with `CI=true` that is a failure.
    pub fn start(directory: &Path, aof: &Path) -> Option<Self> {
        if let Err(error) = Command::new("redis-server").arg("--version").output() {
            let required = std::env::var_os("CI").is_some_and(|value| value == "true");
            assert!(!required, "redis-server cannot be started: {error}");
            // Around the harness, which swallows what passing tests print.
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: this needs the real redis-server, which cannot be started: {error}"
            );
            return None;
        }
        fs::create_dir_all(directory).unwrap();
        fs::copy(aof, directory.join("appendonly.aof")).unwrap();
        // A relative socket name, because the address of a socket has room for about a hundred bytes only.
        let process = Command::new("redis-server")
            .current_dir(directory)
            .args(["--port", "0", "--unixsocket", "redis.sock", "--save", ""])
            .args(["--appendonly", "yes", "--appendfilename", "appendonly.aof"])
            .args(["--aof-use-rdb-preamble", "no", "--logfile", "redis.log"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self::connect(process, directory))
    }

    fn connect(mut process: Child, directory: &Path) -> Self {
        let log = directory.join("redis.log");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(stream) = UnixStream::connect(directory.join("redis.sock")) {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let mut server = Self { process, stream: BufReader::new(stream), log };
                while !matches!(server.call(&[b"PING"]), Ok(Reply::Status(_))) {
                    assert!(Instant::now() < deadline, "{}", server.log());
                    std::thread::park_timeout(Duration::from_millis(20));
                }
                return server;
            }
            let ended = process.try_wait().unwrap();
            let said = fs::read_to_string(&log).unwrap_or_default();
            assert!(ended.is_none(), "redis-server ended: {said}");
            assert!(Instant::now() < deadline, "redis-server does not listen: {said}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// What it wrote to its log file.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// One command and its reply.
    pub fn call(&mut self, args: &[&[u8]]) -> io::Result<Reply> {
        let mut request = Vec::new();
        encode_command(args, &mut request);
        self.stream.get_mut().write_all(&request)?;
        self.read_reply()
    }

    fn read_reply(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let line = line.trim_end();
        let (kind, rest) = line.split_at(line.len().min(1));
        let number = || rest.parse::<i64>().map_err(io::Error::other);
        Ok(match kind {
            "+" => Reply::Status(rest.into()),
            "-" => Reply::Error(rest.into()),
            ":" => Reply::Integer(number()?),
            "$" | "*" if number()? < 0 => Reply::Nil,
            "$" => {
                let mut bytes = vec![0; number()? as usize + 2];
                self.stream.read_exact(&mut bytes)?;
                bytes.truncate(bytes.len() - 2);
                Reply::Bytes(bytes)
            }
            "*" => Reply::Array((0..number()?).map(|_| self.read_reply()).collect::<Result<_, _>>()?),
            _ => return Err(io::Error::other(format!("no reply: {line:?}"))),
        })
    }

    /// All keys, in order.
    pub fn keys(&mut self) -> Vec<Vec<u8>> {
        let keys = self.call(&[b"KEYS", b"*"]).unwrap().elements();
        let mut keys: Vec<_> = keys.into_iter().map(Reply::bytes).collect();
        keys.sort();
        keys
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

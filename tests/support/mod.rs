//! A server of one's own for each test: the built binary, on a port the system chose, in a folder
//! that goes away with it.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test file uses a part of this")]
#![allow(clippy::unwrap_used, missing_docs)]

pub mod dump;
pub mod rounds;
pub mod script;
pub mod seed;

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "each test file uses a part of this")]
pub mod webdriver;

pub use heapwood_sockets::{Client, ClientError, Value, decode_reply, encode_request};

/// Longer than anything here takes on a busy machine; reaching it is a failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a `listens on` line says before the address.
const ANNOUNCEMENT: &str = "listens on ";

/// A command of the built binary, free of the variables of whoever runs the tests.
pub fn heapwood() -> Command {
    clean(Command::new(env!("CARGO_BIN_EXE_heapwood")))
}

fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HEAPWOOD_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// What starts an engine on a port of the system's choice with its log in `data`.
pub fn arguments<A: AsRef<OsStr>>(folder: &tempfile::TempDir, options: &[A]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["server", "--port", "0", "--dir"].map(OsString::from).to_vec();
    arguments.push(folder.path().join("data").into());
    arguments.extend(options.iter().map(|option| option.as_ref().to_owned()));
    arguments
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    addr: SocketAddr,
    arguments: Vec<OsString>,
    folder: Arc<tempfile::TempDir>,
    lines: Receiver<String>,
    errors: Arc<Mutex<String>>,
}

impl Server {
    /// `heapwood server --port 0` in a new folder.
    pub fn start() -> Self {
        Self::start_with(&[] as &[&str])
    }

    /// The same with more options.
    pub fn start_with<A: AsRef<OsStr>>(options: &[A]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::start_in(folder, options)
    }

    /// The same in a folder that exists already; the log is in its `data`.
    pub fn start_in<A: AsRef<OsStr>>(folder: Arc<tempfile::TempDir>, options: &[A]) -> Self {
        let arguments = arguments(&folder, options);
        Self::launch(heapwood(), folder, arguments)
    }

    /// The same by a shell that lowers a limit first, such as `ulimit -S -n 100`.
    pub fn start_under<A: AsRef<OsStr>>(ulimit: &str, options: &[A]) -> Self {
        let mut shell = clean(Command::new("sh"));
        shell.args(["-c", &format!("{ulimit} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_heapwood")]);
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let arguments = arguments(&folder, options);
        Self::launch(shell, folder, arguments)
    }

    fn launch(mut command: Command, folder: Arc<tempfile::TempDir>, arguments: Vec<OsString>) -> Self {
        let mut child = command
            .args(&arguments)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let errors = collect(child.stderr.take().unwrap());
        let lines = lines_of(child.stdout.take().unwrap());
        let Some(addr) = announced(&lines) else {
            let _ = child.kill();
            let status = child.wait();
            panic!("no server: {status:?}: {}", errors.lock().unwrap());
        };
        Self { child, addr, arguments, folder, lines, errors }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The folder it was started in, which outlives it while somebody holds this.
    pub fn folder(&self) -> Arc<tempfile::TempDir> {
        Arc::clone(&self.folder)
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its log.
    pub fn log(&self) -> PathBuf {
        self.data().join("database.aof")
    }

    /// A connected client that gives up after [`PATIENCE`].
    pub fn client(&self) -> Client {
        let mut client = Client::connect(self.addr).unwrap();
        client.set_timeout(Some(PATIENCE)).unwrap();
        client
    }

    /// A plain socket that gives up after [`PATIENCE`].
    pub fn socket(&self) -> TcpStream {
        let socket = TcpStream::connect(self.addr).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket
    }

    /// What it has said on standard error so far.
    pub fn errors(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    /// Sends a signal, such as `libc::SIGTERM`.
    pub fn signal(&self, signal: i32) {
        let status =
            Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the server to end", || self.child.try_wait().unwrap())
    }

    /// A clean shutdown.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(15);
        self.wait()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts again in the same folder with the same options, after [`Server::stop`] or
    /// [`Server::kill`].
    pub fn restart(&mut self) {
        *self = Self::launch(heapwood(), self.folder(), std::mem::take(&mut self.arguments));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a program that ended said.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

/// Runs the binary in `folder` to its end.
pub fn run_in<A: AsRef<OsStr>>(folder: &Path, arguments: &[A]) -> Ended {
    let mut command = heapwood();
    command.args(arguments).current_dir(folder);
    run(command)
}

/// Runs a command to its end.
pub fn run(mut command: Command) -> Ended {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = collect(child.stdout.take().unwrap());
    let errors = collect(child.stderr.take().unwrap());
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("{command:?} does not end: {}", errors.lock().unwrap());
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    // The pipes end with the process; their threads hold the last references until then.
    wait_for("the output", || {
        (Arc::strong_count(&output) == 1 && Arc::strong_count(&errors) == 1).then_some(())
    });
    let text = |text: Arc<Mutex<String>>| text.lock().unwrap().clone();
    Ended { code: status.code(), output: text(output), errors: text(errors) }
}

/// Says why a test does less than its name, also where the output of tests that pass is swallowed.
pub fn say_aloud(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Waits until `condition` gives something; fails after [`PATIENCE`].
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// One request, sent and answered. Words are split at spaces.
pub fn ask(client: &mut Client, line: &str) -> Value {
    let words: Vec<&str> = line.split(' ').collect();
    client.call(&words).unwrap()
}

/// One figure of INFO, by its name.
pub fn figure(client: &mut Client, name: &str) -> String {
    let Value::Bytes(info) = ask(client, "INFO") else {
        panic!("no text");
    };
    let info = String::from_utf8(info).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name} in {info}")).to_owned()
}

/// A request as the bytes of a frame.
pub fn frame<A: AsRef<[u8]>>(arguments: &[A]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request(arguments, &mut bytes).unwrap();
    bytes
}

/// One reply frame from a plain socket, with its length; empty when the server closed instead.
pub fn read_reply(socket: &mut TcpStream) -> Vec<u8> {
    let mut reply = vec![0; 4];
    let mut filled = 0;
    while filled < 4 {
        match socket.read(&mut reply[filled..]).unwrap() {
            0 => return Vec::new(),
            count => filled += count,
        }
    }
    let body = u32::from_be_bytes(reply[..4].try_into().unwrap()) as usize;
    reply.resize(4 + body, 0);
    socket.read_exact(&mut reply[4..]).unwrap();
    reply
}

/// Everything until the server closes.
pub fn read_to_close(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match socket.read_to_end(&mut bytes) {
        Ok(_) => bytes,
        // A close with input unread is a reset; what came before it counts.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => bytes,
        Err(error) => panic!("no close: {error}"),
    }
}

/// Sends bytes as they are.
pub fn send(socket: &mut TcpStream, bytes: &[u8]) {
    socket.write_all(bytes).unwrap();
}

fn announced(lines: &Receiver<String>) -> Option<SocketAddr> {
    let begun = Instant::now();
    loop {
        let line = lines.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())).ok()?;
        if let Some((_, rest)) = line.split_once(ANNOUNCEMENT) {
            let addr = rest.split([' ', ',']).next()?;
            return Some(addr.parse().unwrap());
        }
    }
}

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Nobody reads after the announcement; the pipe is drained all the same.
            let _ = sender.send(line);
        }
    });
    lines
}

fn collect(mut pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let shared = Arc::clone(&text);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = pipe.read(&mut bytes) {
            shared.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    });
    text
}

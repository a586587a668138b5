//! The server under test: one that runs, or one that is started here and can be killed.

use super::connection::{Connection, Protocol, Trouble};
use heapwood_course::process::{Output, Process};
use heapwood_sockets::Value;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Range;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take from its start to its first connection.
const START: Duration = Duration::from_secs(20);

/// How long it takes at most to be refused on this machine.
const KNOCK: Duration = Duration::from_millis(200);

/// How often a server that starts is knocked at.
const KNOCK_PAUSE: Duration = Duration::from_millis(5);

/// How many bytes of what a server said before it ended are shown.
const SHOWN_BYTES: usize = 600;

/// Which server is tested.
#[derive(Clone, Debug)]
pub enum Server {
    /// One that runs. It is not killed, so what survives kill -9 cannot be seen.
    Running(SocketAddr),
    /// One that is started for the test, in a folder of its own, and killed now and then.
    Started {
        /// A command for the shell, in which `{port}` is the port to listen on, on 127.0.0.1, and `{dir}` a folder for
        /// what it keeps, empty at first.
        command: String,
        /// The port; any free one for `None`.
        port: Option<u16>,
    },
}

/// A server, for the length of a test.
pub(super) struct Host {
    pub(super) address: SocketAddr,
    started: Option<Started>,
}

/// What came of a first request, where no reply did.
pub(super) enum Greeting {
    /// Nobody takes connections.
    NoConnection(String),
    /// Something else than a reply, or nothing.
    NoReply(Trouble),
}

struct Started {
    command: String,
    process: Process,
    _folder: TempDir,
}

impl Host {
    /// Starts the server, if that is asked for.
    pub(super) fn new(server: &Server) -> Result<Self, String> {
        let (command, port) = match server {
            Server::Running(address) => return Ok(Self { address: *address, started: None }),
            Server::Started { command, port } => (command, *port),
        };
        if !command.contains("{port}") {
            return Err(format!(
                "--restart {command:?} does not say {{port}}: write {{port}} where the command takes the port to \
                 listen on, and {{dir}} where it takes the folder for its files"
            ));
        }
        let folder =
            tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let address = match port {
            None => free_address()?,
            Some(port) => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        };
        if port.is_some() && is_taken(address) {
            return Err(format!(
                "a server listens on {address} already; with --restart it is started here: stop the other one, or \
                 choose another --port"
            ));
        }
        let quoted = format!("'{}'", folder.path().display());
        let command = command.replace("{port}", &address.port().to_string()).replace("{dir}", &quoted);
        let process = start(&command, address)?;
        Ok(Self { address, started: Some(Started { command, process, _folder: folder }) })
    }

    /// Whether it can be killed and started again.
    pub(super) fn can_restart(&self) -> bool {
        self.started.is_some()
    }

    /// Asks for a key until the server does not say any more that it is loading, as Redis does after its start.
    pub(super) fn greet(&self, protocol: Protocol, key: &[u8], patience: Duration) -> Result<(), Greeting> {
        let deadline = Instant::now() + START;
        loop {
            let opened = Connection::open(self.address, protocol, patience);
            let mut connection = opened.map_err(|error| Greeting::NoConnection(error.to_string()))?;
            match connection.call(&[b"GET".to_vec(), key.to_vec()], patience).map_err(Greeting::NoReply)? {
                Value::Error(text) if text.starts_with("LOADING") && Instant::now() < deadline => {
                    thread::sleep(KNOCK_PAUSE);
                }
                _ => return Ok(()),
            }
        }
    }

    /// kill -9, and a new start with the same files.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        let address = self.address;
        let Some(started) = &mut self.started else {
            return Err("this server was not started here".into());
        };
        started.process.end().map_err(|error| format!("the server cannot be killed: {error}"))?;
        started.process = start(&started.command, address)?;
        Ok(())
    }
}

/// Ports that systems do not give to connections by themselves: one that is free now is free after a restart too.
const PORTS: Range<usize> = 20_000..32_000;

/// An address on which nobody listens. No two calls of a process get the same one.
fn free_address() -> Result<SocketAddr, String> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Processes begin at different places.
    let first = std::process::id() as usize * 97;
    for _ in PORTS {
        let number = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = (PORTS.start + number % PORTS.len()) as u16;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if !is_taken(address) {
            return Ok(address);
        }
    }
    Err(format!("no port from {} to {} is free", PORTS.start, PORTS.end - 1))
}

/// Whether somebody listens there. Listening for a moment would tell too, but a process that is started meanwhile inherits
/// the listener for another moment.
fn is_taken(address: SocketAddr) -> bool {
    TcpStream::connect_timeout(&address, KNOCK).is_ok()
}

/// Runs the command that is given to it, and ends it with all of its group when the standard input ends: when this program
/// does, however that happens.
const TIED: &str = "exec 3<&0; (cat <&3; kill -KILL 0) >/dev/null 2>&1 & exec sh -c \"$0\" </dev/null 3<&-";

/// Starts a server and waits until it takes a connection.
fn start(command: &str, address: SocketAddr) -> Result<Process, String> {
    let mut shell = Command::new("sh");
    shell.args(["-c", TIED, command]);
    let process = Process::start(shell).map_err(|error| format!("sh cannot be started: {error}"))?;
    let deadline = Instant::now() + START;
    let mut said = Vec::new();
    loop {
        if TcpStream::connect_timeout(&address, START).is_ok() {
            return Ok(process);
        }
        match process.read(Instant::now() + KNOCK_PAUSE) {
            Output::Bytes(bytes) => {
                said.extend_from_slice(&bytes);
                // Output that never ends would keep the wait above from being one.
                thread::sleep(KNOCK_PAUSE);
            }
            Output::End => {
                return Err(format!("{command}\nended before it listened on {address}{}", quote(&said)));
            }
            Output::Late => {}
        }
        if Instant::now() > deadline {
            let after = START.as_secs();
            return Err(format!("{command}\ndoes not listen on {address} after {after} s{}", quote(&said)));
        }
    }
}

/// What a server said, at its end.
fn quote(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(&said[said.len().saturating_sub(SHOWN_BYTES)..]).trim().to_owned();
    if said.is_empty() { "; it said nothing".into() } else { format!("; it said:\n{said}") }
}

//! The connection to the server: made when it is needed, made again when it was lost.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use heapwood_sockets::{Client, ClientError, ProtocolError, Value, encode_request};

use super::sys::take_interrupt;
use crate::engine::table::{self, Flags};

/// How long to wait for the server to take a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a wait lasts at most before Ctrl-C is looked for.
const WAIT_SLICE: Duration = Duration::from_millis(100);

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The request is none: too large for a frame.
    BadRequest(ProtocolError),
    /// Nobody takes a connection there.
    Unreachable {
        /// Host and port.
        address: String,
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The connection ended after the request was sent.
    Lost {
        /// What happened.
        source: ClientError,
        /// Whether the request may have changed something.
        may_have_changed: bool,
    },
    /// The reply took longer than this.
    TimedOut(Duration),
    /// Ctrl-C was pressed.
    Interrupted,
    /// Something else than a Heapwood server answers there.
    NotFrames(ProtocolError),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest(error) => write!(f, "this cannot be sent: {}", plain(error)),
            Self::Unreachable { address, port, source } => write!(
                f,
                "no server at {address} ({}); start one with `heapwood server --port {port}`, \
                 or name another with --host and --port",
                reason(source)
            ),
            Self::Lost { source, may_have_changed } => {
                write!(f, "the connection was lost: {source}")?;
                if *may_have_changed {
                    f.write_str("; whether the command was executed is unknown")?;
                }
                Ok(())
            }
            Self::TimedOut(timeout) => {
                write!(f, "no reply within {} s; --timeout allows more", timeout.as_secs())
            }
            Self::Interrupted => f.write_str("no longer waiting for the reply"),
            Self::NotFrames(error) => {
                write!(f, "{}; is it a Heapwood server? For Redis there is redis-cli", plain(error))
            }
        }
    }
}

impl std::error::Error for Trouble {}

/// What a protocol error says, without the code that is meant for the wire.
fn plain(error: &ProtocolError) -> &str {
    error.text().trim_start_matches("PROTOCOL ")
}

/// What the system says, without its error number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

/// A server and the connection to it, if there is one.
pub(super) struct Connection {
    host: String,
    port: u16,
    /// The arguments of the AUTH that a new connection begins with.
    auth: Option<Vec<Vec<u8>>>,
    /// How long a reply may take; `None` for ever.
    timeout: Option<Duration>,
    client: Option<Client>,
}

impl Connection {
    /// A connection that is made by the first request.
    pub(super) fn new(host: String, port: u16, password: Option<Vec<u8>>, timeout: Option<Duration>) -> Self {
        Self {
            host,
            port,
            auth: password.map(|password| vec![b"AUTH".to_vec(), password]),
            timeout,
            client: None,
        }
    }

    /// Host and port.
    pub(super) fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether there is a connection that the server has not closed.
    pub(super) fn is_alive(&mut self) -> bool {
        let alive = self.client.as_ref().is_some_and(is_open);
        if !alive {
            self.client = None;
        }
        alive
    }

    /// Connects, and gives the password if there is one.
    ///
    /// # Errors
    ///
    /// Nobody is there, or somebody else.
    pub(super) fn connect(&mut self) -> Result<(), Trouble> {
        let mut client = self.reach().map_err(|source| Trouble::Unreachable {
            address: self.address(),
            port: self.port,
            source,
        })?;
        // Reads have their own time-out; this one is for writing to a server that does not read.
        client
            .set_timeout(self.timeout)
            .map_err(|source| Trouble::Lost { source, may_have_changed: false })?;
        if let Some(auth) = &self.auth {
            send(&mut client, auth)?;
            if let Value::Error(text) = wait(&mut client, Some(CONNECT_TIMEOUT), false)? {
                let text = super::readable::printable(&text);
                crate::complain(format_args!("heapwood: the password was refused: {text}"));
            }
        }
        self.client = Some(client);
        Ok(())
    }

    fn reach(&self) -> io::Result<Client> {
        let mut failed = io::Error::other("the name has no address");
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match reach_one(&address) {
                Ok(client) => return Ok(client),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Sends a command and waits for its reply: for ever when the command blocks.
    ///
    /// A command that changes nothing is sent a second time when the connection is lost.
    ///
    /// # Errors
    ///
    /// Any [`Trouble`]. The next call connects again where that is needed.
    pub(super) fn call(&mut self, command: &[Vec<u8>]) -> Result<Value, Trouble> {
        encode_request(command, &mut Vec::new()).map_err(Trouble::BadRequest)?;
        // One that was meant for something else.
        take_interrupt();
        let flags = command.first().and_then(|name| table::find(name)).map(|command| command.flags);
        let blocks = flags.is_some_and(|flags| flags.has(Flags::BLOCKS));
        let only_reads = flags == Some(Flags::NONE);
        let timeout = self.timeout.filter(|_| !blocks);
        match self.call_once(command, timeout, !only_reads) {
            Err(Trouble::Lost { .. }) if only_reads => self.call_once(command, timeout, false),
            result => result,
        }
    }

    fn call_once(
        &mut self,
        command: &[Vec<u8>],
        timeout: Option<Duration>,
        may_change: bool,
    ) -> Result<Value, Trouble> {
        if !self.is_alive() {
            self.connect()?;
        }
        // Put back only after a whole reply: otherwise the next one would be taken for this one's.
        let Some(mut client) = self.client.take() else {
            return Err(Trouble::Interrupted);
        };
        send(&mut client, command)?;
        let reply = wait(&mut client, timeout, may_change)?;
        self.client = Some(client);
        self.note_authentication(command, &reply);
        Ok(reply)
    }

    /// Sends a command in the background of typing: only when there is a connection, and for a
    /// short time.
    pub(super) fn ask(&mut self, command: &[Vec<u8>], timeout: Duration) -> Option<Value> {
        if !self.is_alive() {
            return None;
        }
        self.call_once(command, Some(timeout), false).ok()
    }

    /// A password that was accepted is given again after a reconnection.
    fn note_authentication(&mut self, command: &[Vec<u8>], reply: &Value) {
        let is_auth = command.first().is_some_and(|name| name.eq_ignore_ascii_case(b"AUTH"));
        if is_auth && matches!(reply, Value::Status(_)) {
            self.auth = Some(command.to_vec());
        }
    }
}

fn reach_one(address: &SocketAddr) -> io::Result<Client> {
    Client::connect_timeout(address, CONNECT_TIMEOUT).map_err(|error| match error {
        ClientError::Connect { source, .. } | ClientError::Io(source) => source,
        other => io::Error::other(other),
    })
}

/// Whether the server still holds its end: nothing to read is a good sign.
fn is_open(client: &Client) -> bool {
    let stream = client.stream();
    if stream.set_nonblocking(true).is_err() {
        return false;
    }
    let peeked = stream.peek(&mut [0]);
    let blocking = stream.set_nonblocking(false);
    let open = match peeked {
        Ok(count) => count > 0,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    };
    open && blocking.is_ok()
}

/// Sends a request that can be encoded. What fails here did not reach the server whole; but a server that refuses a
/// client says so before it closes, which the wait will find.
fn send(client: &mut Client, command: &[Vec<u8>]) -> Result<(), Trouble> {
    let sent = client.send(command).and_then(|()| client.flush());
    match sent {
        Err(ClientError::Protocol(error)) => Err(Trouble::BadRequest(error)),
        _ => Ok(()),
    }
}

/// Waits for a reply, in slices, so that Ctrl-C is seen.
fn wait(client: &mut Client, timeout: Option<Duration>, may_have_changed: bool) -> Result<Value, Trouble> {
    let lost = |source| Trouble::Lost { source, may_have_changed };
    let slice = client.stream().set_read_timeout(Some(WAIT_SLICE));
    slice.map_err(|error| lost(error.into()))?;
    let started = Instant::now();
    loop {
        match client.receive() {
            // A message that answers nothing; nothing asks for such yet.
            Ok(Value::Push(_)) => {}
            Ok(reply) => return Ok(reply),
            Err(ClientError::Io(error)) if is_timeout(&error) => {}
            Err(ClientError::Protocol(error)) => return Err(Trouble::NotFrames(error)),
            Err(error) => return Err(lost(error)),
        }
        if take_interrupt() {
            return Err(Trouble::Interrupted);
        }
        if let Some(timeout) = timeout.filter(|timeout| started.elapsed() >= *timeout) {
            return Err(Trouble::TimedOut(timeout));
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

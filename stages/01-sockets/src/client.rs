//! The blocking client: what the command line, the bridge and the tests speak to a server with.

use crate::frame::{ProtocolError, encode_request};
use crate::limits::{LENGTH_BYTES, MAX_FIRST_BYTE};
use crate::value::{Value, decode_reply};
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How much is asked of the system in one read.
const READ_BYTES: usize = 64 * 1024;

/// Requests are sent on their own above this many bytes, so that a long pipeline does not pile up
/// here.
const SEND_BUFFER_BYTES: usize = 1024 * 1024;

/// How many bytes of an answer that is no frame are quoted.
const QUOTED_BYTES: usize = 80;

/// A connection to a server that speaks frames.
///
/// ```no_run
/// use heapwood_sockets::{Client, Value};
///
/// let mut client = Client::connect("127.0.0.1:7379")?;
/// client.call(&["SET", "apple", "red"])?;
/// assert_eq!(client.call(&["GET", "apple"])?, Value::Bytes(b"red".to_vec()));
/// # Ok::<(), heapwood_sockets::ClientError>(())
/// ```
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
    /// Requests not yet sent.
    output: Vec<u8>,
    /// What has arrived of the next reply.
    reply: Vec<u8>,
}

/// Why there is no reply. An error reply is a [`Value::Error`] and not one of these.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody answers at this address.
    Connect {
        /// The address as given or resolved.
        addr: String,
        /// What the system says.
        source: io::Error,
    },
    /// The connection failed, or the time-out passed. After a time-out in [`Client::receive`] it can be
    /// called again.
    Io(io::Error),
    /// The request cannot be sent, or the server answers in something that is not frames.
    Protocol(ProtocolError),
    /// The server closed the connection.
    Closed,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { addr, source } => write!(f, "cannot connect to {addr}: {source}"),
            Self::Io(source) => write!(f, "the connection failed: {source}"),
            Self::Protocol(error) => error.fmt(f),
            Self::Closed => f.write_str("the server closed the connection"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ProtocolError> for ClientError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl Client {
    /// Connects to the first address of `addr` that answers. There is no time-out until
    /// [`Client::set_timeout`].
    ///
    /// # Errors
    /// [`ClientError::Connect`].
    pub fn connect(addr: impl ToSocketAddrs) -> Result<Self, ClientError> {
        let addresses: Vec<SocketAddr> =
            addr.to_socket_addrs().map_err(|source| unreachable("this name", source))?.collect();
        let stream = TcpStream::connect(&addresses[..]);
        Self::over(stream.map_err(|source| unreachable(format_args!("{addresses:?}"), source))?)
    }

    /// Connects to one address within `timeout`, which is not zero.
    ///
    /// # Errors
    /// [`ClientError::Connect`].
    pub fn connect_timeout(addr: &SocketAddr, timeout: Duration) -> Result<Self, ClientError> {
        let stream = TcpStream::connect_timeout(addr, timeout);
        Self::over(stream.map_err(|source| unreachable(addr, source))?)
    }

    /// A client over a connection.
    fn over(stream: TcpStream) -> Result<Self, ClientError> {
        // A request waits for its reply; holding it back to fill a packet would only add delay.
        stream.set_nodelay(true)?;
        let stream = BufReader::with_capacity(READ_BYTES, stream);
        Ok(Self { stream, output: Vec::new(), reply: Vec::new() })
    }

    /// How long one read or write may wait; `None` is for ever.
    ///
    /// # Errors
    /// [`ClientError::Io`] for a time-out of zero.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) -> Result<(), ClientError> {
        self.stream().set_read_timeout(timeout)?;
        self.stream().set_write_timeout(timeout)?;
        Ok(())
    }

    /// The connection itself, for waiting on it or shutting it down from elsewhere.
    pub fn stream(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Sends one request and waits for its reply. When the server closed the connection before it had
    /// taken the whole request, the reply may say why.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::receive`].
    pub fn call<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<Value, ClientError> {
        match self.send(arguments).and_then(|()| self.flush()) {
            Ok(()) => self.receive(),
            // S5: a server that closed the connection may have said why before.
            Err(ClientError::Io(error)) if is_closed(&error) => self.receive().map_err(|_| error.into()),
            Err(error) => Err(error),
        }
    }

    /// Adds a request to those to send. Many may be sent before the first reply is read.
    ///
    /// # Errors
    /// [`ClientError::Protocol`] for no arguments, or more bytes than a frame holds;
    /// [`ClientError::Io`] when the buffer was full and could not be sent.
    pub fn send<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<(), ClientError> {
        encode_request(arguments, &mut self.output)?;
        if self.output.len() >= SEND_BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Sends the requests that wait.
    ///
    /// # Errors
    /// [`ClientError::Io`]. How much was sent is then unknown, and nothing more can be; what the server
    /// said before can still be received.
    pub fn flush(&mut self) -> Result<(), ClientError> {
        let sent = self.stream().write_all(&self.output);
        self.output.clear();
        self.output.shrink_to(SEND_BUFFER_BYTES);
        Ok(sent?)
    }

    /// Waits for the next reply. Call [`Client::flush`] before.
    ///
    /// # Errors
    /// [`ClientError::Closed`], [`ClientError::Io`] or [`ClientError::Protocol`]. After a time-out what
    /// has arrived is kept.
    pub fn receive(&mut self) -> Result<Value, ClientError> {
        loop {
            let missing = reply_len(&self.reply) - self.reply.len();
            if missing == 0 {
                let value = decode_reply(&self.reply[LENGTH_BYTES..])?;
                self.reply.clear();
                self.reply.shrink_to(READ_BYTES);
                return Ok(value);
            }
            let arrived = match self.stream.fill_buf() {
                Ok([]) => return Err(ClientError::Closed),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                arrived => arrived?,
            };
            if self.reply.is_empty() && arrived[0] > MAX_FIRST_BYTE {
                return Err(not_a_frame(arrived).into());
            }
            // S2: of a reply that announces 128 MiB, only what arrived is held.
            let taken = missing.min(arrived.len());
            self.reply.extend_from_slice(&arrived[..taken]);
            self.stream.consume(taken);
        }
    }
}

/// Whether a write failed because the other side has closed the connection. Nothing more comes then,
/// so that to read what came does not wait.
fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

/// What is said of an address where nobody answers.
fn unreachable(addr: impl fmt::Display, source: io::Error) -> ClientError {
    let addr = addr.to_string();
    ClientError::Connect { addr, source }
}

/// How long the whole reply is of which this has arrived; until its length is known, how long that
/// is.
fn reply_len(arrived: &[u8]) -> usize {
    let body = arrived.first_chunk().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    LENGTH_BYTES + body
}

/// What is said of a server that speaks something else, with the beginning of what it said.
fn not_a_frame(answer: &[u8]) -> ProtocolError {
    let quoted = answer[..answer.len().min(QUOTED_BYTES)].escape_ascii();
    ProtocolError::new(format_args!("the server does not answer in frames; it said \"{quoted}\""))
}

//! The blocking client: what the command line, the bridge and the tests speak to a server with.

use crate::frame::{ProtocolError, encode_request};
use crate::limits::{LENGTH_BYTES, MAX_BODY_BYTES, MAX_FIRST_BYTE};
use crate::value::{Value, decode_reply};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How much is asked of the system in one read.
const READ_BYTES: usize = 64 * 1024;

/// Requests are sent on their own above this many bytes, so that a long pipeline does not pile up here.
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
    stream: TcpStream,
    /// Requests not yet sent.
    output: Vec<u8>,
    /// What arrived; replies up to `consumed` were handed out.
    input: Vec<u8>,
    consumed: usize,
    scratch: Box<[u8]>,
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
    /// The connection failed, or the time-out passed. After a time-out in [`Client::receive`] it can be called again.
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

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect { source, .. } | Self::Io(source) => Some(source),
            Self::Protocol(error) => Some(error),
            Self::Closed => None,
        }
    }
}

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
    /// Connects to the first address of `addr` that answers. There is no time-out until [`Client::set_timeout`].
    ///
    /// # Errors
    /// [`ClientError::Connect`].
    pub fn connect(addr: impl ToSocketAddrs) -> Result<Self, ClientError> {
        let addresses: Vec<SocketAddr> = match addr.to_socket_addrs() {
            Ok(addresses) => addresses.collect(),
            Err(source) => return Err(unreachable("this name", source)),
        };
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

    /// A client over an established connection.
    ///
    /// # Errors
    /// [`ClientError::Io`] when the connection is already gone.
    pub fn over(stream: TcpStream) -> Result<Self, ClientError> {
        // A request waits for its reply; holding it back to fill a packet would only add delay.
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            output: Vec::new(),
            input: Vec::new(),
            consumed: 0,
            scratch: vec![0; READ_BYTES].into_boxed_slice(),
        })
    }

    /// How long one read or write may wait; `None` is for ever.
    ///
    /// # Errors
    /// [`ClientError::Io`] for a time-out of zero.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) -> Result<(), ClientError> {
        self.stream.set_read_timeout(timeout)?;
        self.stream.set_write_timeout(timeout)?;
        Ok(())
    }

    /// The server's address.
    ///
    /// # Errors
    /// [`ClientError::Io`] when the connection is gone.
    pub fn peer_addr(&self) -> Result<SocketAddr, ClientError> {
        Ok(self.stream.peer_addr()?)
    }

    /// The connection itself, for waiting on it or shutting it down from elsewhere.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends one request and waits for its reply.
    ///
    /// # Errors
    /// As [`Client::send`] and [`Client::receive`].
    pub fn call<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<Value, ClientError> {
        self.send(arguments)?;
        self.flush()?;
        self.receive()
    }

    /// Adds a request to those to send. Many may be sent before the first reply is read.
    ///
    /// # Errors
    /// [`ClientError::Protocol`] for no arguments or too many; [`ClientError::Io`] when the buffer was full and could not be sent.
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
    /// [`ClientError::Io`]. How much was sent is then unknown, and the connection is of no more use.
    pub fn flush(&mut self) -> Result<(), ClientError> {
        let sent = self.stream.write_all(&self.output);
        self.output.clear();
        self.output.shrink_to(SEND_BUFFER_BYTES);
        Ok(sent?)
    }

    /// Waits for the next reply. Call [`Client::flush`] before.
    ///
    /// # Errors
    /// [`ClientError::Closed`], [`ClientError::Io`] or [`ClientError::Protocol`]. After a time-out what has arrived is kept.
    pub fn receive(&mut self) -> Result<Value, ClientError> {
        loop {
            let waiting = &self.input[self.consumed..];
            if let Some(end) = reply_end(waiting)? {
                let value = decode_reply(&waiting[LENGTH_BYTES..end])?;
                self.consumed += end;
                self.drop_consumed();
                return Ok(value);
            }
            match self.stream.read(&mut self.scratch) {
                Ok(0) => return Err(ClientError::Closed),
                Ok(count) => self.input.extend_from_slice(&self.scratch[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Forgets replies that were handed out: all at once at the end, otherwise only when that moves little for much.
    fn drop_consumed(&mut self) {
        if self.consumed == self.input.len() {
            self.input.clear();
            self.input.shrink_to(READ_BYTES);
            self.consumed = 0;
        } else if self.consumed > self.input.len() / 2 {
            self.input.drain(..self.consumed);
            self.consumed = 0;
        }
    }
}

fn unreachable(addr: impl fmt::Display, source: io::Error) -> ClientError {
    let addr = addr.to_string();
    ClientError::Connect { addr, source }
}

/// Where the reply at the start of `input` ends, `None` when it has not arrived whole.
fn reply_end(input: &[u8]) -> Result<Option<usize>, ProtocolError> {
    if input.first().is_some_and(|&first| first > MAX_FIRST_BYTE) {
        let quoted = &input[..input.len().min(QUOTED_BYTES)];
        return Err(ProtocolError::new(format_args!(
            "the server does not answer in frames; it said \"{}\"",
            quoted.escape_ascii()
        )));
    }
    let Some(length) = input.first_chunk::<LENGTH_BYTES>() else {
        return Ok(None);
    };
    let body = u32::from_be_bytes(*length) as usize;
    debug_assert!(body <= MAX_BODY_BYTES, "the first byte was checked");
    let end = LENGTH_BYTES + body;
    Ok((input.len() >= end).then_some(end))
}

//! A few connections to the engine, shared by the threads that answer.

use std::fmt;
use std::io;
use std::net::ToSocketAddrs;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use heapwood_sockets::{Client, ClientError, Value};

use crate::errors::ApiError;

/// How a [`Pool`] behaves.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Connections at once, lent and idle together.
    pub size: usize,
    /// How long a request waits for a connection to come free.
    pub wait: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the engine may be silent while a reply is awaited.
    pub reply_timeout: Duration,
    /// Sent with AUTH on every new connection.
    pub password: Option<String>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            size: 16,
            wait: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(2),
            reply_timeout: Duration::from_secs(10),
            password: None,
        }
    }
}

/// Why there is no reply of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// No connection came free within this time.
    Busy(Duration),
    /// The engine cannot be reached, or the connection broke before the reply: whether it acted is then unknown.
    Unreachable(String),
    /// The engine does not let the bridge in; its error reply.
    Refused(String),
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(waited) => {
                write!(f, "all connections to the engine were in use for {waited:?}; try again")
            }
            Self::Unreachable(why) => write!(f, "the engine does not answer: {why}"),
            Self::Refused(why) => write!(f, "the engine does not let the bridge in: {why}"),
        }
    }
}

impl std::error::Error for PoolError {}

impl From<PoolError> for ApiError {
    fn from(error: PoolError) -> Self {
        let code = match error {
            PoolError::Busy(_) => "BUSY",
            PoolError::Unreachable(_) => "ENGINE_UNREACHABLE",
            PoolError::Refused(_) => "ENGINE_REFUSED",
        };
        Self::new(503, code, error.to_string())
    }
}

/// Blocking connections, checked out for one request each.
///
/// A connection that failed is thrown away, never put back: what is still under way on it belongs to somebody else's
/// request. There is no thread that mends anything; the next request connects anew, so the engine may go and come back.
pub struct Pool {
    address: String,
    options: PoolOptions,
    shelf: Mutex<Shelf>,
    freed: Condvar,
}

struct Shelf {
    idle: Vec<Client>,
    lent: usize,
}

impl Pool {
    /// A pool for the engine at `address`, `host:port`. Connects when first needed.
    pub fn new(address: impl Into<String>, options: PoolOptions) -> Self {
        Self {
            address: address.into(),
            options,
            shelf: Mutex::new(Shelf { idle: Vec::new(), lent: 0 }),
            freed: Condvar::new(),
        }
    }

    /// The engine's address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Borrows a connection, an idle one or a new one; waits for at most [`PoolOptions::wait`] when all are lent.
    ///
    /// # Errors
    /// [`PoolError`].
    pub fn check_out(&self) -> Result<Lent<'_>, PoolError> {
        let mut lent = Lent { pool: self, client: self.take_place()? };
        if !lent.client.as_ref().is_some_and(is_alive) {
            lent.client = None;
            lent.client = Some(self.connect()?);
        }
        Ok(lent)
    }

    /// Checks out, calls, and puts back.
    ///
    /// # Errors
    /// [`PoolError`]; an error reply of the engine is `Ok(Value::Error)`.
    pub fn call<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Result<Value, PoolError> {
        self.check_out()?.call(arguments)
    }

    /// Waits until fewer than `size` are lent, counts one more, and hands over an idle connection if there is one.
    fn take_place(&self) -> Result<Option<Client>, PoolError> {
        let full = |shelf: &mut Shelf| shelf.lent >= self.options.size;
        let (mut shelf, waited) = self
            .freed
            .wait_timeout_while(self.shelf(), self.options.wait, full)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(PoolError::Busy(self.options.wait));
        }
        shelf.lent += 1;
        Ok(shelf.idle.pop())
    }

    fn connect(&self) -> Result<Client, PoolError> {
        let unreachable = |e: &dyn fmt::Display| PoolError::Unreachable(e.to_string());
        let addresses = self.address.to_socket_addrs();
        let mut failed = PoolError::Unreachable(format!("{} has no address", self.address));
        for address in addresses.map_err(|e| unreachable(&e))? {
            let connected = Client::connect_timeout(&address, self.options.connect_timeout);
            match connected.and_then(|client| self.introduce(client)) {
                Ok((client, Value::Error(reply))) => {
                    drop(client);
                    return Err(PoolError::Refused(reply));
                }
                Ok((client, _)) => return Ok(client),
                Err(error) => failed = unreachable(&error),
            }
        }
        Err(failed)
    }

    fn introduce(&self, mut client: Client) -> Result<(Client, Value), ClientError> {
        client.set_timeout(Some(self.options.reply_timeout))?;
        let reply = match &self.options.password {
            Some(password) => client.call(&["AUTH", password])?,
            None => Value::Nil,
        };
        Ok((client, reply))
    }

    /// A panic elsewhere cannot leave the shelf half changed, so a poisoned lock is as good as any.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an idle connection is still open and silent, by a look that does not wait.
fn is_alive(client: &Client) -> bool {
    let stream = client.stream();
    let look = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
    let silent = matches!(look, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
    silent && stream.set_nonblocking(false).is_ok()
}

/// A connection checked out of a [`Pool`]; dropping it puts it back.
pub struct Lent<'a> {
    pool: &'a Pool,
    client: Option<Client>,
}

impl Lent<'_> {
    /// Sends one request and waits for its reply.
    ///
    /// # Errors
    /// [`PoolError::Unreachable`] when the connection failed; it is then thrown away.
    pub fn call<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<Value, PoolError> {
        self.with(|client| client.call(arguments))
    }

    /// Sends several requests at once and waits for all replies.
    ///
    /// # Errors
    /// As [`Lent::call`].
    pub fn pipeline(&mut self, requests: &[Vec<&[u8]>]) -> Result<Vec<Value>, PoolError> {
        self.with(|client| {
            requests.iter().try_for_each(|request| client.send(request))?;
            client.flush()?;
            requests.iter().map(|_| client.receive()).collect()
        })
    }

    fn with<T>(&mut self, talk: impl FnOnce(&mut Client) -> Result<T, ClientError>) -> Result<T, PoolError> {
        let client = self.client.as_mut().ok_or(ClientError::Closed);
        client.and_then(talk).map_err(|error| {
            self.client = None;
            PoolError::Unreachable(error.to_string())
        })
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut shelf = self.pool.shelf();
        shelf.lent -= 1;
        shelf.idle.extend(self.client.take());
        self.pool.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heapwood_sockets::{Flow, RequestLimits, serve};
    use std::net::TcpListener;
    use std::thread;

    fn options() -> PoolOptions {
        PoolOptions { size: 1, wait: Duration::from_millis(20), ..PoolOptions::default() }
    }

    /// An engine that answers PING with how many requests it has seen, and hangs up on anything else.
    fn engine() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let mut seen = 0;
            serve(&listener, RequestLimits::default(), |arguments, replies| {
                if arguments[0] != b"PING" {
                    return Flow::Close;
                }
                seen += 1;
                replies.integer(seen);
                Flow::Continue
            })
        });
        address
    }

    #[test]
    fn a_connection_is_put_back_and_used_again() {
        let pool = Pool::new(engine(), options());
        assert_eq!(pool.call(&["PING"]), Ok(Value::Integer(1)));
        // The engine serves one client at a time: a second connection would wait for ever.
        assert_eq!(pool.call(&["PING"]), Ok(Value::Integer(2)));
    }

    #[test]
    fn a_connection_that_failed_is_not_put_back() {
        let pool = Pool::new(engine(), options());
        assert!(matches!(pool.call(&["QUIT"]), Err(PoolError::Unreachable(_))));
        assert_eq!(pool.call(&["PING"]), Ok(Value::Integer(1)));
    }

    #[test]
    fn waiting_for_a_lent_connection_is_bounded() {
        let pool = Pool::new(engine(), options());
        let lent = pool.check_out().unwrap();
        assert_eq!(pool.call(&["PING"]), Err(PoolError::Busy(Duration::from_millis(20))));
        drop(lent);
        assert_eq!(pool.call(&["PING"]), Ok(Value::Integer(1)));
    }

    #[test]
    fn an_engine_that_is_not_there_is_said_so_and_may_come_later() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let pool = Pool::new(address, options());
        for _ in 0..3 {
            assert!(matches!(pool.call(&["PING"]), Err(PoolError::Unreachable(_))));
        }
    }
}

//! A few connections to the engine, shared by the threads that answer.
use std::fmt;
use std::time::Duration;

/// How a [`Pool`] behaves.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Connections at once, lent or idle.
    pub size: usize,
    /// How long a request waits for a free connection.
    pub wait: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the engine may take for one reply.
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
#[derive(Debug)]
pub enum PoolError {
    /// No connection came free in time.
    Busy(Duration),
    /// The engine cannot be reached, or a connection broke before the reply: whether it acted is unknown.
    Unreachable(String),
    /// The engine does not let the bridge in.
    Refused(String),
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(waited) => write!(
                f,
                "all connections to the engine were busy for {waited:?}; try again"
            ),
            Self::Unreachable(why) => write!(f, "the engine does not answer: {why}"),
            Self::Refused(why) => write!(f, "the engine refuses the bridge: {why}"),
        }
    }
}

impl std::error::Error for PoolError {}

/// The pool. Cheap to share behind an `Arc`.
pub struct Pool {
    address: String,
    options: PoolOptions,
}

impl Pool {
    /// A pool for the engine at `address`, `host:port`; connects when first needed.
    pub fn new(address: impl Into<String>, options: PoolOptions) -> Self {
        Self {
            address: address.into(),
            options,
        }
    }

    /// The engine's address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The options it was made with.
    pub fn options(&self) -> &PoolOptions {
        &self.options
    }
}

//! Connections to the engine: the race reaches it through its port only, also in one process.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use heapwood_sockets::{Client, ClientError, Value};

use super::answers::QuoteError;
use super::locked;

/// Longest wait for a connection: the engine is near.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Longest wait for a reply: an engine that syncs or frees much is slow for less than this.
const REPLY_TIMEOUT: Duration = Duration::from_secs(2);

/// Idle connections kept for reads.
const MAX_IDLE: usize = 16;

/// The engine's address and some idle connections to it.
pub(crate) struct EngineLink {
    addr: SocketAddr,
    password: Option<String>,
    idle: Mutex<Vec<Client>>,
}

impl EngineLink {
    pub(crate) fn new(addr: SocketAddr, password: Option<String>) -> Self {
        EngineLink { addr, password, idle: Mutex::new(Vec::new()) }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A connection of one's own, authenticated.
    pub(crate) fn connect(&self) -> Result<Client, QuoteError> {
        let mut client = Client::connect_timeout(&self.addr, CONNECT_TIMEOUT).map_err(unreachable)?;
        client.set_timeout(Some(REPLY_TIMEOUT)).map_err(unreachable)?;
        if let Some(password) = &self.password {
            call(&mut client, &["AUTH", password])?;
        }
        Ok(client)
    }

    /// Sends one command that may be sent twice, and times it from the first byte out to the reply in memory. An
    /// idle connection may have died with the engine, so a failure there is tried once more on a new one;
    /// connecting is outside the timer.
    pub(crate) fn timed<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Result<(Value, Duration), QuoteError> {
        let pooled = locked(&self.idle).pop();
        if let Some(client) = pooled {
            match self.timed_on(client, arguments) {
                Err(QuoteError::EngineUnreachable(_)) => locked(&self.idle).clear(),
                outcome => return outcome,
            }
        }
        self.timed_on(self.connect()?, arguments)
    }

    fn timed_on<A: AsRef<[u8]>>(
        &self,
        mut client: Client,
        arguments: &[A],
    ) -> Result<(Value, Duration), QuoteError> {
        let start = Instant::now();
        let reply = client.call(arguments);
        let took = start.elapsed();
        let reply = reply.map_err(unreachable)?;
        let mut idle = locked(&self.idle);
        if idle.len() < MAX_IDLE {
            idle.push(client);
        }
        drop(idle);
        Ok((answered(reply)?, took))
    }
}

/// Sends one command and waits for its reply.
pub(crate) fn call<A: AsRef<[u8]>>(client: &mut Client, arguments: &[A]) -> Result<Value, QuoteError> {
    client.call(arguments).map_err(unreachable).and_then(answered)
}

/// Sends all commands before it reads the first reply. The first error reply is returned, after all were read.
pub(crate) fn call_all(client: &mut Client, commands: &[Vec<Vec<u8>>]) -> Result<(), QuoteError> {
    for command in commands {
        client.send(command).map_err(unreachable)?;
    }
    client.flush().map_err(unreachable)?;
    let mut outcome = Ok(());
    for _ in commands {
        let reply = client.receive().map_err(unreachable)?;
        outcome = outcome.and(answered(reply).map(drop));
    }
    outcome
}

fn answered(reply: Value) -> Result<Value, QuoteError> {
    match reply {
        Value::Error(text) => Err(QuoteError::EngineError(text)),
        reply => Ok(reply),
    }
}

fn unreachable(error: ClientError) -> QuoteError {
    QuoteError::EngineUnreachable(error.to_string())
}

//! How the bridge reaches the engine: the pool of stage 7, with time-outs and the password.

use std::net::SocketAddr;
use std::time::Duration;

use heapwood_http_bridge::pool::unreachable;
use heapwood_http_bridge::{ApiError, Pool};
use heapwood_sockets::{Client, ClientError, Value};

/// How long connecting to the engine may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Connections to one engine.
pub(crate) struct Engine {
    address: SocketAddr,
    pool: Pool,
}

impl Engine {
    /// Connections that wait for `reply_timeout` at most, and say AUTH first where there is a password.
    pub(crate) fn new(address: SocketAddr, password: Option<String>, reply_timeout: Duration) -> Self {
        let connect = move || {
            let (client, reply) =
                introduce(&address, password.as_deref(), reply_timeout).map_err(unreachable)?;
            match reply {
                Value::Error(why) => {
                    let message = format!("the engine does not let the bridge in: {why}");
                    Err(ApiError::new(503, "ENGINE_REFUSED", message))
                }
                _ => Ok(client),
            }
        };
        Self { address, pool: Pool::new(connect) }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends one command and waits for its reply.
    pub(crate) fn call<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Result<Value, ApiError> {
        self.pool.call(arguments)
    }

    /// Sends several requests at once and waits for all replies.
    pub(crate) fn pipeline(&self, requests: &[Vec<&[u8]>]) -> Result<Vec<Value>, ApiError> {
        self.pool.with(|client| {
            requests.iter().try_for_each(|request| client.send(request))?;
            client.flush()?;
            requests.iter().map(|_| client.receive()).collect()
        })
    }
}

fn introduce(
    address: &SocketAddr,
    password: Option<&str>,
    reply_timeout: Duration,
) -> Result<(Client, Value), ClientError> {
    let mut client = Client::connect_timeout(address, CONNECT_TIMEOUT)?;
    client.set_timeout(Some(reply_timeout))?;
    let reply = match password {
        Some(password) => client.call(&["AUTH", password])?,
        None => Value::Nil,
    };
    Ok((client, reply))
}

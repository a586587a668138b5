//! What to send, to whom, and how much of it.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

/// Bytes of one connection's pipeline at most: it is written in one piece.
const MAX_BATCH_BYTES: usize = 64 << 20;

/// Connections at most: beyond it the addresses of one host run out of ports.
const MAX_CLIENTS: usize = 28_000;

/// Bytes around a value in the longest request, rounded up.
const REQUEST_OVERHEAD_BYTES: usize = 64;

/// How requests are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The engine's own.
    Frames,
    /// Arrays of bulk strings, for Redis.
    Resp,
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SET `key:…` to the value.
    Set,
    /// GET `key:…`.
    Get,
    /// INCR `number:…`.
    Incr,
    /// LPUSH the value to one list.
    Lpush,
    /// LPOP from that list.
    Lpop,
    /// RANK `key:…`, which Redis does not know.
    Rank,
    /// DEL `key:…`.
    Del,
    /// PING.
    Ping,
}

impl Kind {
    const ALL: [Kind; 8] =
        [Kind::Set, Kind::Get, Kind::Incr, Kind::Lpush, Kind::Lpop, Kind::Rank, Kind::Del, Kind::Ping];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Set => "set",
            Kind::Get => "get",
            Kind::Incr => "incr",
            Kind::Lpush => "lpush",
            Kind::Lpop => "lpop",
            Kind::Rank => "rank",
            Kind::Del => "del",
            Kind::Ping => "ping",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Kind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names = Kind::ALL.map(Kind::name).join(", ");
            format!("there is no test {name:?}; there are {names}")
        })
    }
}

/// A kind of request and how often it is drawn, relative to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What is sent.
    pub kind: Kind,
    /// Its weight, from 1.
    pub weight: u32,
}

impl Share {
    /// Nothing but `kind`.
    pub fn all(kind: Kind) -> Self {
        Share { kind, weight: 1 }
    }
}

impl FromStr for Share {
    type Err = String;

    /// `get=80`, or `get` for a weight of 1.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, weight) = text.split_once('=').unwrap_or((text, "1"));
        let kind = name.parse()?;
        match weight.parse() {
            Ok(weight @ 1..=1_000_000) => Ok(Share { kind, weight }),
            _ => Err(format!("a weight is 1 to 1000000, not {weight:?}: get=80,set=20")),
        }
    }
}

/// In which order keys are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// Uniformly at random.
    Random,
    /// Each once, far from the one before, and then from the beginning again.
    EachOnce,
}

/// A load.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub addr: SocketAddr,
    /// Given with AUTH, with frames.
    pub password: Option<Vec<u8>>,
    /// How requests are written.
    pub protocol: Protocol,
    /// Connections.
    pub clients: usize,
    /// Threads that share the connections evenly.
    pub threads: usize,
    /// Requests written before their replies are awaited, on each connection.
    pub pipeline: usize,
    /// Requests in all.
    pub requests: u64,
    /// Ends earlier than after all requests.
    pub duration: Option<Duration>,
    /// What is sent.
    pub mix: Vec<Share>,
    /// Different keys: `key:` and twelve digits, 16 bytes.
    pub keys: u64,
    /// Their order.
    pub order: KeyOrder,
    /// Bytes of a value.
    pub value_bytes: usize,
    /// Where random numbers begin.
    pub seed: u64,
}

impl Plan {
    /// Whether it can be carried out; the error is a line for the user.
    pub fn check(&self) -> Result<(), String> {
        if self.clients == 0 || self.clients > MAX_CLIENTS {
            return Err(format!("--clients is 1 to {MAX_CLIENTS}, not {}", self.clients));
        }
        if self.keys > 1_000_000_000_000 {
            return Err(format!("--keys is at most 10^12, not {}", self.keys));
        }
        let request_bytes = self.value_bytes.saturating_add(REQUEST_OVERHEAD_BYTES);
        if request_bytes.saturating_mul(self.pipeline) > MAX_BATCH_BYTES {
            return Err(format!(
                "a pipeline of {} requests with values of {} bytes is more than {MAX_BATCH_BYTES} bytes; choose less of one",
                self.pipeline, self.value_bytes
            ));
        }
        Ok(())
    }
}

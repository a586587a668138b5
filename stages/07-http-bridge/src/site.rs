//! What this stage serves: a page, a quote by two ways, a key.

use std::time::Instant;

use heapwood_http_bridge::percent::{decode, query_pairs};
use heapwood_http_bridge::{Answer, ApiError, CacheAside, Incoming};
use heapwood_sockets::Value;
use serde_json::json;

use crate::prices::Prices;

/// All of the page: it loads nothing else.
const PAGE: &str = include_str!("../page/index.html");
/// What the page may do: run its own script and style, ask this server, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'";

pub(crate) struct Site {
    pub(crate) cache: CacheAside,
    pub(crate) prices: Prices,
    /// The names by which this server may be called, as `host:port`.
    pub(crate) hosts: Vec<String>,
}

impl Site {
    pub(crate) fn answer(&self, request: &Incoming) -> Answer {
        let answer = self.route(request).unwrap_or_else(Answer::from);
        answer.with("Content-Security-Policy", POLICY).with("X-Content-Type-Options", "nosniff")
    }

    fn route(&self, request: &Incoming) -> Result<Answer, ApiError> {
        self.check_origin(request)?;
        let path: Vec<&str> = request.path.split('/').skip(1).collect();
        match (request.method.as_str(), &path[..]) {
            ("GET" | "HEAD", [""]) => Ok(Answer::new(200, "text/html; charset=utf-8", PAGE)),
            ("GET" | "HEAD", ["quotes", ticker]) => self.quote(ticker, &request.query),
            ("GET" | "HEAD", ["keys", key]) => self.get_key(&decode(key)?),
            ("PUT", ["keys", key]) => self.put_key(&decode(key)?, &request.body),
            ("DELETE", ["keys", key]) => self.delete_key(&decode(key)?),
            (_, [""] | ["quotes" | "keys", _]) => {
                let message = format!("{} does not go with {}", request.method, request.path);
                Err(ApiError::new(405, "METHOD_NOT_ALLOWED", message))
            }
            _ => Err(ApiError::new(404, "NO_SUCH_PATH", "see /, /quotes/{ticker} and /keys/{key}")),
        }
    }

    /// A price by one of the two ways, and how long that took, measured around the question.
    fn quote(&self, ticker: &str, query: &str) -> Result<Answer, ApiError> {
        let way = query_pairs(query).find(|(name, _)| *name == "via").map_or("cache", |(_, way)| way);
        let began = Instant::now();
        let (price, hit) = match way {
            "disk" => (self.read_disk(ticker)?, None),
            "cache" => {
                let found = self.cache.read(ticker, || self.read_disk(ticker))?;
                (found.text, Some(found.hit))
            }
            other => {
                let message = format!("via is disk or cache, not {other:?}");
                return Err(ApiError::new(400, "BAD_PARAMETER", message));
            }
        };
        let latency_us = began.elapsed().as_nanos() as f64 / 1_000.0;
        let body =
            json!({"symbol": ticker, "via": way, "price": price, "hit": hit, "latency_us": latency_us});
        Ok(Answer::json(200, &body))
    }

    fn read_disk(&self, ticker: &str) -> Result<String, ApiError> {
        let found = self.prices.find(ticker);
        let found = found.map_err(|error| ApiError::new(500, "DISK_FAILED", error.to_string()))?;
        found.ok_or_else(|| ApiError::new(404, "UNKNOWN_SYMBOL", format!("no ticker {ticker:?}")))
    }

    fn get_key(&self, key: &[u8]) -> Result<Answer, ApiError> {
        match self.cache.engine().ask(&[b"GET", key])? {
            Value::Bytes(value) => Ok(Answer::new(200, "application/octet-stream", value)),
            _ => Err(no_such_key()),
        }
    }

    fn put_key(&self, key: &[u8], value: &[u8]) -> Result<Answer, ApiError> {
        self.cache.engine().ask(&[b"SET", key, value]).map(|_| Answer::no_content())
    }

    fn delete_key(&self, key: &[u8]) -> Result<Answer, ApiError> {
        match self.cache.engine().ask(&[b"DEL", key])? {
            Value::Integer(1) => Ok(Answer::no_content()),
            _ => Err(no_such_key()),
        }
    }

    /// A page of another site may neither write here nor, by a name of its own for this machine, read.
    fn check_origin(&self, request: &Incoming) -> Result<(), ApiError> {
        let ours = |host: &str| self.hosts.iter().any(|name| name.eq_ignore_ascii_case(host));
        if !request.header("Host").all(ours) || request.header("Host").count() != 1 {
            return Err(ApiError::new(421, "FOREIGN_HOST", "this server has another name"));
        }
        let site = |origin: &str| origin.strip_prefix("http://").is_some_and(ours);
        if !request.header("Origin").all(site) {
            return Err(ApiError::new(403, "FOREIGN_ORIGIN", "pages of other sites may not ask here"));
        }
        Ok(())
    }
}

fn no_such_key() -> ApiError {
    ApiError::new(404, "NO_SUCH_KEY", "there is no such key")
}

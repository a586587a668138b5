//! `/api/stats`, `/healthz` and what both know about the engine.

use std::collections::HashMap;

use heapwood_http_bridge::Answer;
use heapwood_sockets::Value;
use serde_json::{Value as Json, json};

use super::counters::Counters;
use super::engine::Engine;
use crate::race::{MarketState, Race};

/// What INFO and DBSIZE tell, or why they do not.
pub(crate) struct EngineFigures {
    address: String,
    answer: Result<Info, String>,
}

struct Info {
    fields: HashMap<String, String>,
    keys: i64,
}

impl EngineFigures {
    /// Asks the engine.
    pub(crate) fn ask(engine: &Engine) -> Self {
        Self { address: engine.address().to_string(), answer: ask(engine) }
    }

    /// Whether it answered.
    pub(crate) fn is_connected(&self) -> bool {
        self.answer.is_ok()
    }

    /// A figure by INFO's name for it; `keys` is DBSIZE.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        let info = self.answer.as_ref().ok()?;
        if name == "keys" {
            return Some(info.keys);
        }
        info.fields.get(name)?.parse().ok()
    }

    fn text(&self, name: &str) -> Option<&str> {
        let info = self.answer.as_ref().ok()?;
        info.fields.get(name).map(String::as_str)
    }

    /// The shape of `engine` in `GET /api/stats`.
    fn to_json(&self) -> Json {
        json!({
            "connected": self.is_connected(),
            "address": self.address,
            "version": self.text("heapwood_version").or_else(|| self.text("redis_version")),
            "keys": self.number("keys"),
            "clients": self.number("connected_clients"),
            "memory_bytes": self.number("used_memory"),
            "uptime_s": self.number("uptime_in_seconds"),
            "commands_total": self.number("total_commands_processed"),
            "commands_per_second": self.number("instantaneous_ops_per_sec"),
            "log_bytes": self.number("aof_current_size"),
            "log_policy": self.text("log_policy"),
            "poller": self.text("multiplexing_api"),
            "error": self.answer.as_ref().err(),
        })
    }
}

fn ask(engine: &Engine) -> Result<Info, String> {
    let replies = engine.pipeline(&[vec![b"INFO"], vec![b"DBSIZE"]]).map_err(|e| e.message)?;
    match &replies[..] {
        [Value::Bytes(info), Value::Integer(keys)] => {
            Ok(Info { fields: fields_of(&String::from_utf8_lossy(info)), keys: *keys })
        }
        [Value::Error(reply), ..] => Err(reply.clone()),
        _ => Err("the engine's INFO is not understood".to_owned()),
    }
}

/// The `name:value` lines of INFO.
fn fields_of(info: &str) -> HashMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.to_owned()))
    };
    info.lines().filter_map(pair).collect()
}

/// `GET /api/stats`: 200 also without an engine, because the page shows that.
pub(crate) fn stats(engine: &EngineFigures, race: &Race, counters: &Counters) -> Answer {
    let body = json!({
        "engine": engine.to_json(),
        "market": race.status().to_json(),
        "bridge": {
            "requests_total": counters.requests_total(),
            "rate_limited_total": counters.rate_limited_total(),
            "uptime_s": counters.uptime().as_secs(),
        },
    });
    Answer::json(200, &body)
}

/// `GET /healthz`: 200 only when every way to a quote answers.
pub(crate) fn health(engine: &EngineFigures, race: &Race) -> Answer {
    let market = race.status();
    let (code, message) = match (&engine.answer, market.state) {
        (Err(why), _) => ("ENGINE_UNREACHABLE", why.clone()),
        (Ok(_), MarketState::Ready) if race.is_ready() => {
            return Answer::json(200, &json!({"status": "ok"}));
        }
        (Ok(_), MarketState::Failed) => ("MARKET_FAILED", market.message.clone()),
        (Ok(_), MarketState::Building) => ("BUILDING", market.message.clone()),
        (Ok(_), _) => ("NOT_READY", market.message.clone()),
    };
    let how_far = match market.state {
        MarketState::Building | MarketState::Loading => format!(" ({} of {})", market.done, market.total),
        MarketState::Ready | MarketState::Failed => String::new(),
    };
    let body = json!({"error": {"code": code, "message": message + &how_far}});
    Answer::json(503, &body).with("Retry-After", "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_info_are_found_by_name() {
        let fields =
            fields_of("# Server\r\nheapwood_version:0.1.0\r\nlistener_address:127.0.0.1:7379\r\n\r\n");
        assert_eq!(fields["heapwood_version"], "0.1.0");
        assert_eq!(fields["listener_address"], "127.0.0.1:7379");
        assert_eq!(fields.len(), 2);
    }

    #[test]
    fn an_engine_that_is_not_there_has_no_figures_but_an_address() {
        let figures = EngineFigures { address: "127.0.0.1:1".to_owned(), answer: Err("refused".to_owned()) };
        let json = figures.to_json();
        assert_eq!((&json["connected"], &json["keys"]), (&json!(false), &Json::Null));
        assert_eq!(json["error"], "refused");
    }
}

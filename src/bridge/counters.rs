//! What the bridge counts about itself, and `/metrics`: all figures in Prometheus's text format.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use heapwood_http_bridge::Answer;

use super::stats::EngineFigures;
use crate::race::{MarketState, MarketStatus};

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Counts since the start. Routes are counted by template, so that a client's keys make no new ones.
pub(crate) struct Counters {
    started: Instant,
    rate_limited: Arc<AtomicU64>,
    requests: Mutex<BTreeMap<(&'static str, u16), Tally>>,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    count: u64,
    seconds: f64,
}

impl Counters {
    /// Counters from zero.
    pub(crate) fn new(started: Instant) -> Self {
        Self { started, rate_limited: Arc::default(), requests: Mutex::default() }
    }

    /// The counter of requests that were refused for their rate.
    pub(crate) fn rate_limited(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.rate_limited)
    }

    /// Counts an answered request.
    pub(crate) fn count(&self, route: &'static str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = requests.entry((route, status)).or_default();
        tally.count += 1;
        tally.seconds += took.as_secs_f64();
    }

    /// Requests answered, those refused for their rate included.
    pub(crate) fn requests_total(&self) -> u64 {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.values().map(|tally| tally.count).sum::<u64>() + self.rate_limited_total()
    }

    /// Requests refused for their rate.
    pub(crate) fn rate_limited_total(&self) -> u64 {
        self.rate_limited.load(Ordering::Relaxed)
    }

    /// Time since the start.
    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}

/// `GET /metrics`.
pub(crate) fn metrics(counters: &Counters, engine: &EngineFigures, market: &MarketStatus) -> Answer {
    let mut text = Exposition::default();
    bridge(counters, &mut text);
    engine_figures(engine, &mut text);
    market_figures(market, &mut text);
    Answer::new(200, CONTENT_TYPE, text.0)
}

fn bridge(counters: &Counters, text: &mut Exposition) {
    let requests = counters.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
    text.family("heapwood_http_requests_total", "counter", "HTTP requests answered, by route and status.");
    for ((route, status), tally) in &requests {
        text.sample("heapwood_http_requests_total", &labels(route, *status), tally.count);
    }
    text.family(
        "heapwood_http_request_seconds_total",
        "counter",
        "Time spent on answers, by route and status.",
    );
    for ((route, status), tally) in &requests {
        text.sample("heapwood_http_request_seconds_total", &labels(route, *status), tally.seconds);
    }
    let limited = counters.rate_limited_total();
    text.single(
        "heapwood_http_rate_limited_total",
        "counter",
        "HTTP requests refused for their rate.",
        limited,
    );
    let uptime = counters.uptime().as_secs_f64();
    text.single("heapwood_bridge_uptime_seconds", "gauge", "Time since the bridge started.", uptime);
}

fn labels(route: &str, status: u16) -> String {
    format!("{{route=\"{route}\",status=\"{status}\"}}")
}

fn engine_figures(engine: &EngineFigures, text: &mut Exposition) {
    let up = u8::from(engine.is_connected());
    text.single("heapwood_engine_up", "gauge", "Whether the engine answers: 1 or 0.", up);
    for (name, kind, field, help) in [
        ("heapwood_engine_keys", "gauge", "keys", "Keys stored."),
        ("heapwood_engine_clients", "gauge", "connected_clients", "Clients connected."),
        ("heapwood_engine_memory_bytes", "gauge", "used_memory", "Memory in use."),
        ("heapwood_engine_uptime_seconds", "gauge", "uptime_in_seconds", "Time since the engine started."),
        ("heapwood_engine_commands_total", "counter", "total_commands_processed", "Commands executed."),
        ("heapwood_engine_expired_keys_total", "counter", "expired_keys", "Keys whose deadline passed."),
        ("heapwood_engine_log_bytes", "gauge", "aof_current_size", "Size of the log."),
    ] {
        // A figure that is not known is left out: zero would be a lie.
        if let Some(number) = engine.number(field) {
            text.single(name, kind, help, number);
        }
    }
}

fn market_figures(market: &MarketStatus, text: &mut Exposition) {
    let ready = u8::from(market.state == MarketState::Ready);
    text.single("heapwood_market_ready", "gauge", "Whether every way to a quote answers: 1 or 0.", ready);
    let published = market.ticks_published;
    text.single("heapwood_market_ticks_published_total", "counter", "Ticks pushed to the queue.", published);
    let applied = market.ticks_applied;
    text.single(
        "heapwood_market_ticks_applied_total",
        "counter",
        "Ticks taken from the queue and stored.",
        applied,
    );
    text.single("heapwood_market_backlog", "gauge", "Ticks waiting in the queue.", market.backlog);
}

/// Text in Prometheus's exposition format.
#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        self.line(format_args!("{name}{labels} {value}"));
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, "", value);
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a String takes everything");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_follows_its_help_and_type() {
        let counters = Counters::new(Instant::now());
        counters.count("/api/keys/{key}", 200, Duration::from_millis(250));
        counters.count("/api/keys/{key}", 200, Duration::from_millis(250));
        counters.count("/api/keys/{key}", 404, Duration::ZERO);
        let mut text = Exposition::default();
        bridge(&counters, &mut text);
        let line = "heapwood_http_requests_total{route=\"/api/keys/{key}\",status=\"200\"} 2";
        assert!(text.0.lines().any(|l| l == line), "{}", text.0);
        let line = "heapwood_http_request_seconds_total{route=\"/api/keys/{key}\",status=\"200\"} 0.5";
        assert!(text.0.lines().any(|l| l == line), "{}", text.0);
        assert!(text.0.contains("# HELP heapwood_http_rate_limited_total "));
        assert!(text.0.contains("# TYPE heapwood_http_rate_limited_total counter\n"));
        assert_eq!(counters.requests_total(), 3);
    }
}

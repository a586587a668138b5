//! How far the market is, and the race's controls and figures, as the bridge shows them.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use super::answers::{Bar, QuoteAnswer, Statistics, Via};

/// How far the market is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketState {
    /// The database is being built.
    Building,
    /// The database is there; the engine's copy of the quotes is being loaded, or the engine is awaited.
    Loading,
    /// Every way answers (cold where the system can drop pages).
    Ready,
    /// It cannot be built or opened; the message says why.
    Failed,
}

impl MarketState {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            MarketState::Building => "building",
            MarketState::Loading => "loading",
            MarketState::Ready => "ready",
            MarketState::Failed => "failed",
        }
    }
}

/// The `market` part of `GET /api/stats`.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketStatus {
    /// How far it is.
    pub state: MarketState,
    /// Units of work done: bars while building, quotes while loading.
    pub done: u64,
    /// Units of work in all.
    pub total: u64,
    /// One sentence for a reader.
    pub message: String,
    /// Why cold reads are not available, or `None` when they are.
    pub cold_unavailable: Option<String>,
    /// Whether the engine holds the full copy of the latest quotes, as far as known.
    pub memory_loaded: bool,
    /// Whether the market simulator publishes now (it rests while nobody looks).
    pub simulating: bool,
    /// Ticks pushed to the queue since start.
    pub ticks_published: u64,
    /// Ticks taken from the queue and stored since start.
    pub ticks_applied: u64,
    /// Ticks taken that were older than what was stored (an engine that came back with an older queue), or unreadable.
    pub ticks_skipped: u64,
    /// Ticks of this run that never arrived: the engine lost them with a connection or a crash.
    pub ticks_lost: u64,
    /// Ticks waiting in the queue, at the last look.
    pub backlog: u64,
}

impl MarketStatus {
    /// The shape of `market` in `GET /api/stats`.
    pub fn to_json(&self) -> Value {
        json!({
            "state": self.state.name(),
            "done": self.done,
            "total": self.total,
            "message": self.message,
            "cold": {"available": self.cold_unavailable.is_none(), "reason": self.cold_unavailable},
            "memory_loaded": self.memory_loaded,
            "simulating": self.simulating,
            "ticks_published": self.ticks_published,
            "ticks_applied": self.ticks_applied,
            "ticks_skipped": self.ticks_skipped,
            "ticks_lost": self.ticks_lost,
            "backlog": self.backlog,
        })
    }
}

/// How the racer chooses symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Each as often as any other.
    Uniform,
    /// The k-th most popular 1/k times as often as the first (Zipf's law).
    Skewed,
}

impl Distribution {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Distribution::Uniform => "uniform",
            Distribution::Skewed => "skewed",
        }
    }
}

impl FromStr for Distribution {
    type Err = ControlError;

    fn from_str(name: &str) -> Result<Self, ControlError> {
        match name {
            "uniform" => Ok(Distribution::Uniform),
            "skewed" => Ok(Distribution::Skewed),
            other => Err(ControlError(format!("distribution is uniform or skewed, not {other:?}"))),
        }
    }
}

/// What the race runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Controls {
    /// Whether it runs (while somebody looks).
    pub running: bool,
    /// Queries a second for each way; 0 is one after the other without a pause.
    pub rate: u32,
    /// How many of the market's symbols are asked for, from 1.
    pub symbols: u32,
    /// How they are chosen.
    pub distribution: Distribution,
}

impl Controls {
    /// The shape of `controls` in `GET /api/race`.
    pub fn to_json(&self) -> Value {
        json!({"rate": self.rate, "symbols": self.symbols, "distribution": self.distribution.name()})
    }
}

/// A change of some controls; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlsChange {
    /// Run or stop.
    pub running: Option<bool>,
    /// Queries a second for each way, at most [`super::MAX_RATE`]; 0 is as fast as it can.
    pub rate: Option<u32>,
    /// 1 up to the market's number of symbols.
    pub symbols: Option<u32>,
    /// Uniform or skewed.
    pub distribution: Option<Distribution>,
}

/// A control outside its limits (400): the text names value and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlError(pub String);

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ControlError {}

/// One query of the race, for the chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When it ended.
    pub unix_ms: u64,
    /// How long it took.
    pub latency_us: f64,
    /// Whether memory had it; `None` for the disk ways.
    pub hit: Option<bool>,
}

/// One way's figures over the window.
#[derive(Clone, Debug, PartialEq)]
pub struct WayFigures {
    /// Which way.
    pub via: Via,
    /// Why it does not run, or `None` when it can.
    pub unavailable: Option<String>,
    /// Queries answered.
    pub count: u64,
    /// The same a second.
    pub per_second: f64,
    /// Median, 95th and 99th percentile and largest in microseconds; `None` without a query. Within 1 %.
    pub percentiles_us: Option<[f64; 4]>,
    /// Queries that memory answered.
    pub hits: u64,
    /// Queries that memory could not answer.
    pub misses: u64,
    /// Queries that failed.
    pub errors: u64,
    /// Recent queries after the sequence number asked for, oldest first.
    pub samples: Vec<Sample>,
}

/// Who was faster, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// A sentence or two.
    pub text: String,
    /// Median of the disk way named first over that of memory: above 1 memory was faster.
    pub ratio: f64,
}

/// `GET /api/race`.
#[derive(Clone, Debug, PartialEq)]
pub struct RaceSnapshot {
    /// The controls; `running` is what was asked for.
    pub controls: Controls,
    /// Seconds that the figures cover.
    pub window_s: u64,
    /// What `since` takes next time.
    pub sequence: u64,
    /// One entry a way, in the order of [`Via::ALL`].
    pub ways: Vec<WayFigures>,
    /// `None` until both sides have answered.
    pub verdict: Option<Verdict>,
}

impl RaceSnapshot {
    /// The shape of `GET /api/race`.
    pub fn to_json(&self) -> Value {
        let verdict = self
            .verdict
            .as_ref()
            .map(|verdict| json!({"text": verdict.text, "ratio": rounded(verdict.ratio)}));
        json!({
            "running": self.controls.running,
            "controls": self.controls.to_json(),
            "window_s": self.window_s,
            "sequence": self.sequence,
            "ways": self.ways.iter().map(WayFigures::to_json).collect::<Vec<_>>(),
            "verdict": verdict,
        })
    }
}

impl WayFigures {
    fn to_json(&self) -> Value {
        let percentile = |i: usize| self.percentiles_us.map(|all| rounded(all[i]));
        let samples: Vec<Value> =
            self.samples.iter().map(|s| json!([s.unix_ms, rounded(s.latency_us), s.hit])).collect();
        json!({
            "via": self.via.name(),
            "available": self.unavailable.is_none(),
            "reason": self.unavailable,
            "count": self.count,
            "per_second": rounded(self.per_second),
            "p50_us": percentile(0),
            "p95_us": percentile(1),
            "p99_us": percentile(2),
            "max_us": percentile(3),
            "hits": self.hits,
            "misses": self.misses,
            "errors": self.errors,
            "samples": samples,
        })
    }
}

impl QuoteAnswer {
    /// The shape of `GET /api/quotes/{symbol}`.
    pub fn to_json(&self) -> Value {
        json!({
            "symbol": self.symbol,
            "via": self.via.name(),
            "price": self.price,
            "latency_us": rounded(self.latency_us),
            "hit": self.hit,
        })
    }
}

impl Bar {
    /// One entry of `bars` in `GET /api/history/{symbol}`.
    pub fn to_json(&self) -> Value {
        json!({
            "date": self.date,
            "open": self.open,
            "high": self.high,
            "low": self.low,
            "close": self.close,
            "volume": self.volume,
        })
    }
}

impl Statistics {
    /// The shape of `GET /api/statistics/{symbol}`.
    pub fn to_json(&self) -> Value {
        json!({
            "symbol": self.symbol,
            "days": self.days,
            "low": self.low,
            "high": self.high,
            "mean": rounded(self.mean),
            "change_percent": rounded(self.change_percent),
            "volatility_percent": rounded(self.volatility_percent),
            "mean_volume": rounded(self.mean_volume),
        })
    }
}

/// Three decimals: the clock says no more, and JSON stays short.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

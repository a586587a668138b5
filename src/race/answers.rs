//! What the race answers: quotes, bars, statistics, figures, and the errors in place of them.

use std::fmt;
use std::str::FromStr;

/// One of the four ways to a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// SQLite, from a copy whose pages the system was made to drop first.
    DiskCold,
    /// SQLite, as it comes: the live file, whose pages the system holds in memory as it sees fit.
    DiskWarm,
    /// The engine's full copy of the latest quotes, `quote:{symbol}`.
    Memory,
    /// The engine's cache of what was asked for, `cache:{symbol}`; a miss goes to the live file.
    CacheAside,
}

impl Via {
    /// The four ways, in the order in which they are listed and drawn.
    pub const ALL: [Via; 4] = [Via::DiskCold, Via::DiskWarm, Via::Memory, Via::CacheAside];

    /// The name used in addresses and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Via::DiskCold => "disk-cold",
            Via::DiskWarm => "disk-warm",
            Via::Memory => "memory",
            Via::CacheAside => "cache-aside",
        }
    }

    /// The name used in sentences.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Via::DiskCold => "cold disk",
            Via::DiskWarm => "warm disk",
            Via::Memory => "memory",
            Via::CacheAside => "cache-aside",
        }
    }

    pub(crate) fn index(self) -> usize {
        match self {
            Via::DiskCold => 0,
            Via::DiskWarm => 1,
            Via::Memory => 2,
            Via::CacheAside => 3,
        }
    }
}

/// A way that does not exist, as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVia(pub String);

impl fmt::Display for UnknownVia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no way to a quote is called {:?}; use memory, disk-cold, disk-warm or cache-aside", self.0)
    }
}

impl std::error::Error for UnknownVia {}

impl FromStr for Via {
    type Err = UnknownVia;

    fn from_str(name: &str) -> Result<Self, UnknownVia> {
        Via::ALL.into_iter().find(|via| via.name() == name).ok_or_else(|| UnknownVia(name.to_owned()))
    }
}

/// A quote, and what it cost to get it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuoteAnswer {
    /// The ticker asked for.
    pub symbol: String,
    /// The way it was asked.
    pub via: Via,
    /// Price in the market's currency, two decimals.
    pub price: f64,
    /// Microseconds around the query, measured in this process; see [`crate::race`] for what is inside for each way.
    pub latency_us: f64,
    /// Whether memory had it; `None` for the two disk ways.
    pub hit: Option<bool>,
}

/// One trading day of one ticker; prices with two decimals.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// First price of the day.
    pub open: f64,
    /// Highest price of the day.
    pub high: f64,
    /// Lowest price of the day.
    pub low: f64,
    /// Last price of the day.
    pub close: f64,
    /// Shares traded.
    pub volume: i64,
}

/// The last trading days of one ticker in a few numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The ticker asked for.
    pub symbol: String,
    /// Trading days looked at: 30, or fewer where there are fewer.
    pub days: u32,
    /// Lowest price of these days.
    pub low: f64,
    /// Highest price of these days.
    pub high: f64,
    /// Mean of the closing prices.
    pub mean: f64,
    /// Change from the first of these closing prices to the last, in percent.
    pub change_percent: f64,
    /// Sample standard deviation of the daily changes, in percent.
    pub volatility_percent: f64,
    /// Mean of the shares traded a day.
    pub mean_volume: f64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum QuoteError {
    /// No such ticker in the market (404).
    UnknownSymbol(String),
    /// The database is still being built or opened, or that failed (503); the text says which.
    NotReady(String),
    /// This system cannot drop the pages of the cold file (503, `COLD_UNAVAILABLE`); the text says why.
    ColdUnavailable(String),
    /// The engine cannot be reached (503); the text says what was tried.
    EngineUnreachable(String),
    /// The engine answered with an error, `CODE message` (503).
    EngineError(String),
    /// SQLite failed (500).
    Disk(String),
}

impl QuoteError {
    /// The upper-case code for JSON errors.
    pub fn code(&self) -> &'static str {
        match self {
            QuoteError::UnknownSymbol(_) => "UNKNOWN_SYMBOL",
            QuoteError::NotReady(_) => "NOT_READY",
            QuoteError::ColdUnavailable(_) => "COLD_UNAVAILABLE",
            QuoteError::EngineUnreachable(_) => "ENGINE_UNREACHABLE",
            QuoteError::EngineError(_) => "ENGINE_ERROR",
            QuoteError::Disk(_) => "DISK_FAILED",
        }
    }

    /// The HTTP status that says the same.
    pub fn http_status(&self) -> u16 {
        match self {
            QuoteError::UnknownSymbol(_) => 404,
            QuoteError::Disk(_) => 500,
            _ => 503,
        }
    }
}

impl fmt::Display for QuoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuoteError::UnknownSymbol(symbol) => {
                write!(f, "no ticker {symbol:?} in this market; see /api/symbols")
            }
            QuoteError::NotReady(why) => f.write_str(why),
            QuoteError::ColdUnavailable(why) => write!(f, "cold reads are not available: {why}"),
            QuoteError::EngineUnreachable(why) => write!(f, "the engine cannot be reached: {why}"),
            QuoteError::EngineError(reply) => write!(f, "the engine answered {reply:?}"),
            QuoteError::Disk(why) => write!(f, "SQLite failed: {why}"),
        }
    }
}

impl std::error::Error for QuoteError {}

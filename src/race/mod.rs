//! Disk against memory: a SQLite market, the engine's copies of it, and a race between them.

mod answers;
mod status;

pub use answers::{Bar, QuoteAnswer, QuoteError, Statistics, UnknownVia, Via};
pub use status::{
    ControlError, Controls, ControlsChange, Distribution, MarketState, MarketStatus, RaceSnapshot, Sample,
    Verdict, WayFigures,
};

use std::net::SocketAddr;
use std::path::PathBuf;

/// Queries a second and way, at most: what one connection, one request at a time, comes near.
pub const MAX_RATE: u32 = 10_000;

/// How large a market to invent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketSize {
    /// Tickers.
    pub symbols: u32,
    /// Trading days of each.
    pub days: u32,
}

impl Default for MarketSize {
    /// A million daily bars.
    fn default() -> Self {
        MarketSize { symbols: 500, days: 2_000 }
    }
}

/// Where the race lives and what it races against.
#[derive(Clone, Debug)]
pub struct RaceOptions {
    /// Directory for the two SQLite files; made when missing.
    pub dir: PathBuf,
    /// The engine's port, for frames.
    pub engine: SocketAddr,
    /// Sent with AUTH on each connection.
    pub password: Option<String>,
    /// How large a market.
    pub size: MarketSize,
    /// Whether to show the building on standard error.
    pub show_progress: bool,
}

impl RaceOptions {
    /// A market of the default size that says nothing on standard error.
    pub fn new(dir: PathBuf, engine: SocketAddr) -> Self {
        RaceOptions { dir, engine, password: None, size: MarketSize::default(), show_progress: false }
    }
}

/// The market and its race, running in the background.
pub struct Race {}

impl Race {
    /// Begins to build or open the market on a thread of its own and returns at once.
    pub fn start(_options: RaceOptions) -> Race {
        todo!()
    }

    /// How far the market is.
    pub fn status(&self) -> MarketStatus {
        todo!()
    }

    /// Whether every way answers: database open, memory copy loaded, engine reached at the last try.
    pub fn is_ready(&self) -> bool {
        todo!()
    }

    /// Somebody looks: race and simulator run on for a while. Called by the bridge for every request of the page.
    pub fn watch(&self) {
        todo!()
    }

    /// All tickers in alphabetical order; known before the database is.
    pub fn symbols(&self) -> &[String] {
        todo!()
    }

    /// Whether there is such a ticker.
    pub fn knows(&self, _symbol: &str) -> bool {
        todo!()
    }

    /// One quote, and what it cost.
    pub fn quote(&self, _symbol: &str, _via: Via) -> Result<QuoteAnswer, QuoteError> {
        todo!()
    }

    /// The last `days` trading days, oldest first, from the live file.
    pub fn history(&self, _symbol: &str, _days: u32) -> Result<Vec<Bar>, QuoteError> {
        todo!()
    }

    /// The last 30 trading days in numbers, from the live file.
    pub fn statistics(&self, _symbol: &str) -> Result<Statistics, QuoteError> {
        todo!()
    }

    /// Controls, figures and samples after `since`. Counts as looking.
    pub fn snapshot(&self, _since: u64) -> RaceSnapshot {
        todo!()
    }

    /// Changes controls, all or nothing.
    pub fn set_controls(&self, _change: ControlsChange) -> Result<Controls, ControlError> {
        todo!()
    }

    /// Ends all threads, an unfinished build too; within a second. May be called again.
    pub fn shut_down(&self) {
        todo!()
    }
}

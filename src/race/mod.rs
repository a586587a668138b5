//! Disk against memory: a SQLite market, the engine's copies of it, and a race between them.
//!
//! ```text
//! simulator ──LPUSH──▶ engine: market:ticks ──BRPOP──▶ worker ──▶ market.db (SQLite)
//!                              quote:{symbol} ◀──SET──────┤
//!                              cache:{symbol} ◀──DEL──────┘
//! ```
//!
//! A price page asks for the latest price of a ticker. There are four ways to it, and this is what the timer of
//! each holds (all are measured in this process, for one query at a time; nothing is delayed):
//!
//! | way | inside the timer | outside |
//! |---|---|---|
//! | [`Via::DiskCold`] | the compiled SQL statement over `market-cold.db`, with neither SQLite nor the system holding a page of it | waiting for the one cold reader, dropping pages and checking that they are gone |
//! | [`Via::DiskWarm`] | the same statement over `market.db`, with both caches as they are | taking a connection |
//! | [`Via::Memory`] | GET `quote:{symbol}`: request, the engine's round, reply | connecting |
//! | [`Via::CacheAside`] | GET `cache:{symbol}`, and on a miss the warm read and SET as well | connecting |
//!
//! So warm disk is a function call into memory of this process and memory a server behind a socket: on an idle machine with a
//! small database the former often wins, and the verdict says so. `market-cold.db` is a copy made when the
//! market was built; its prices are of that day.
//!
//! `quote:*` is a full copy of the latest quotes, loaded at start and again whenever the engine comes back; `cache:*`
//! is filled by requests. Simulator and racer run while somebody looks ([`Race::watch`]).
//!
//! In the order in which a tick and a question meet them: `market` invents and `build` writes the
//! database; `simulator`, `ticks` and `worker` move prices; `disk`, `cold` (with `mem`), `link` and `cache` answer
//! questions; `racer`, `choice`, `figures` and `verdict` race; `background` holds the threads together.

mod answers;
mod background;
mod build;
mod building;
mod cache;
mod choice;
mod cold;
mod disk;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fake_engine;
mod figures;
mod link;
mod market;
#[allow(unsafe_code)]
mod mem;
mod quote;
mod racer;
mod shared;
mod simulator;
mod status;
mod stop;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod ticks;
mod verdict;
mod worker;

pub use answers::{Bar, QuoteAnswer, QuoteError, Statistics, UnknownVia, Via};
pub use status::{
    ControlError, Controls, ControlsChange, Distribution, MarketState, MarketStatus, RaceSnapshot, Sample,
    Verdict, WayFigures,
};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use shared::{Shared, disk};

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
pub struct Race {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Race {
    /// Begins to build or open the market on a thread of its own and returns at once.
    pub fn start(options: RaceOptions) -> Race {
        let shared = Arc::new(Shared::new(options));
        let background = Arc::clone(&shared);
        let thread = thread::spawn(move || background::run(&background));
        Race { shared, thread: Mutex::new(Some(thread)) }
    }

    /// How far the market is, and what became of ticks.
    pub fn status(&self) -> MarketStatus {
        let (shared, stage) = (&self.shared, self.shared.stage());
        let ticks = &shared.ticks;
        MarketStatus {
            state: stage.state,
            done: stage.done,
            total: stage.total,
            message: stage.message,
            cold_unavailable: shared.unavailable(Via::DiskCold),
            memory_loaded: shared.memory_loaded.load(Relaxed),
            simulating: shared.simulating.load(Relaxed),
            ticks_published: ticks.published.load(Relaxed),
            ticks_applied: ticks.applied.load(Relaxed),
            ticks_skipped: ticks.skipped.load(Relaxed),
            ticks_lost: ticks.lost.load(Relaxed),
            backlog: ticks.backlog.load(Relaxed),
        }
    }

    /// Whether every way answers: database open, memory copy loaded, the worker's connection to the engine alive.
    pub fn is_ready(&self) -> bool {
        self.shared.stage().state == MarketState::Ready && self.shared.memory_loaded.load(Relaxed)
    }

    /// Somebody looks: the race runs on for 10 s and the simulator for 60 s. Called by the bridge for requests of the page.
    pub fn watch(&self) {
        self.shared.watch();
    }

    /// All tickers in alphabetical order; known before the database is.
    pub fn symbols(&self) -> &[String] {
        &self.shared.symbols
    }

    /// Whether there is such a ticker.
    pub fn knows(&self, symbol: &str) -> bool {
        self.shared.knows(symbol)
    }

    /// One quote, and what it cost; see the table at [`crate::race`].
    pub fn quote(&self, symbol: &str, via: Via) -> Result<QuoteAnswer, QuoteError> {
        self.shared.quote(symbol, via)
    }

    /// The last `days` trading days, oldest first, from the live file; fewer where there are fewer. O(days).
    pub fn history(&self, symbol: &str, days: u32) -> Result<Vec<Bar>, QuoteError> {
        self.shared.check(symbol)?;
        let live = &self.shared.market()?.live;
        live.history(symbol, days).map_err(disk)
    }

    /// The last 30 trading days in numbers, from the live file.
    pub fn statistics(&self, symbol: &str) -> Result<Statistics, QuoteError> {
        self.shared.check(symbol)?;
        let live = &self.shared.market()?.live;
        live.statistics(symbol).map_err(disk)
    }

    /// Controls, figures, and samples after the sequence number `since` (0 for the newest). Counts as looking.
    pub fn snapshot(&self, since: u64) -> RaceSnapshot {
        self.watch();
        racer::snapshot(&self.shared, since)
    }

    /// Changes controls, all or nothing, and returns them as they are then.
    pub fn set_controls(&self, change: ControlsChange) -> Result<Controls, ControlError> {
        let most_symbols = self.shared.symbols.len() as u32;
        if let Some(rate) = change.rate.filter(|&rate| rate > MAX_RATE) {
            return Err(ControlError(format!(
                "rate is 0 (as fast as it can) to {MAX_RATE} a second, not {rate}"
            )));
        }
        let outside = |&symbols: &u32| symbols < 1 || symbols > most_symbols;
        if let Some(symbols) = change.symbols.filter(outside) {
            return Err(ControlError(format!("symbols is 1 to {most_symbols}, not {symbols}")));
        }
        let mut controls = locked(&self.shared.controls);
        controls.running = change.running.unwrap_or(controls.running);
        controls.rate = change.rate.unwrap_or(controls.rate);
        controls.symbols = change.symbols.unwrap_or(controls.symbols);
        controls.distribution = change.distribution.unwrap_or(controls.distribution);
        let controls = *controls;
        self.shared.stop.ring();
        Ok(controls)
    }

    /// Ends all threads, an unfinished build too, and waits for them: within a second, with an engine that answers. May be
    /// called again.
    pub fn shut_down(&self) {
        self.shared.stop.wish();
        if let Some(thread) = locked(&self.thread).take() {
            // A thread that panicked has said so; there is nothing left to end.
            let _ = thread.join();
        }
    }
}

impl Drop for Race {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// Takes a lock, also one whose holder panicked: nothing here is left half changed under a lock.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

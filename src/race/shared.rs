//! What the threads of the race and the bridge's calls have in common.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::RaceOptions;
use super::answers::{QuoteAnswer, QuoteError, Via};
use super::cache::{CacheAside, as_quote};
use super::cold::ColdReads;
use super::disk::LiveReads;
use super::figures::Figures;
use super::link::EngineLink;
use super::locked;
use super::market::tickers;
use super::quote::{Quote, memory_key, money};
use super::status::{Controls, Distribution, MarketState};
use super::stop::Stop;

/// Queries a second and way to begin with: a chart that lives, and a machine that hardly notices.
const DEFAULT_RATE: u32 = 50;

/// The open database.
pub(crate) struct Market {
    pub(crate) live: LiveReads,
    /// Or why pages cannot be dropped here.
    pub(crate) cold: Result<ColdReads, String>,
}

/// How far the market is, for a reader.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) state: MarketState,
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) message: String,
}

/// What happened to ticks since start.
#[derive(Default)]
pub(crate) struct TickCounters {
    pub(crate) published: AtomicU64,
    pub(crate) applied: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) backlog: AtomicU64,
}

/// Everything the threads share. Locks are taken one at a time, except that [`Shared::writing`] may be held while
/// others are.
pub(crate) struct Shared {
    pub(crate) options: RaceOptions,
    pub(crate) symbols: Vec<String>,
    pub(crate) link: Arc<EngineLink>,
    pub(crate) cache: CacheAside,
    pub(crate) stop: Stop,
    pub(crate) market: OnceLock<Market>,
    pub(crate) ticks: TickCounters,
    /// The first version of this run's ticks, once known.
    pub(crate) run: AtomicU64,
    pub(crate) simulating: AtomicBool,
    pub(crate) memory_loaded: AtomicBool,
    /// Held from reading prices on disk to writing them to `quote:*`, so that no older one is written last.
    pub(crate) writing: Mutex<()>,
    pub(crate) controls: Mutex<Controls>,
    pub(crate) figures: [Mutex<Figures>; 4],
    pub(crate) sequence: AtomicU64,
    stage: Mutex<Stage>,
    began: Instant,
    /// Milliseconds after `began` when somebody last looked, plus one; 0 for never.
    last_look_ms: AtomicU64,
}

impl Shared {
    pub(crate) fn new(options: RaceOptions) -> Self {
        let symbols = tickers(options.size.symbols);
        let link = Arc::new(EngineLink::new(options.engine, options.password.clone()));
        Shared {
            cache: CacheAside::new(Arc::clone(&link), &symbols),
            link,
            stop: Stop::default(),
            market: OnceLock::new(),
            ticks: TickCounters::default(),
            run: AtomicU64::new(u64::MAX),
            simulating: AtomicBool::new(false),
            memory_loaded: AtomicBool::new(false),
            writing: Mutex::new(()),
            controls: Mutex::new(Controls {
                running: true,
                rate: DEFAULT_RATE,
                symbols: symbols.len() as u32,
                distribution: Distribution::Uniform,
            }),
            figures: Via::ALL.map(|via| Mutex::new(Figures::new(via))),
            sequence: AtomicU64::new(0),
            stage: Mutex::new(Stage {
                state: MarketState::Building,
                done: 0,
                total: u64::from(options.size.symbols) * u64::from(options.size.days),
                message: "looking for the market database".to_owned(),
            }),
            began: Instant::now(),
            last_look_ms: AtomicU64::new(0),
            symbols,
            options,
        }
    }

    pub(crate) fn stage(&self) -> Stage {
        locked(&self.stage).clone()
    }

    pub(crate) fn set_stage(&self, state: MarketState, done: u64, total: u64, message: String) {
        *locked(&self.stage) = Stage { state, done, total, message };
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Somebody looks.
    pub(crate) fn watch(&self) {
        let now_ms = self.now_ms() + 1;
        if self.last_look_ms.swap(now_ms, Ordering::Relaxed) + 1000 < now_ms {
            self.stop.ring();
        }
    }

    /// Whether somebody has looked within `linger`.
    pub(crate) fn is_watched(&self, linger: Duration) -> bool {
        let last_look_ms = self.last_look_ms.load(Ordering::Relaxed);
        last_look_ms > 0 && self.now_ms() < last_look_ms + linger.as_millis() as u64
    }

    /// The open database, or how far it is.
    pub(crate) fn market(&self) -> Result<&Market, QuoteError> {
        self.market.get().ok_or_else(|| {
            let stage = self.stage();
            QuoteError::NotReady(match stage.state {
                MarketState::Failed => stage.message,
                _ => format!("{} ({} of {})", stage.message, stage.done, stage.total),
            })
        })
    }

    /// Why a way cannot be raced now, or `None`.
    pub(crate) fn unavailable(&self, via: Via) -> Option<String> {
        match self.market() {
            Err(error) => Some(error.to_string()),
            Ok(market) if via == Via::DiskCold => market.cold.as_ref().err().cloned(),
            Ok(_) => None,
        }
    }

    pub(crate) fn knows(&self, symbol: &str) -> bool {
        self.symbols.binary_search_by(|known| known.as_str().cmp(symbol)).is_ok()
    }

    pub(crate) fn check(&self, symbol: &str) -> Result<(), QuoteError> {
        if self.knows(symbol) { Ok(()) } else { Err(QuoteError::UnknownSymbol(symbol.to_owned())) }
    }

    pub(crate) fn quote(&self, symbol: &str, via: Via) -> Result<QuoteAnswer, QuoteError> {
        self.check(symbol)?;
        let (quote, took, hit) = match via {
            Via::DiskCold => {
                let cold = self.market()?.cold.as_ref();
                let cold = cold.map_err(|why| QuoteError::ColdUnavailable(why.clone()))?;
                let (quote, took) = cold.quote(symbol)?;
                (stored(quote, symbol)?, took, None)
            }
            Via::DiskWarm => {
                let (quote, took) = self.read_disk(symbol)?;
                (quote, took, None)
            }
            Via::Memory => self.read_memory(symbol)?,
            Via::CacheAside => {
                let read = |symbol: &str| self.read_disk(symbol).map(|(quote, _)| quote);
                let fetched = self.cache.quote(symbol, read)?;
                (fetched.quote, fetched.took, Some(fetched.hit))
            }
        };
        Ok(QuoteAnswer {
            symbol: symbol.to_owned(),
            via,
            price: money(quote.price),
            latency_us: took.as_nanos() as f64 / 1000.0,
            hit,
        })
    }

    fn read_disk(&self, symbol: &str) -> Result<(Quote, Duration), QuoteError> {
        let (quote, took) = self.market()?.live.quote(symbol).map_err(disk)?;
        Ok((stored(quote, symbol)?, took))
    }

    /// The engine holds every quote. Should one be gone (somebody removed it, or the engine came back empty a moment ago),
    /// it is put back from the disk, and the answer says that memory did not have it.
    fn read_memory(&self, symbol: &str) -> Result<(Quote, Duration, Option<bool>), QuoteError> {
        let (reply, took) = self.link.timed(&["GET", &memory_key(symbol)])?;
        if let Some(quote) = as_quote(&reply, symbol) {
            return Ok((quote, took, Some(true)));
        }
        let start = Instant::now();
        let _writing = locked(&self.writing);
        let (quote, _) = self.read_disk(symbol)?;
        let (key, value) = (memory_key(symbol), quote.to_value());
        let set: [&[u8]; 3] = [b"SET", key.as_bytes(), &value];
        self.link.timed(&set)?;
        Ok((quote, took + start.elapsed(), Some(false)))
    }
}

/// A ticker that is known has a row, or somebody has been at the file.
fn stored(quote: Option<Quote>, symbol: &str) -> Result<Quote, QuoteError> {
    quote.ok_or_else(|| QuoteError::Disk(format!("the database has no row for {symbol}")))
}

pub(crate) fn disk(error: rusqlite::Error) -> QuoteError {
    QuoteError::Disk(error.to_string())
}

/// Milliseconds since 1970 by the wall clock; 0 before it.
pub(crate) fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

//! Cache-aside: ask the engine for `cache:{symbol}`; on a miss read the disk and leave a copy for the next one.
//!
//! Two things go wrong with the obvious version. *Many at once*: a popular ticker that expires sends every waiting
//! request to the disk. Here one of them flies and the others wait for what it brings. *Late copies*: a reader takes an old
//! price from the disk, the worker stores a new one and deletes the cache key, and then the reader writes the old one
//! there, where it stays until it expires. Here every ticker has a fence that the worker raises between its commit
//! and its DEL; a reader writes its copy only if the fence is as it was before it read, and holds it while it
//! writes. So once the worker's DEL is answered, no copy is older than what the worker has stored.
//!
//! The fence lives in this process. With two bridges before one engine only the time to live bounds a late copy.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use heapwood_sockets::Value;

use super::answers::QuoteError;
use super::link::EngineLink;
use super::locked;
use super::quote::{Quote, cache_key};

/// Seconds a copy lives: long enough to be found again at the default rate, short enough to watch it go.
pub(crate) const CACHE_TTL_S: u32 = 15;

/// The cache-aside way, with its fences and its flights.
pub(crate) struct CacheAside {
    link: Arc<EngineLink>,
    fences: HashMap<String, Fence>,
    /// The reads of the disk that are under way.
    flights: Mutex<HashMap<String, Arc<Flight>>>,
}

/// What has happened to a ticker.
#[derive(Default)]
struct Fence {
    /// How often the worker has stored a new price.
    raised: Mutex<u64>,
    /// How many flights have landed.
    landings: AtomicU64,
}

/// A read of the disk that others wait for.
#[derive(Default)]
struct Flight {
    landed: Mutex<Option<Result<Quote, QuoteError>>>,
    landing: Condvar,
}

/// A quote, how long it took to get it, and whether the cache had it.
pub(crate) struct Fetched {
    pub(crate) quote: Quote,
    pub(crate) took: Duration,
    pub(crate) hit: bool,
}

impl CacheAside {
    pub(crate) fn new(link: Arc<EngineLink>, symbols: &[String]) -> Self {
        CacheAside {
            link,
            fences: symbols.iter().map(|symbol| (symbol.clone(), Fence::default())).collect(),
            flights: Mutex::new(HashMap::new()),
        }
    }

    /// One quote. The timer covers everything a caller waits for: GET, and on a miss the disk (or the flight) and
    /// SET. `read_disk` runs once for all callers that miss the same ticker at the same time.
    pub(crate) fn quote(
        &self,
        symbol: &str,
        read_disk: impl FnOnce(&str) -> Result<Quote, QuoteError>,
    ) -> Result<Fetched, QuoteError> {
        let Some(fence) = self.fences.get(symbol) else {
            return Err(QuoteError::UnknownSymbol(symbol.to_owned()));
        };
        let (key, mut took, mut hit) = (cache_key(symbol), Duration::ZERO, true);
        loop {
            let landings = fence.landings.load(Ordering::SeqCst);
            let (cached, asked) = self.link.timed(&["GET", &key])?;
            took += asked;
            if let Some(quote) = as_quote(&cached, symbol) {
                return Ok(Fetched { quote, took, hit });
            }
            hit = false;
            let start = Instant::now();
            let boarded = self.board(symbol, fence, landings);
            let quote = match boarded {
                // A flight landed after this reader's GET had found nothing: its copy is there to be found.
                Boarding::TooLate => continue,
                Boarding::Passenger(flight) => flight.wait()?,
                Boarding::Pilot(landing) => self.fly(landing, read_disk)?,
            };
            took += start.elapsed();
            return Ok(Fetched { quote, took, hit });
        }
    }

    /// Raises the ticker's fence, and lets nobody join a flight that began before. The worker calls it after its
    /// commit and before its DEL.
    pub(crate) fn invalidate(&self, symbol: &str) {
        locked(&self.flights).remove(symbol);
        if let Some(fence) = self.fences.get(symbol) {
            *locked(&fence.raised) += 1;
        }
    }

    fn board<'a>(&'a self, symbol: &'a str, fence: &'a Fence, landings: u64) -> Boarding<'a> {
        let mut flights = locked(&self.flights);
        if let Some(flight) = flights.get(symbol) {
            return Boarding::Passenger(Arc::clone(flight));
        }
        if fence.landings.load(Ordering::SeqCst) != landings {
            return Boarding::TooLate;
        }
        let flight = Arc::new(Flight::default());
        flights.insert(symbol.to_owned(), Arc::clone(&flight));
        Boarding::Pilot(Landing {
            cache: self,
            symbol,
            fence,
            flight,
            result: Err(QuoteError::Disk("the read was given up".to_owned())),
        })
    }

    fn fly(
        &self,
        mut landing: Landing<'_>,
        read_disk: impl FnOnce(&str) -> Result<Quote, QuoteError>,
    ) -> Result<Quote, QuoteError> {
        landing.result = self.fetch_and_keep(landing.symbol, landing.fence, read_disk);
        landing.result.clone()
    }

    /// A copy that cannot be kept (the engine went away, or the fence was raised) costs the next reader a miss and
    /// this one nothing.
    fn fetch_and_keep(
        &self,
        symbol: &str,
        fence: &Fence,
        read_disk: impl FnOnce(&str) -> Result<Quote, QuoteError>,
    ) -> Result<Quote, QuoteError> {
        let before = *locked(&fence.raised);
        let quote = read_disk(symbol)?;
        let now = locked(&fence.raised);
        if *now == before {
            let (key, value) = (cache_key(symbol), quote.to_value());
            let ttl = CACHE_TTL_S.to_string();
            let set: [&[u8]; 5] = [b"SET", key.as_bytes(), &value, b"EX", ttl.as_bytes()];
            let _ = self.link.timed(&set);
        }
        Ok(quote)
    }
}

/// How a reader that missed goes on.
enum Boarding<'a> {
    Pilot(Landing<'a>),
    Passenger(Arc<Flight>),
    TooLate,
}

/// Ends a flight whatever happens to its pilot, so that nobody waits for ever.
struct Landing<'a> {
    cache: &'a CacheAside,
    symbol: &'a str,
    fence: &'a Fence,
    flight: Arc<Flight>,
    result: Result<Quote, QuoteError>,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let mut flights = locked(&self.cache.flights);
        // After an invalidation the entry is gone, or another flight's.
        if flights.get(self.symbol).is_some_and(|current| Arc::ptr_eq(current, &self.flight)) {
            flights.remove(self.symbol);
        }
        self.fence.landings.fetch_add(1, Ordering::SeqCst);
        drop(flights);
        *locked(&self.flight.landed) = Some(self.result.clone());
        self.flight.landing.notify_all();
    }
}

impl Flight {
    fn wait(&self) -> Result<Quote, QuoteError> {
        let mut landed = locked(&self.landed);
        loop {
            if let Some(result) = &*landed {
                return result.clone();
            }
            landed = self.landing.wait(landed).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The quote in a reply, if it is one of this ticker.
pub(crate) fn as_quote(reply: &Value, symbol: &str) -> Option<Quote> {
    match reply {
        Value::Bytes(value) => Quote::from_value(value).filter(|quote| quote.symbol == symbol),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;
    use std::thread;

    use super::super::fake_engine::FakeEngine;
    use super::*;

    fn priced(price: i64) -> Quote {
        Quote { symbol: "BCD".to_owned(), price, version: price, unix_ms: 0 }
    }

    fn cache(engine: &FakeEngine) -> CacheAside {
        let link = Arc::new(EngineLink::new(engine.addr(), None));
        CacheAside::new(link, &["BCD".to_owned()])
    }

    #[test]
    fn a_miss_reads_the_disk_and_leaves_a_copy_that_expires() {
        let engine = FakeEngine::start();
        let cache = cache(&engine);
        let fetched = cache.quote("BCD", |_| Ok(priced(100))).unwrap();
        assert!(!fetched.hit && fetched.quote.price == 100);
        let fetched = cache.quote("BCD", |_| panic!("a hit reads no disk")).unwrap();
        assert!(fetched.hit && fetched.quote.price == 100);
        assert_eq!(engine.ttl_of("cache:BCD"), Some(u64::from(CACHE_TTL_S)));
    }

    #[test]
    fn twenty_that_miss_at_once_read_the_disk_once() {
        const READERS: usize = 20;
        let engine = FakeEngine::start();
        let cache = cache(&engine);
        let (reads, barrier) = (AtomicUsize::new(0), Barrier::new(READERS));
        thread::scope(|scope| {
            for _ in 0..READERS {
                scope.spawn(|| {
                    barrier.wait();
                    let fetched = cache.quote("BCD", |_| {
                        reads.fetch_add(1, Ordering::SeqCst);
                        // The disk answers when everybody has asked the engine and found nothing.
                        engine.wait_until_asked("cache:BCD", READERS);
                        Ok(priced(100))
                    });
                    assert_eq!(fetched.unwrap().quote.price, 100);
                });
            }
        });
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_price_read_before_the_worker_stored_another_is_not_kept() {
        let engine = FakeEngine::start();
        let cache = cache(&engine);
        let fetched = cache.quote("BCD", |_| {
            cache.invalidate("BCD");
            Ok(priced(100))
        });
        assert_eq!(fetched.unwrap().quote.price, 100);
        assert!(!engine.holds("cache:BCD"));
    }

    #[test]
    fn nobody_joins_a_flight_that_began_before_an_invalidation() {
        let engine = FakeEngine::start();
        let cache = cache(&engine);
        let (began, begun) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        thread::scope(|scope| {
            let early = scope.spawn(|| {
                cache.quote("BCD", move |_| {
                    began.send(()).unwrap();
                    wait.recv().unwrap();
                    Ok(priced(100))
                })
            });
            begun.recv().unwrap();
            cache.invalidate("BCD");
            assert_eq!(cache.quote("BCD", |_| Ok(priced(200))).unwrap().quote.price, 200);
            go_on.send(()).unwrap();
            assert_eq!(early.join().unwrap().unwrap().quote.price, 100);
        });
        let kept = cache.quote("BCD", |_| panic!("it was kept")).unwrap();
        assert_eq!(kept.quote.price, 200);
    }

    #[test]
    fn a_disk_that_fails_fails_all_that_wait_and_the_next_one_tries_again() {
        let engine = FakeEngine::start();
        let cache = cache(&engine);
        let failed = cache.quote("BCD", |_| Err(QuoteError::Disk("torn out".to_owned())));
        assert!(matches!(failed, Err(QuoteError::Disk(_))));
        assert!(cache.quote("BCD", |_| Ok(priced(1))).is_ok());
    }

    #[test]
    fn a_value_that_is_no_quote_counts_as_a_miss_and_is_replaced() {
        let engine = FakeEngine::start();
        let cache = cache(&engine);
        cache.link.timed(&["SET", "cache:BCD", "rubbish"]).unwrap();
        assert!(!cache.quote("BCD", |_| Ok(priced(100))).unwrap().hit);
        assert!(cache.quote("BCD", |_| Ok(priced(1))).unwrap().hit);
    }
}

//! The market simulator: publishes ticks through the engine's deque, as a stock exchange's feed would.
//!
//! A tick whose LPUSH got no reply may or may not be in the queue. It is pushed again with the same version, and
//! the worker ignores the second one: nothing is lost here and nothing counts twice.

use heapwood_sockets::{Client, Value};
use rand::Rng;

use super::answers::QuoteError;
use super::link::call;
use super::market::{SplitMix64, next_price};
use super::quote::Quote;
use super::ticks::{QUEUE, Tick};

/// Ticks a second while somebody looks: lively on a page, and about 8 kB of log a second.
pub(crate) const TICKS_PER_SECOND: u32 = 20;

/// The simulator waits while so many ticks do; it drops none. At its pace that is eight minutes without a worker.
pub(crate) const MAX_BACKLOG: u64 = 10_000;

/// Invents the next ticks of a run.
pub(crate) struct Simulator {
    rng: SplitMix64,
    /// Symbol and price in cents.
    prices: Vec<(String, i64)>,
    version: i64,
}

impl Simulator {
    /// Goes on from `quotes`; `first_version` is the first tick's and also the seed of what follows.
    pub(crate) fn new(quotes: Vec<Quote>, first_version: i64) -> Self {
        Simulator {
            rng: SplitMix64(first_version as u64),
            prices: quotes.into_iter().map(|q| (q.symbol, q.price)).collect(),
            version: first_version,
        }
    }

    /// The next tick; `None` in a market without tickers.
    pub(crate) fn tick(&mut self, unix_ms: i64) -> Option<Tick> {
        if self.prices.is_empty() {
            return None;
        }
        let chosen = self.rng.random_range(0..self.prices.len());
        let volume = self.rng.random_range(1..=50) * 100;
        let (symbol, price) = &mut self.prices[chosen];
        *price = next_price(*price, &mut self.rng);
        let version = self.version;
        self.version += 1;
        Some(Tick { symbol: symbol.clone(), price: *price, volume, version, unix_ms })
    }
}

/// Pushes one tick; the length of the queue with it.
pub(crate) fn push(client: &mut Client, tick: &Tick) -> Result<u64, QuoteError> {
    let element = tick.to_element();
    let command: [&[u8]; 3] = [b"LPUSH", QUEUE.as_bytes(), &element];
    Ok(length(&call(client, &command)?))
}

/// Ticks that wait in the queue.
pub(crate) fn backlog(client: &mut Client) -> Result<u64, QuoteError> {
    Ok(length(&call(client, &["LLEN", QUEUE])?))
}

fn length(reply: &Value) -> u64 {
    match reply {
        Value::Integer(length) => u64::try_from(*length).unwrap_or(0),
        _ => 0,
    }
}

/// The newest version in the queue, of an earlier run; 0 when it is empty.
pub(crate) fn newest_queued(client: &mut Client) -> Result<i64, QuoteError> {
    Ok(match call(client, &["LINDEX", QUEUE, "0"])? {
        Value::Bytes(element) => Tick::from_element(&element).map_or(0, |tick| tick.version),
        _ => 0,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::fake_engine::FakeEngine;
    use super::super::link::EngineLink;
    use super::*;

    fn quotes() -> Vec<Quote> {
        ["BCD", "XYZ"]
            .map(|symbol| Quote { symbol: symbol.to_owned(), price: 5_000, version: 0, unix_ms: 0 })
            .to_vec()
    }

    #[test]
    fn versions_are_consecutive_and_every_tick_moves_a_price() {
        let mut simulator = Simulator::new(quotes(), 100);
        let mut prices = [5_000, 5_000];
        for version in 100..300 {
            let tick = simulator.tick(7).unwrap();
            assert_eq!((tick.version, tick.unix_ms), (version, 7));
            let before = &mut prices[usize::from(tick.symbol == "XYZ")];
            assert_ne!(tick.price, *before);
            *before = tick.price;
        }
        assert_eq!(Simulator::new(Vec::new(), 1).tick(7), None);
    }

    #[test]
    fn what_is_pushed_is_counted_and_the_newest_is_found_again() {
        let engine = FakeEngine::start();
        let mut client = EngineLink::new(engine.addr(), None).connect().unwrap();
        assert_eq!(newest_queued(&mut client).unwrap(), 0);
        let mut simulator = Simulator::new(quotes(), 41);
        for length in 1..=2 {
            let tick = simulator.tick(7).unwrap();
            assert_eq!(push(&mut client, &tick).unwrap(), length);
        }
        assert_eq!(backlog(&mut client).unwrap(), 2);
        assert_eq!(newest_queued(&mut client).unwrap(), 42);
    }
}

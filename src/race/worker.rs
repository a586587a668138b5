//! The worker: takes ticks from the engine's queue and makes them known everywhere, in an order that matters.
//!
//! For each batch, oldest tick first:
//!
//! 1. one SQLite transaction: what is committed is the truth the other places are copies of;
//! 2. the fence of each ticker is raised, so that no reader keeps a copy of what it read before (see
//!    [`super::cache`]);
//! 3. DEL `cache:{symbol}`, then SET `quote:{symbol}`, in one pipeline.
//!
//! So whoever has seen a price in memory never finds an older one in the cache or on the (live) disk afterwards. Were the cache
//! deleted before the commit, a miss in between would fetch the old price and keep it.
//!
//! BRPOP takes a tick out before it is stored: if the engine's reply is lost with its connection, or the engine
//! with its last second of log, so is the tick. Versions have no gaps, so the worker counts such losses. A tick that SQLite
//! refuses is kept and tried again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use heapwood_sockets::{Client, Value};
use rusqlite::{Connection, TransactionBehavior, params};

use super::answers::QuoteError;
use super::build::LIVE_FILE;
use super::link::{call, call_all};
use super::quote::{Quote, cache_key, memory_key};
use super::ticks::{QUEUE, Tick};

/// Ticks in one transaction at most: a commit costs about as much as a hundred updates.
const MAX_BATCH: usize = 512;

/// How long BRPOP waits: also how long a shutdown waits for this thread.
const POP_TIMEOUT_S: &str = "0.5";

/// How long SQLite waits for a reader's lock.
const BUSY: Duration = Duration::from_secs(2);

/// What became of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// The newest quote of each ticker that changed.
    pub(crate) quotes: Vec<Quote>,
    /// Ticks stored.
    pub(crate) applied: u64,
    /// Ticks not newer than what was stored, or of unknown tickers.
    pub(crate) skipped: u64,
}

/// The only writer of the live file.
pub(crate) struct Ledger {
    connection: Connection,
}

impl Ledger {
    /// Opens the live file for writing, with a write-ahead log, so that readers never wait for a commit. A commit
    /// is not synced (`synchronous = NORMAL`): a power cut may undo the last ones, never damage the file.
    pub(crate) fn open(dir: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(dir.join(LIVE_FILE))?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        Ok(Ledger { connection })
    }

    /// The version of the newest tick stored; 0 before the first.
    pub(crate) fn newest_version(&self) -> rusqlite::Result<i64> {
        let sql = "SELECT coalesce(max(version), 0) FROM latest";
        self.connection.query_row(sql, [], |row| row.get(0))
    }

    /// Folds the write-ahead log into the file and syncs it, so that the next start finds one whole file. Readers that
    /// are under way may keep it from doing so; then the next start does it.
    pub(crate) fn close(self) -> rusqlite::Result<()> {
        let fold = "PRAGMA wal_checkpoint(TRUNCATE)";
        self.connection.query_row(fold, [], |_| Ok(()))
    }

    /// Stores `ticks`, oldest first, all or none.
    pub(crate) fn apply(&mut self, ticks: &[Tick]) -> rusqlite::Result<Applied> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut newest = BTreeMap::new();
        let mut applied = 0;
        for tick in ticks {
            if store(&transaction, tick)? {
                applied += 1;
                newest.insert(&tick.symbol, tick);
            }
        }
        transaction.commit()?;
        Ok(Applied {
            quotes: newest.into_values().map(quote).collect(),
            applied,
            skipped: ticks.len() as u64 - applied,
        })
    }
}

fn store(connection: &Connection, tick: &Tick) -> rusqlite::Result<bool> {
    let mut update = connection.prepare_cached(
        "UPDATE latest SET price = ?2, version = ?3, unix_ms = ?4, ticks = ticks + 1
         WHERE symbol = ?1 AND version < ?3",
    )?;
    let changed = update.execute(params![tick.symbol, tick.price, tick.version, tick.unix_ms])?;
    if changed == 0 {
        return Ok(false);
    }
    let mut bar = connection.prepare_cached(
        "INSERT INTO bars VALUES (?1, ?2, ?3, ?3, ?3, ?3, ?4)
         ON CONFLICT (symbol, day) DO UPDATE SET high = max(high, ?3), low = min(low, ?3),
         close = ?3, volume = volume + ?4",
    )?;
    let day = tick.unix_ms.div_euclid(MS_A_DAY);
    bar.execute(params![tick.symbol, day, tick.price, tick.volume])?;
    Ok(true)
}

const MS_A_DAY: i64 = 86_400_000;

fn quote(tick: &Tick) -> Quote {
    Quote { symbol: tick.symbol.clone(), price: tick.price, version: tick.version, unix_ms: tick.unix_ms }
}

/// Waits a moment for a tick, then takes what else is there. What is no tick is counted, not kept.
pub(crate) fn take_batch(client: &mut Client) -> Result<(Vec<Tick>, u64), QuoteError> {
    let Value::Array(popped) = call(client, &["BRPOP", QUEUE, POP_TIMEOUT_S])? else {
        return Ok((Vec::new(), 0));
    };
    let mut elements: Vec<Value> = popped.into_iter().skip(1).collect();
    let more = (MAX_BATCH - 1).to_string();
    // An error here is met again by the next call; what is already taken must not be lost with it.
    if let Ok(Value::Array(rest)) = call(client, &["RPOP", QUEUE, &more]) {
        elements.extend(rest);
    }
    let popped = elements.len();
    let ticks: Vec<Tick> = elements
        .iter()
        .filter_map(|element| match element {
            Value::Bytes(element) => Tick::from_element(element),
            _ => None,
        })
        .collect();
    let unreadable = (popped - ticks.len()) as u64;
    Ok((ticks, unreadable))
}

/// Puts ticks that could not be stored back where they were taken, for the next start.
pub(crate) fn give_back(client: &mut Client, ticks: &[Tick]) -> Result<(), QuoteError> {
    if ticks.is_empty() {
        return Ok(());
    }
    let mut command = vec![b"RPUSH".to_vec(), QUEUE.as_bytes().to_vec()];
    command.extend(ticks.iter().rev().map(Tick::to_element));
    call(client, &command).map(drop)
}

/// Deletes the cache keys of `quotes`, then writes their memory keys.
pub(crate) fn publish(client: &mut Client, quotes: &[Quote]) -> Result<(), QuoteError> {
    if quotes.is_empty() {
        return Ok(());
    }
    let mut forget = vec![b"DEL".to_vec()];
    let mut write = vec![b"MSET".to_vec()];
    for quote in quotes {
        forget.push(cache_key(&quote.symbol).into_bytes());
        write.push(memory_key(&quote.symbol).into_bytes());
        write.push(quote.to_value());
    }
    call_all(client, &[forget, write])
}

/// Counts the ticks of one run that never came: their versions are consecutive.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    expected: Option<i64>,
}

impl Gaps {
    /// How many versions between the last tick seen and these are missing. `run` is the first version of this run;
    /// ticks of earlier ones are not counted.
    pub(crate) fn count(&mut self, run: i64, ticks: &[Tick]) -> u64 {
        let mut missing = 0;
        for tick in ticks.iter().filter(|tick| tick.version >= run) {
            let expected = self.expected.unwrap_or(run);
            missing += u64::try_from(tick.version.saturating_sub(expected)).unwrap_or(0);
            self.expected = Some(expected.max(tick.version.saturating_add(1)));
        }
        missing
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::MarketSize;
    use super::super::build::ensure_database;
    use super::super::disk::LiveReads;
    use super::super::fake_engine::FakeEngine;
    use super::super::link::EngineLink;
    use super::super::market::{LAST_DAY, tickers};
    use super::*;

    const SMALL: MarketSize = MarketSize { symbols: 3, days: 5 };

    fn market() -> (tempfile::TempDir, Ledger, LiveReads) {
        let dir = tempfile::tempdir().unwrap();
        ensure_database(dir.path(), SMALL, &mut |_, _| true).unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        let reads = LiveReads::open(dir.path()).unwrap();
        (dir, ledger, reads)
    }

    fn tick(symbol: &str, price: i64, version: i64) -> Tick {
        Tick {
            symbol: symbol.to_owned(),
            price,
            volume: 10,
            version,
            unix_ms: (LAST_DAY + 3) * MS_A_DAY + version % 1_000,
        }
    }

    #[test]
    fn a_batch_makes_todays_bar_and_the_latest_quote() {
        let (_dir, mut ledger, reads) = market();
        let symbol = &tickers(3)[0];
        let ticks = [(500, 1), (700, 2), (400, 3), (600, 4)];
        let ticks: Vec<Tick> = ticks.map(|(p, v)| tick(symbol, p, v)).to_vec();
        let applied = ledger.apply(&ticks).unwrap();
        assert_eq!((applied.applied, applied.skipped), (4, 0));
        assert_eq!(applied.quotes, [quote(&ticks[3])]);
        assert_eq!(reads.quote(symbol).unwrap().0.unwrap(), applied.quotes[0]);
        let bar = reads.history(symbol, 1).unwrap().remove(0);
        assert_eq!(bar.date, "2026-11-02");
        assert_eq!((bar.open, bar.high, bar.low, bar.close), (5.0, 7.0, 4.0, 6.0));
        assert_eq!(bar.volume, 40);
        assert_eq!(ledger.newest_version().unwrap(), 4);
    }

    #[test]
    fn unknown_tickers_and_ticks_that_come_again_change_nothing() {
        let (_dir, mut ledger, reads) = market();
        let symbol = &tickers(3)[0];
        ledger.apply(&[tick(symbol, 500, 2)]).unwrap();
        let again = [tick(symbol, 1, 1), tick(symbol, 1, 2), tick("NOBODY", 1, 9)];
        let applied = ledger.apply(&again).unwrap();
        assert_eq!((applied.applied, applied.skipped), (0, 3));
        assert_eq!(reads.quote(symbol).unwrap().0.unwrap().price, 500);
    }

    #[test]
    fn publishing_writes_memory_and_deletes_the_cached_copy() {
        let engine = FakeEngine::start();
        let mut client = EngineLink::new(engine.addr(), None).connect().unwrap();
        call(&mut client, &["SET", "cache:BCD", "old"]).unwrap();
        let new = quote(&tick("BCD", 500, 1));
        publish(&mut client, std::slice::from_ref(&new)).unwrap();
        assert!(!engine.holds("cache:BCD"));
        assert_eq!(engine.value("quote:BCD"), Some(new.to_value()));
    }

    #[test]
    fn a_batch_is_what_waits_in_the_order_it_was_pushed() {
        let engine = FakeEngine::start();
        let mut client = EngineLink::new(engine.addr(), None).connect().unwrap();
        let ticks: Vec<Tick> = (1..=5).map(|v| tick("BCD", 100, v)).collect();
        for tick in &ticks[..3] {
            engine.push(tick.to_element());
        }
        engine.push(b"no tick".to_vec());
        for tick in &ticks[3..] {
            engine.push(tick.to_element());
        }
        assert_eq!(take_batch(&mut client).unwrap(), (ticks, 1));
    }

    #[test]
    fn ticks_given_back_are_taken_again_in_the_same_order() {
        let engine = FakeEngine::start();
        let mut client = EngineLink::new(engine.addr(), None).connect().unwrap();
        let ticks: Vec<Tick> = (1..=3).map(|v| tick("BCD", 100, v)).collect();
        engine.push(tick("BCD", 100, 4).to_element());
        give_back(&mut client, &ticks).unwrap();
        let taken = take_batch(&mut client).unwrap().0;
        let versions: Vec<i64> = taken.iter().map(|tick| tick.version).collect();
        assert_eq!(versions, [1, 2, 3, 4]);
    }

    #[test]
    fn ticks_that_never_came_are_counted_and_those_of_earlier_runs_are_not() {
        let mut gaps = Gaps::default();
        let ticks = |versions: &[i64]| -> Vec<Tick> { versions.iter().map(|&v| tick("BCD", 1, v)).collect() };
        assert_eq!(gaps.count(100, &ticks(&[7, 9, 100, 101])), 0);
        assert_eq!(gaps.count(100, &ticks(&[101, 104])), 2);
        assert_eq!(gaps.count(100, &ticks(&[105, i64::MAX])), (i64::MAX - 106) as u64);
        assert_eq!(gaps.count(100, &ticks(&[i64::MAX])), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn however_ticks_are_batched_each_ticker_ends_at_its_last_one_with_every_one_counted(
            chosen in proptest::collection::vec((0_usize..3, 100_i64..10_000), 1..60),
            batch in 1_usize..20,
        ) {
            let (_dir, mut ledger, reads) = market();
            let symbols = tickers(3);
            let ticks: Vec<Tick> = chosen.iter().zip(1..)
                .map(|(&(i, price), version)| tick(&symbols[i], price, version)).collect();
            let mut applied = 0;
            for batch in ticks.chunks(batch) {
                applied += ledger.apply(batch).unwrap().applied;
            }
            prop_assert_eq!(applied, ticks.len() as u64);
            for symbol in &symbols {
                let of_it: Vec<&Tick> = ticks.iter().filter(|t| &t.symbol == symbol).collect();
                let Some(last) = of_it.last() else { continue };
                prop_assert_eq!(reads.quote(symbol).unwrap().0.unwrap(), quote(last));
                let bar = reads.history(symbol, 1).unwrap().remove(0);
                let cents = |price: f64| (price * 100.0).round() as i64;
                prop_assert_eq!(cents(bar.open), of_it[0].price);
                prop_assert_eq!(cents(bar.close), last.price);
                prop_assert_eq!(cents(bar.high), of_it.iter().map(|t| t.price).max().unwrap());
                prop_assert_eq!(cents(bar.low), of_it.iter().map(|t| t.price).min().unwrap());
                prop_assert_eq!(bar.volume, 10 * of_it.len() as i64);
            }
        }
    }
}

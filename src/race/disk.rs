//! The queries of a price page, and the live file they read *warm*.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::answers::{Bar, Statistics};
use super::build::LIVE_FILE;
use super::locked;
use super::market::date;
use super::quote::{Quote, money};

/// The raced query: one row by primary key.
pub(crate) const QUOTE_SQL: &str = "SELECT price, version, unix_ms FROM latest WHERE symbol = ?1";

const HISTORY_SQL: &str = "SELECT day, open, high, low, close, volume FROM bars
     WHERE symbol = ?1 ORDER BY day DESC LIMIT ?2";

/// Trading days that statistics speak of.
pub(crate) const STATISTICS_DAYS: u32 = 30;

/// Longest history in one answer: more than the database holds at its default size.
pub(crate) const MAX_HISTORY_DAYS: u32 = 5_000;

/// Idle connections kept; each holds SQLite's own page cache of at most about 2 MB.
const MAX_IDLE: usize = 16;

/// How long a reader waits for a lock that the worker holds while it folds its log into the file.
const BUSY: Duration = Duration::from_secs(2);

/// Read-only connections to the live file, each used by one thread at a time.
pub(crate) struct LiveReads {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl LiveReads {
    pub(crate) fn open(dir: &Path) -> rusqlite::Result<Self> {
        let reads = LiveReads { path: dir.join(LIVE_FILE), idle: Mutex::new(Vec::new()) };
        reads.with(|connection| connection.prepare_cached(QUOTE_SQL).map(drop))?;
        Ok(reads)
    }

    /// One quote, and how long its query took: the compiled statement's run, with SQLite's and the system's page
    /// caches as they are. Taking the connection and compiling the statement is outside.
    pub(crate) fn quote(&self, symbol: &str) -> rusqlite::Result<(Option<Quote>, Duration)> {
        self.with(|connection| timed_quote(connection, symbol, || Ok(())))
    }

    /// All latest quotes, by symbol.
    pub(crate) fn all_quotes(&self) -> rusqlite::Result<Vec<Quote>> {
        self.with(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT symbol, price, version, unix_ms FROM latest ORDER BY symbol")?;
            let rows = statement.query_map([], |row| {
                Ok(Quote {
                    symbol: row.get(0)?,
                    price: row.get(1)?,
                    version: row.get(2)?,
                    unix_ms: row.get(3)?,
                })
            })?;
            rows.collect()
        })
    }

    /// The last `days` bars, oldest first.
    pub(crate) fn history(&self, symbol: &str, days: u32) -> rusqlite::Result<Vec<Bar>> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(HISTORY_SQL)?;
            let rows = statement.query_map(params![symbol, days.min(MAX_HISTORY_DAYS)], |row| {
                Ok(Bar {
                    date: date(row.get(0)?),
                    open: money(row.get(1)?),
                    high: money(row.get(2)?),
                    low: money(row.get(3)?),
                    close: money(row.get(4)?),
                    volume: row.get(5)?,
                })
            })?;
            let mut bars = rows.collect::<rusqlite::Result<Vec<Bar>>>()?;
            bars.reverse();
            Ok(bars)
        })
    }

    /// The last [`STATISTICS_DAYS`] bars in numbers.
    pub(crate) fn statistics(&self, symbol: &str) -> rusqlite::Result<Statistics> {
        Ok(summarise(symbol, &self.history(symbol, STATISTICS_DAYS)?))
    }

    fn with<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let pooled = locked(&self.idle).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => open_read_only(&self.path)?,
        };
        let answer = query(&connection)?;
        let mut idle = locked(&self.idle);
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        Ok(answer)
    }
}

/// Compiles the raced query, lets `prepare` do what must be done before the clock starts, and runs it.
pub(crate) fn timed_quote(
    connection: &Connection,
    symbol: &str,
    prepare: impl FnOnce() -> rusqlite::Result<()>,
) -> rusqlite::Result<(Option<Quote>, Duration)> {
    let mut statement = connection.prepare_cached(QUOTE_SQL)?;
    prepare()?;
    let start = Instant::now();
    let row = statement.query_row([symbol], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let took = start.elapsed();
    let quote =
        row.map(|(price, version, unix_ms)| Quote { symbol: symbol.to_owned(), price, version, unix_ms });
    Ok((quote, took))
}

fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn summarise(symbol: &str, bars: &[Bar]) -> Statistics {
    let closes: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
    let changes: Vec<f64> = closes.windows(2).map(|pair| (pair[1] / pair[0] - 1.0) * 100.0).collect();
    let change_percent = match (closes.first(), closes.last()) {
        (Some(first), Some(last)) => (last / first - 1.0) * 100.0,
        _ => 0.0,
    };
    let volumes: Vec<f64> = bars.iter().map(|bar| bar.volume as f64).collect();
    let bound = |bound: Option<f64>| bound.unwrap_or(0.0);
    Statistics {
        symbol: symbol.to_owned(),
        days: bars.len() as u32,
        low: bound(bars.iter().map(|bar| bar.low).reduce(f64::min)),
        high: bound(bars.iter().map(|bar| bar.high).reduce(f64::max)),
        mean: mean(&closes),
        change_percent,
        volatility_percent: deviation(&changes),
        mean_volume: mean(&volumes),
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// Of a sample; 0 for fewer than two numbers.
fn deviation(numbers: &[f64]) -> f64 {
    let mean = mean(numbers);
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    (squares / numbers.len().saturating_sub(1).max(1) as f64).sqrt()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::build::ensure_database;
    use super::super::market::{bars, tickers, trading_days};
    use super::super::{MarketSize, locked};
    use super::*;

    const SMALL: MarketSize = MarketSize { symbols: 4, days: 40 };

    fn market() -> (tempfile::TempDir, LiveReads) {
        let dir = tempfile::tempdir().unwrap();
        ensure_database(dir.path(), SMALL, &mut |_, _| true).unwrap();
        let reads = LiveReads::open(dir.path()).unwrap();
        (dir, reads)
    }

    #[test]
    fn the_latest_quote_is_the_last_close() {
        let (_dir, reads) = market();
        for (position, symbol) in tickers(4).iter().enumerate() {
            let last = bars(position as u64, &trading_days(40)).last().unwrap();
            let (quote, _) = reads.quote(symbol).unwrap();
            assert_eq!(quote.unwrap().price, last.close);
        }
        assert_eq!(reads.quote("NOBODY").unwrap().0, None);
    }

    #[test]
    fn a_history_is_the_last_days_oldest_first() {
        let (_dir, reads) = market();
        let symbol = &tickers(4)[1];
        let history = reads.history(symbol, 3).unwrap();
        let dates: Vec<&str> = history.iter().map(|bar| bar.date.as_str()).collect();
        assert_eq!(dates, ["2026-10-28", "2026-10-29", "2026-10-30"]);
        assert_eq!(reads.history(symbol, u32::MAX).unwrap().len(), 40);
    }

    #[test]
    fn statistics_are_those_of_the_last_thirty_days() {
        let (_dir, reads) = market();
        let symbol = &tickers(4)[2];
        let statistics = reads.statistics(symbol).unwrap();
        let history = reads.history(symbol, 30).unwrap();
        assert_eq!(statistics.days, 30);
        let lowest = history.iter().map(|bar| bar.low).fold(f64::MAX, f64::min);
        assert_eq!(statistics.low, lowest);
        assert!(statistics.volatility_percent > 0.0);
    }

    #[test]
    fn numbers_of_a_known_series_come_out_as_by_hand() {
        let bar = |close: f64| Bar {
            date: String::new(),
            open: close,
            high: close + 1.0,
            low: close - 1.0,
            close,
            volume: 10,
        };
        let statistics = summarise("BCD", &[bar(10.0), bar(11.0), bar(9.9)]);
        assert_eq!((statistics.low, statistics.high), (8.9, 12.0));
        assert!((statistics.change_percent + 1.0).abs() < 1e-9);
        assert!((statistics.volatility_percent - 200.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(summarise("BCD", &[]).days, 0);
    }

    #[test]
    fn a_connection_goes_back_to_be_used_again() {
        let (_dir, reads) = market();
        for _ in 0..5 {
            reads.all_quotes().unwrap();
        }
        assert_eq!(locked(&reads.idle).len(), 1);
    }
}

//! Building the market's two SQLite files, once.
//!
//! Each is written under a temporary name, synced and renamed, the cold copy first: where the live file is, both are
//! whole. A build that was interrupted leaves temporary files only, and the next start begins again.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};

use super::MarketSize;
use super::market::{bars, tickers, trading_days};

/// The live file: the worker writes it, warm reads and cache misses read it.
pub(crate) const LIVE_FILE: &str = "market.db";
/// The cold copy: nothing ever writes it.
pub(crate) const COLD_FILE: &str = "market-cold.db";

/// `PRAGMA user_version` of this schema and this generator: a file with another one is built anew.
const SCHEMA_VERSION: i32 = 1;

/// Bars stand clustered by ticker and day, so that a price page's history is one stretch of one B-tree.
const SCHEMA: &str = "
    CREATE TABLE latest (
        symbol  TEXT PRIMARY KEY,
        price   INTEGER NOT NULL,
        version INTEGER NOT NULL,
        unix_ms INTEGER NOT NULL,
        ticks   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE bars (
        symbol TEXT NOT NULL,
        day    INTEGER NOT NULL,
        open   INTEGER NOT NULL,
        high   INTEGER NOT NULL,
        low    INTEGER NOT NULL,
        close  INTEGER NOT NULL,
        volume INTEGER NOT NULL,
        PRIMARY KEY (symbol, day)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE market (symbols INTEGER NOT NULL, days INTEGER NOT NULL) STRICT;
";

/// Bytes of the cold copy written between two looks at the wish to stop.
const COPY_PIECE_BYTES: usize = 1 << 20;

/// Why there is no database.
#[derive(Debug)]
pub(crate) enum BuildError {
    /// The process is asked to stop; temporary files were removed.
    Cancelled,
    /// A file or directory refused.
    Io(PathBuf, io::Error),
    /// SQLite refused.
    Sqlite(PathBuf, rusqlite::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Cancelled => f.write_str("stopped before the market database was built"),
            BuildError::Io(path, error) => write!(
                f,
                "the market database cannot be built: {}: {error}; free some space or choose another --dir",
                path.display()
            ),
            BuildError::Sqlite(path, error) => write!(
                f,
                "the market database cannot be built or opened: {}: {error}; remove the file to have it built anew",
                path.display()
            ),
        }
    }
}

/// Told how many bars of how many are written; answers whether to go on.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> bool;

/// Sees to it that `dir` holds both files for `size`; builds what is missing. A million bars take a few seconds.
pub(crate) fn ensure_database(
    dir: &Path,
    size: MarketSize,
    progress: Progress<'_>,
) -> Result<(), BuildError> {
    let (live, cold) = (dir.join(LIVE_FILE), dir.join(COLD_FILE));
    if is_market(&live, size) && is_market(&cold, size) {
        return Ok(());
    }
    let (new_live, new_cold) = (dir.join("market.db.new"), dir.join("market-cold.db.new"));
    let outcome = build(&new_live, &new_cold, size, progress).and_then(|()| {
        // A log of the file that goes must not meet the file that comes.
        for ending in ["-wal", "-shm"] {
            remove_if_there(&dir.join(format!("{LIVE_FILE}{ending}")))?;
        }
        remove_if_there(&live)?;
        rename(&new_cold, &cold)?;
        rename(&new_live, &live)?;
        sync(dir)
    });
    if outcome.is_err() {
        // What stays behind is overwritten next time; the first error is the one to tell.
        let _ = remove_if_there(&new_live);
        let _ = remove_if_there(&new_cold);
    }
    outcome
}

fn build(live: &Path, cold: &Path, size: MarketSize, progress: Progress<'_>) -> Result<(), BuildError> {
    remove_if_there(live)?;
    write_market(live, size, progress)?;
    sync(live)?;
    copy(live, cold, size, progress)
}

/// Writes the whole market in one transaction without a journal: a file that is not finished is never used.
fn write_market(path: &Path, size: MarketSize, progress: Progress<'_>) -> Result<(), BuildError> {
    let failed = |error| BuildError::Sqlite(path.to_owned(), error);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;",
        )
        .and_then(|()| connection.execute_batch(SCHEMA))
        .map_err(failed)?;
    let transaction = connection.transaction().map_err(failed)?;
    let going_on = insert_all(&transaction, size, progress).map_err(failed)?;
    if !going_on {
        return Err(BuildError::Cancelled);
    }
    transaction
        .execute("INSERT INTO market (symbols, days) VALUES (?1, ?2)", params![size.symbols, size.days])
        .and_then(|_| transaction.pragma_update(None, "user_version", SCHEMA_VERSION))
        .and_then(|()| transaction.commit())
        .map_err(failed)?;
    connection.close().map_err(|(_, error)| failed(error))
}

/// In key order, so that each page of the B-trees is filled once. `false` when asked to stop.
fn insert_all(connection: &Connection, size: MarketSize, progress: Progress<'_>) -> rusqlite::Result<bool> {
    let days = trading_days(size.days);
    let total = u64::from(size.symbols) * u64::from(size.days);
    let mut insert_latest = connection
        .prepare("INSERT INTO latest (symbol, price, version, unix_ms, ticks) VALUES (?1, ?2, 0, ?3, 0)")?;
    let mut insert_bar = connection.prepare("INSERT INTO bars VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let mut done = 0;
    for (position, symbol) in tickers(size.symbols).iter().enumerate() {
        if !progress(done, total) {
            return Ok(false);
        }
        let mut last = None;
        for bar in bars(position as u64, &days) {
            insert_bar
                .execute(params![symbol, bar.day, bar.open, bar.high, bar.low, bar.close, bar.volume])?;
            last = Some(bar);
        }
        if let Some(bar) = last {
            insert_latest.execute(params![symbol, bar.close, bar.day * 86_400_000])?;
        }
        done += u64::from(size.days);
    }
    Ok(progress(done, total))
}

/// Copies in pieces, so that it can be stopped, and by writing, so that the two files share no pages.
fn copy(from: &Path, to: &Path, size: MarketSize, progress: Progress<'_>) -> Result<(), BuildError> {
    let total = u64::from(size.symbols) * u64::from(size.days);
    let mut source = File::open(from).map_err(|e| BuildError::Io(from.to_owned(), e))?;
    let written = |e| BuildError::Io(to.to_owned(), e);
    let mut target = File::create(to).map_err(written)?;
    let mut piece = vec![0; COPY_PIECE_BYTES];
    loop {
        if !progress(total, total) {
            return Err(BuildError::Cancelled);
        }
        let bytes = source.read(&mut piece).map_err(|e| BuildError::Io(from.to_owned(), e))?;
        if bytes == 0 {
            return target.sync_all().map_err(written);
        }
        target.write_all(&piece[..bytes]).map_err(written)?;
    }
}

/// Whether `path` is a finished market of this schema and size. Whatever is not is built anew: it is all invented.
fn is_market(path: &Path, size: MarketSize) -> bool {
    let read = || -> rusqlite::Result<(i32, u32, u32)> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        connection
            .query_row("SELECT symbols, days FROM market", [], |row| Ok((version, row.get(0)?, row.get(1)?)))
    };
    path.is_file() && read().is_ok_and(|found| found == (SCHEMA_VERSION, size.symbols, size.days))
}

fn sync(path: &Path) -> Result<(), BuildError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|e| BuildError::Io(path.to_owned(), e))
}

fn rename(from: &Path, to: &Path) -> Result<(), BuildError> {
    fs::rename(from, to).map_err(|e| BuildError::Io(to.to_owned(), e))
}

fn remove_if_there(path: &Path) -> Result<(), BuildError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BuildError::Io(path.to_owned(), error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SMALL: MarketSize = MarketSize { symbols: 3, days: 10 };

    fn files(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn both_files_hold_every_bar_and_progress_ends_at_the_total() {
        let dir = tempfile::tempdir().unwrap();
        let mut seen = Vec::new();
        let mut progress = |done, total| {
            seen.push((done, total));
            true
        };
        ensure_database(dir.path(), SMALL, &mut progress).unwrap();
        assert_eq!((seen[0], *seen.last().unwrap()), ((0, 30), (30, 30)));
        assert_eq!(files(dir.path()), [COLD_FILE, LIVE_FILE]);
        for name in [LIVE_FILE, COLD_FILE] {
            let connection = Connection::open(dir.path().join(name)).unwrap();
            let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!(count("SELECT count(*) FROM bars"), 30);
            assert_eq!(count("SELECT count(*) FROM latest"), 3);
        }
    }

    #[test]
    fn a_build_stopped_anywhere_leaves_nothing_and_the_next_one_is_whole() {
        for steps in 0..6 {
            let dir = tempfile::tempdir().unwrap();
            let mut left = steps;
            let mut progress = |_, _| {
                left -= 1;
                left >= 0
            };
            let outcome = ensure_database(dir.path(), SMALL, &mut progress);
            if outcome.is_ok() {
                continue;
            }
            assert!(matches!(outcome, Err(BuildError::Cancelled)));
            assert_eq!(files(dir.path()), [""; 0]);
            ensure_database(dir.path(), SMALL, &mut |_, _| true).unwrap();
            assert!(is_market(&dir.path().join(LIVE_FILE), SMALL));
        }
    }

    #[test]
    fn what_a_kill_left_under_a_temporary_name_is_never_used() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("market.db.new"), b"half a file").unwrap();
        ensure_database(dir.path(), SMALL, &mut |_, _| true).unwrap();
        assert_eq!(files(dir.path()), [COLD_FILE, LIVE_FILE]);
    }

    #[test]
    fn a_market_that_is_there_is_not_built_again() {
        let dir = tempfile::tempdir().unwrap();
        ensure_database(dir.path(), SMALL, &mut |_, _| true).unwrap();
        ensure_database(dir.path(), SMALL, &mut |_, _| panic!("nothing to build")).unwrap();
    }

    #[test]
    fn a_market_of_another_size_or_with_a_damaged_file_is_built_anew() {
        let dir = tempfile::tempdir().unwrap();
        ensure_database(dir.path(), SMALL, &mut |_, _| true).unwrap();
        let larger = MarketSize { symbols: 4, ..SMALL };
        ensure_database(dir.path(), larger, &mut |_, _| true).unwrap();
        assert!(is_market(&dir.path().join(LIVE_FILE), larger));
        fs::write(dir.path().join(COLD_FILE), b"not a database").unwrap();
        ensure_database(dir.path(), larger, &mut |_, _| true).unwrap();
        assert!(is_market(&dir.path().join(COLD_FILE), larger));
    }
}

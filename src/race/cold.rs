//! *Cold* reads: the raced query against a file of which nothing is in memory.
//!
//! The file is a copy that nothing writes, because pages that wait to be written cannot be dropped. A read
//!
//! 1. takes the one connection; others wait, since they would warm the file for each other;
//! 2. empties SQLite's page cache;
//! 3. has the system drop the file's pages, and asks it whether they are gone;
//! 4. starts the clock, runs the compiled statement, stops the clock.
//!
//! So inside the timer are SQLite's walk from the first page through the table's B-tree and the system's reads from
//! the disk, with its usual read-ahead. Outside are opening the file, compiling the statement, waiting for the turn.
//! What the disk itself remembers (its own cache, a virtual machine's host) cannot be seen from here and is left as it is.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::answers::QuoteError;
use super::build::COLD_FILE;
use super::disk::timed_quote;
use super::locked;
use super::mem::{cached_pages, drop_pages, resident_pages};
use super::quote::Quote;

/// Longest time for pages to go. Pages that the last query had read ahead may still be on their way from the disk, or on
/// a list of their processor, where advice does not reach them; both pass within a few milliseconds.
const DROP_PATIENCE: Duration = Duration::from_millis(500);

/// The cold copy, one reader at a time.
pub(crate) struct ColdReads {
    cold: Mutex<Cold>,
}

struct Cold {
    file: File,
    connection: Connection,
}

impl ColdReads {
    /// Opens the copy and tries whether its pages can be dropped here; the error says why not.
    pub(crate) fn open(dir: &Path, known_symbol: &str) -> Result<Self, String> {
        let path = dir.join(COLD_FILE);
        let file = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let connection = open_immutable(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let cold = Cold { file, connection };
        let (quote, _) = cold.quote(known_symbol).map_err(|error| match error {
            QuoteError::ColdUnavailable(why) => why,
            other => other.to_string(),
        })?;
        // Had the query been answered from elsewhere, the figures would be about that.
        if quote.is_none() || resident_pages(&cold.file).map_err(|e| e.to_string())? == 0 {
            return Err("a query read nothing of the file".to_owned());
        }
        Ok(ColdReads { cold: Mutex::new(cold) })
    }

    /// One quote of the day the copy was made, and how long its query took.
    pub(crate) fn quote(&self, symbol: &str) -> Result<(Option<Quote>, Duration), QuoteError> {
        locked(&self.cold).quote(symbol)
    }
}

impl Cold {
    fn quote(&self, symbol: &str) -> Result<(Option<Quote>, Duration), QuoteError> {
        let mut refused = None;
        let outcome = timed_quote(&self.connection, symbol, || {
            self.connection.release_memory()?;
            refused = self.forget_pages().err();
            Ok(())
        });
        match refused {
            Some(why) => Err(QuoteError::ColdUnavailable(why)),
            None => outcome.map_err(|error| QuoteError::Disk(error.to_string())),
        }
    }

    /// Drops the file's pages until none is left, or says how many stay.
    fn forget_pages(&self) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            drop_pages(&self.file).map_err(|e| e.to_string())?;
            let left = self.pages_left().map_err(|e| e.to_string())?;
            if left == 0 {
                return Ok(());
            }
            if begin.elapsed() > DROP_PATIENCE {
                return Err(format!(
                    "the system keeps {left} pages of {COLD_FILE} in memory though told to drop them (a file system in memory does so)"
                ));
            }
            thread::yield_now();
        }
    }

    fn pages_left(&self) -> io::Result<usize> {
        let resident = resident_pages(&self.file)?;
        Ok(resident.max(cached_pages(&self.file).unwrap_or(0)))
    }
}

/// `immutable`: no locks, no look for a journal, and SQLite's page cache is ours to empty.
fn open_immutable(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        format!("file:{}?immutable=1", uri_path(path)),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI,
    )?;
    connection.execute_batch("PRAGMA mmap_size = 0; PRAGMA cache_size = 16;")?;
    Ok(connection)
}

/// A path with what has a meaning in a URI (RFC 3986) written as `%XX`.
fn uri_path(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let escape = |&byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    path.as_os_str().as_bytes().iter().map(escape).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::MarketSize;
    use super::super::build::ensure_database;
    use super::super::market::tickers;
    use super::*;

    fn built(dir: &Path) {
        let size = MarketSize { symbols: 20, days: 200 };
        ensure_database(dir, size, &mut |_, _| true).unwrap();
    }

    #[test]
    fn before_the_query_no_page_is_in_memory_and_after_it_some_are() {
        let dir = tempfile::tempdir().unwrap();
        built(dir.path());
        let symbol = &tickers(20)[7];
        let cold = match ColdReads::open(dir.path(), symbol) {
            Ok(cold) => cold,
            Err(why) => {
                eprintln!("SKIPPED: cold reads cannot be tried here: {why}");
                return;
            }
        };
        let cold = locked(&cold.cold);
        for _ in 0..20 {
            cold.connection.release_memory().unwrap();
            cold.forget_pages().unwrap();
            assert_eq!(cold.pages_left().unwrap(), 0);
            assert!(cold.quote(symbol).unwrap().0.is_some());
            assert!(resident_pages(&cold.file).unwrap() > 0);
        }
    }

    #[test]
    fn a_file_system_in_memory_is_told_apart() {
        let Ok(dir) = tempfile::tempdir_in("/dev/shm") else {
            eprintln!("SKIPPED: there is no /dev/shm to try");
            return;
        };
        built(dir.path());
        let why = ColdReads::open(dir.path(), &tickers(20)[0]).err().unwrap();
        assert!(why.contains("in memory"), "{why}");
    }

    #[test]
    fn a_directory_with_marks_of_a_uri_opens() {
        let dir = tempfile::tempdir().unwrap();
        let odd = dir.path().join("50% of?a#dir ä");
        std::fs::create_dir(&odd).unwrap();
        built(&odd);
        assert!(open_immutable(&odd.join(COLD_FILE)).is_ok());
    }
}

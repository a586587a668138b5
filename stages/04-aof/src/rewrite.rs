//! A fresh log from memory: how compaction works, and the way out after a failed sync.
//!
//! It is written under another name, synced, and renamed into place, so that a crash at any point leaves one whole log.

use crate::log::LOG_NAME;
use crate::resp::encode_command;
use crate::round::{RoundBuffer, RoundLine};
use crate::storage::{Storage, StoredFile};
use std::io;

/// The name of a log that is not finished; one that a crash left behind is removed at the next start.
pub const TEMPORARY_NAME: &str = "database.aof.tmp";

/// A round of a fresh log has about this many bytes.
const ROUND_BYTES: usize = 1024 * 1024;

/// A store as a sequence of commands that would make it again.
pub trait Snapshot {
    /// Emits some commands, a bounded number, and says whether these were the last.
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool;

    /// About how many bytes the commands come to: what decides whether compaction pays.
    fn live_bytes_estimate(&self) -> u64;
}

/// A log that was just written, all of it durable.
pub(crate) struct Fresh<F> {
    pub(crate) file: F,
    pub(crate) id: u64,
    pub(crate) end: u64,
}

/// Why there is no fresh log.
#[derive(Debug)]
pub(crate) struct RewriteError {
    pub(crate) source: io::Error,
    /// The new file has the log's name already, but that is not known to be durable.
    pub(crate) renamed: bool,
}

impl From<io::Error> for RewriteError {
    fn from(source: io::Error) -> Self {
        Self { source, renamed: false }
    }
}

/// Writes the commands of `snapshot` to a fresh log and puts it in place of the old one. With `keep` the old one keeps a second name.
pub(crate) fn rewrite<S: Storage>(
    storage: &S,
    snapshot: &mut dyn Snapshot,
    id: u64,
    now_unix_ms: u64,
    keep: Option<&str>,
) -> Result<Fresh<S::File>, RewriteError> {
    let written = write(storage, snapshot, id, now_unix_ms).and_then(|fresh| {
        if let Some(second) = keep {
            storage.link(LOG_NAME, second)?;
        }
        storage.rename(TEMPORARY_NAME, LOG_NAME)?;
        Ok(fresh)
    });
    let fresh = written.inspect_err(|_| {
        // Half a log is of no use, and may be what fills the disk. Where it cannot be removed, the next start does it.
        let _ = storage.remove(TEMPORARY_NAME);
    })?;
    storage.sync_directory().map_err(|source| RewriteError { source, renamed: true })?;
    Ok(fresh)
}

/// Writes the fresh log under its temporary name.
///
/// It begins with an empty round, and ends with one whose `synced` covers all: from then on damage to it is told from the tail of a crash.
fn write<S: Storage>(
    storage: &S,
    snapshot: &mut dyn Snapshot,
    id: u64,
    now_unix_ms: u64,
) -> io::Result<Fresh<S::File>> {
    let file = storage.create(TEMPORARY_NAME)?;
    let mut end = 0;
    let mut round = RoundBuffer::default();
    let mut append = |round: &mut RoundBuffer, synced: u64| -> io::Result<u64> {
        let line = RoundLine { id, offset: end, len: 0, synced, now_unix_ms };
        let bytes = round.seal(line);
        file.write_all_at(end, bytes)?;
        end += bytes.len() as u64;
        round.clear();
        Ok(end)
    };
    let header = append(&mut round, 0)?;
    let mut written = header;
    let mut done = false;
    while !done {
        done = snapshot.step(&mut |args| encode_command(args, round.records()));
        if round.len() >= ROUND_BYTES || (done && !round.is_empty()) {
            written = append(&mut round, 0)?;
        }
    }
    file.sync_data()?;
    if written > header {
        written = append(&mut round, written)?;
        file.sync_data()?;
    }
    Ok(Fresh { file, id, end: written })
}

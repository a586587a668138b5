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

/// A log that can be appended to, all of it durable.
pub struct Fresh<F> {
    pub(crate) file: F,
    pub(crate) id: u64,
    pub(crate) end: u64,
    /// Whether it ends with an empty round that says that all before it is durable.
    pub(crate) closed: bool,
}

/// Writes the commands of `snapshot` to a fresh log and puts it in place of the old one. That it has the name is durable after
/// [`Storage::sync_directory`].
///
/// # Errors
/// Whatever the system answers; the old log is in its place.
pub fn rewrite<S: Storage>(
    storage: &S,
    snapshot: &mut dyn Snapshot,
    id: u64,
    now_unix_ms: u64,
) -> io::Result<Fresh<S::File>> {
    let written = write(storage, snapshot, id, now_unix_ms)
        .and_then(|fresh| storage.rename(TEMPORARY_NAME, LOG_NAME).map(|()| fresh));
    if written.is_err() {
        // Half a log is of no use, and may be what fills the disk. Where it cannot be removed, the next start does it.
        let _ = storage.remove(TEMPORARY_NAME);
    }
    written
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
    let line = |offset, synced| RoundLine { id, offset, len: 0, synced, now_unix_ms };
    let mut round = RoundBuffer::default();
    let header = round.write_to(&file, line(0, 0))?;
    let (mut end, mut done) = (header, false);
    while !done {
        done = snapshot.step(&mut |args| encode_command(args, round.records()));
        if round.len() >= ROUND_BYTES || (done && !round.is_empty()) {
            end = round.write_to(&file, line(end, 0))?;
        }
    }
    file.sync_data()?;
    if end > header {
        end = round.write_to(&file, line(end, end))?;
        file.sync_data()?;
    }
    Ok(Fresh { file, id, end, closed: true })
}

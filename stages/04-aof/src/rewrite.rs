//! A fresh log from memory: how compaction works, and the way out after a failed sync.
//!
//! It is written under another name, synced, and renamed into place, so that a crash at any point leaves one whole log.

use crate::append::Appender;
use crate::log::LOG_NAME;
use crate::resp::encode_command;
use crate::storage::Storage;
use std::io;

/// The name of a log that is not finished; one that a crash left behind is removed at the next start.
pub const TEMPORARY_NAME: &str = "database.aof.tmp";

/// A round of a fresh log has about this many bytes.
const ROUND_BYTES: usize = 1024 * 1024;

/// About how many bytes an argument takes besides its own: its length, and line ends.
const ARGUMENT_BYTES: u64 = 8;

/// A store as a sequence of commands that would make it again.
pub trait Snapshot {
    /// Emits some commands, a bounded number, and says whether these were the last.
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool;
}

/// Writes the commands of `snapshot` to a fresh log and puts it in place of the old one. That it has the name is durable after
/// [`Storage::sync_directory`].
///
/// # Errors
/// Whatever the system answers; the old log is in its place.
pub fn rewrite(
    storage: &dyn Storage,
    snapshot: &mut dyn Snapshot,
    id: u64,
    now_unix_ms: u64,
) -> io::Result<Appender> {
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
fn write(
    storage: &dyn Storage,
    snapshot: &mut dyn Snapshot,
    id: u64,
    now_unix_ms: u64,
) -> io::Result<Appender> {
    let mut fresh = Appender::new(storage.create(TEMPORARY_NAME)?, id);
    fresh.append(now_unix_ms)?;
    let (header, mut done) = (fresh.end, false);
    while !done {
        done = snapshot.step(&mut |args| encode_command(args, fresh.round.records()));
        if fresh.round.len() >= ROUND_BYTES || (done && !fresh.round.is_empty()) {
            fresh.append(now_unix_ms)?;
        }
    }
    fresh.sync()?;
    if fresh.end > header {
        fresh.append(now_unix_ms)?;
        fresh.sync()?;
    }
    Ok(fresh)
}

/// Whether the commands of `snapshot` come to so many bytes. No more of them are looked at than it takes.
pub(crate) fn reaches(snapshot: &mut dyn Snapshot, bytes: u64) -> bool {
    let (mut counted, mut done) = (0, false);
    while !done && counted < bytes {
        done = snapshot.step(&mut |args| {
            counted += args.iter().map(|arg| arg.len() as u64 + ARGUMENT_BYTES).sum::<u64>();
        });
    }
    counted >= bytes
}

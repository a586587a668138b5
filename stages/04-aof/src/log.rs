//! The log: what a service records, commits, and what happens when that fails.

use crate::errors::{CommitError, OpenError};
use crate::load::{Progress, Replay};
use crate::rewrite::Snapshot;
use crate::storage::Storage;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The log's file name in its directory.
pub const LOG_NAME: &str = "database.aof";

/// When a round is forced to disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FsyncPolicy {
    /// Before any reply of the round leaves: a power cut loses nothing that was acknowledged.
    Always,
    /// Once a second, on another thread: a power cut loses about a second.
    #[default]
    EverySecond,
    /// When the system likes; and at shutdown.
    No,
}

impl FromStr for FsyncPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "always" => Ok(Self::Always),
            "everysec" => Ok(Self::EverySecond),
            "no" => Ok(Self::No),
            _ => Err(format!(
                "{text:?} is no fsync policy; use always, everysec or no"
            )),
        }
    }
}

impl fmt::Display for FsyncPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Always => "always",
            Self::EverySecond => "everysec",
            Self::No => "no",
        })
    }
}

/// What can be chosen about a log.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// When a round is forced to disk.
    pub policy: FsyncPolicy,
    /// At start-up a file of at least this many times its live size is compacted.
    pub compact_ratio: u64,
    /// A file smaller than this is never compacted.
    pub compact_floor_bytes: u64,
    /// Where the ids of new files come from; `None`: the operating system.
    pub seed: Option<u64>,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            policy: FsyncPolicy::EverySecond,
            compact_ratio: 3,
            compact_floor_bytes: 16 * 1024 * 1024,
            seed: None,
        }
    }
}

/// Whether the log takes writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Sound,
    /// A write failed: [`Log::retry`] may succeed later.
    WriteFailed {
        /// What the system answered.
        reason: String,
    },
    /// A sync failed: only [`Log::rewrite`] helps.
    SyncFailed {
        /// What the system answered.
        reason: String,
    },
}

impl Health {
    /// Whether writes are taken.
    pub fn is_sound(&self) -> bool {
        *self == Self::Sound
    }

    /// The error that every command that writes gets meanwhile: `MISCONF …`; `None` when the log is sound.
    pub fn refusal(&self) -> Option<String> {
        todo!()
    }
}

/// What opening a log found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Commands loaded.
    pub records: u64,
    /// Rounds loaded.
    pub rounds: u64,
    /// Bytes cut off as the tail of a crash.
    pub cut_bytes: u64,
    /// Rounds in those bytes, whole ones and broken ones.
    pub cut_rounds: u64,
    /// The name under which a file that Redis wrote was kept.
    pub foreign_kept: Option<String>,
    /// The largest time of any round: the clock must not go back behind it.
    pub last_now_unix_ms: Option<u64>,
    /// The file's size before compaction and after it, when there was one.
    pub compacted_bytes: Option<(u64, u64)>,
    /// Why a compaction that was due did not happen; the log is as it was.
    pub compaction_failed: Option<String>,
}

/// What the log can say about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFigures {
    /// The file's length.
    pub bytes: u64,
    /// Everything below this offset is known to survive a power cut.
    pub durable_bytes: u64,
    /// Records written since the log was opened.
    pub records: u64,
    /// Rounds written since the log was opened.
    pub rounds: u64,
    /// Syncs done since the log was opened.
    pub syncs: u64,
    /// With `everysec`: how long the oldest byte that is not known durable has waited.
    pub unsynced_for: Option<Duration>,
}

/// The log. One writer, in one thread.
#[derive(Debug)]
pub struct Log<S: Storage> {
    storage: S,
}

impl<S: Storage> Log<S> {
    /// Opens the log of `storage`, or makes an empty one: checks the file, cuts the tail of a crash, loads it into `replay`, and compacts it when that pays
    /// or when Redis wrote it.
    ///
    /// # Errors
    /// See [`OpenError`]; the file is as it was.
    pub fn open(
        storage: S,
        options: LogOptions,
        now_unix_ms: u64,
        replay: &mut dyn Replay,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<(Self, Recovery), OpenError> {
        let _ = (options, now_unix_ms, replay, progress, &storage);
        todo!()
    }

    /// Adds a command to the round. Nothing is written before [`Log::commit`].
    pub fn record(&mut self, args: &[&[u8]]) {
        let _ = (args, &self.storage);
        todo!()
    }

    /// Writes the round: one write, and one sync where the policy asks for it. Without records nothing happens.
    ///
    /// # Errors
    /// The round is not known to be on disk: its replies must not leave. See [`Log::health`] for what comes next.
    pub fn commit(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        let _ = now_unix_ms;
        todo!()
    }

    /// Whether the log takes writes now.
    pub fn health(&self) -> &Health {
        todo!()
    }

    /// After a failed write: tries again to write what was kept. Call it from housekeeping, at most every 100 ms. With nothing to do it is cheap.
    ///
    /// # Errors
    /// The write failed again.
    pub fn retry(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        let _ = now_unix_ms;
        todo!()
    }

    /// Replaces the file by a fresh one with the commands of `snapshot`, synced, renamed into place. The way out after a failed sync.
    ///
    /// # Errors
    /// The old file is still in place, and the health as before.
    pub fn rewrite(
        &mut self,
        snapshot: &mut dyn Snapshot,
        now_unix_ms: u64,
    ) -> Result<(), CommitError> {
        let _ = (snapshot, now_unix_ms);
        todo!()
    }

    /// Syncs everything now, whatever the policy.
    ///
    /// # Errors
    /// As [`Log::commit`].
    pub fn sync(&mut self) -> Result<(), CommitError> {
        todo!()
    }

    /// What a person should be told now, once each time: that syncing fell behind, or caught up again. For the service's housekeeping.
    pub fn warning(&mut self) -> Option<String> {
        todo!()
    }

    /// Clean shutdown: writes and syncs everything, then an empty round that says so.
    ///
    /// # Errors
    /// What could not be written or synced.
    pub fn close(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        let _ = now_unix_ms;
        todo!()
    }

    /// Sizes and counts. Cheap.
    pub fn figures(&self) -> LogFigures {
        todo!()
    }
}

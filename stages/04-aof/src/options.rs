//! What can be chosen about a log, and what it says about itself.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

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
            _ => Err(format!("{text:?} is no fsync policy; use always, everysec or no")),
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
    /// At start-up a file of more than this many times its live size is compacted.
    pub compact_ratio: u64,
    /// A file smaller than this is never compacted: rewriting it would gain nothing that anybody notices.
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
    /// A write failed: [`Log::retry`](crate::Log::retry) may succeed later.
    WriteFailed {
        /// What the system answered.
        reason: String,
    },
    /// A sync failed: only [`Log::rewrite`](crate::Log::rewrite) helps.
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

    /// The error that every command that writes gets meanwhile, beginning with `MISCONF`; `None` when the log is sound.
    pub fn refusal(&self) -> Option<String> {
        let (verb, reason) = match self {
            Self::Sound => return None,
            Self::WriteFailed { reason } => ("written", reason),
            Self::SyncFailed { reason } => ("synced", reason),
        };
        Some(format!(
            "MISCONF the log cannot be {verb} ({reason}); writes are refused until it can, reads go on"
        ))
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
    /// Whether Redis or Valkey wrote the file.
    pub foreign: bool,
    /// The name under which such a file was kept.
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

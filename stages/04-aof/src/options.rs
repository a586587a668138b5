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

/// The policies as options name them.
const POLICIES: [(FsyncPolicy, &str); 3] =
    [(FsyncPolicy::Always, "always"), (FsyncPolicy::EverySecond, "everysec"), (FsyncPolicy::No, "no")];

impl FromStr for FsyncPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = POLICIES.iter().find(|(_, name)| *name == text);
        let unknown = || format!("{text:?} is no fsync policy; use always, everysec or no");
        found.map(|(policy, _)| *policy).ok_or_else(unknown)
    }
}

impl fmt::Display for FsyncPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = POLICIES.iter().filter(|(policy, _)| policy == self);
        names.try_for_each(|(_, name)| f.write_str(name))
    }
}

/// What can be chosen about a log.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// When a round is forced to disk.
    pub policy: FsyncPolicy,
    /// A file smaller than this is never compacted: rewriting it would gain nothing that anybody notices.
    pub compact_floor_bytes: u64,
    /// Where the ids of new files come from; `None`: the operating system.
    pub seed: Option<u64>,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { policy: FsyncPolicy::default(), compact_floor_bytes: 16 * 1024 * 1024, seed: None }
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
    /// The largest time of any round: the clock must not go back behind it.
    pub last_now_unix_ms: Option<u64>,
    /// The file's size before compaction and after it, when there was one.
    pub compacted_bytes: Option<(u64, u64)>,
    /// Why a compaction that was due did not happen; the log is as it was.
    pub compaction_failed: Option<String>,
}

/// What the log can say about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogFigures {
    /// The file's length.
    pub bytes: u64,
    /// Everything below this offset is known to survive a power cut.
    pub durable_bytes: u64,
    /// Syncs done since the log was opened.
    pub syncs: u64,
    /// With `everysec`: how long the oldest byte that is not known durable has waited.
    pub unsynced_for: Option<Duration>,
}

//! Why the log could not be opened, and why a round could not be committed.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a log could not be opened. The text says what is wrong, where, and what to do.
#[derive(Debug)]
pub enum OpenError {
    /// The system refused an operation on a file.
    Io {
        /// What was being done, such as `read`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// Bytes that were known to be on disk are damaged.
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the damage begins.
        offset: u64,
        /// Everything below this offset was once synced.
        synced: u64,
    },
    /// The file begins as Redis's binary snapshot.
    RdbPreamble {
        /// The file.
        path: PathBuf,
    },
    /// A command is malformed, or the store does not take it.
    Command {
        /// The file.
        path: PathBuf,
        /// Where the command begins.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
            Self::Damaged { path, offset, synced } => write!(
                f,
                "{} is damaged at offset {offset}, below offset {synced} up to which it was known to be on disk; nothing was changed. \
                 To see what a repair would keep, run: heapwood check-aof {0}; to repair it and keep a backup: heapwood check-aof {0} --fix",
                path.display(),
            ),
            Self::RdbPreamble { path } => write!(
                f,
                "{} begins with a binary snapshot of Redis (an RDB preamble), which cannot be read here. In Redis, run \
                 CONFIG SET aof-use-rdb-preamble no (in redis.conf: aof-use-rdb-preamble no), then BGREWRITEAOF, and take the file it writes",
                path.display()
            ),
            Self::Command { path, offset, problem } => {
                write!(f, "{}: the command at offset {offset} cannot be loaded: {problem}", path.display())
            }
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Why a round is not known to be on disk. The outcome of its commands is unknown to their clients, as after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitError {
    /// A write failed, with what the system answered. The bytes are kept; [`Log::retry`](crate::Log::retry) writes them again.
    Write(String),
    /// A sync failed. The file is not trusted any more; [`Log::rewrite`](crate::Log::rewrite) writes a fresh one.
    Sync(String),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(reason) => write!(f, "the log could not be written: {reason}"),
            Self::Sync(reason) => write!(f, "the log could not be synced: {reason}"),
        }
    }
}

impl std::error::Error for CommitError {}

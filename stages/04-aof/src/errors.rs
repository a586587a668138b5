//! Why the log could not be opened, and why a round could not be committed.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a log could not be opened. The text says what is wrong, where, and what to do.
#[derive(Debug)]
pub struct OpenError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a log.
#[derive(Debug)]
pub enum Problem {
    /// The system refused an operation.
    Io(io::Error),
    /// Bytes that were known to be on disk are damaged.
    Damaged {
        /// Where the damage begins.
        offset: u64,
        /// Everything below this offset was once synced.
        synced: u64,
    },
    /// It was not written here; perhaps by Redis.
    Foreign,
    /// A command is malformed, or the store does not take it.
    Command {
        /// Where the command begins.
        offset: u64,
        /// What is wrong with it.
        why: String,
    },
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::Io(error) => write!(f, "cannot use {path}: {error}"),
            Problem::Damaged { offset, synced } => {
                write!(f, "{path} is damaged at offset {offset}, ")?;
                match offset {
                    0 => write!(f, "in its first round, which was on disk before the file had its name")?,
                    _ => write!(f, "below offset {synced} up to which it was known to be on disk")?,
                }
                write!(
                    f,
                    "; nothing was changed. To see what a repair would keep, run: heapwood check-aof {path}; \
                     to repair it and keep a backup: heapwood check-aof {path} --fix"
                )
            }
            Problem::Foreign => write!(
                f,
                "{path} was not written by Heapwood; if Redis or Valkey wrote it, the complete server converts it: heapwood server"
            ),
            Problem::Command { offset, why } => {
                write!(
                    f,
                    "{path}: the command at offset {offset} cannot be loaded: {why}. To see what a repair would keep, run: \
                     heapwood check-aof {path}; to repair it and keep a backup: heapwood check-aof {path} --fix"
                )
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// Why a round is not known to be on disk. The outcome of its commands is unknown to their clients, as after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitError {
    /// A write failed, with what the system answered. The round is kept; the next [`Log::commit`](crate::Log::commit) writes it again.
    Write(String),
    /// A sync failed. The file is not trusted any more; [`Log::rewrite`](crate::Log::rewrite) writes a fresh one.
    Sync(String),
}

impl CommitError {
    /// What could not be done, and what the system answered.
    fn parts(&self) -> (&str, &str) {
        match self {
            Self::Write(reason) => ("written", reason),
            Self::Sync(reason) => ("synced", reason),
        }
    }

    /// The error that every command that writes gets meanwhile, beginning with `MISCONF`.
    pub fn refusal(&self) -> String {
        let (done, reason) = self.parts();
        format!("MISCONF the log cannot be {done} ({reason}); writes are refused until it can, reads go on")
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, reason) = self.parts();
        write!(f, "the log could not be {done}: {reason}")
    }
}

impl std::error::Error for CommitError {}

//! From a file's commands back to a store.

use crate::rewrite::Snapshot;
use crate::run::SortedRun;

/// The store that a log is loaded into.
pub trait Replay {
    /// Carries out one command of the log. Nothing expires meanwhile.
    ///
    /// # Errors
    /// The command is unknown or cannot be carried out; the log is then refused with the command's offset and this text.
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String>;

    /// Carries out a run of plain `SET` and `DEL`: keys in order, each once. A long log arrives as several runs.
    ///
    /// # Errors
    /// As [`Replay::apply`].
    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String>;

    /// The store as commands, for a fresh log, once everything is loaded.
    fn snapshot(&mut self) -> Box<dyn Snapshot + '_>;
}

/// How far the loading of a long file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file loaded so far.
    pub done_bytes: u64,
    /// Bytes of the file.
    pub total_bytes: u64,
    /// Records loaded so far.
    pub records: u64,
}

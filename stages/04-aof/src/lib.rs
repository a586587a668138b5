//! Stage 4: the append-only file.
//!
//! Every change is written to `database.aof` before its reply leaves, as the commands that Redis would write, so that a killed server comes back with
//! all it had acknowledged. The modules, in the order in which a record meets them:
//!
//! - [`resp`]: a command as an array of bulk strings, written and parsed.
//! - [`round`]: the `#HW1` line in front of the records of one round, and its checksum.
//! - [`append`]: the end of the file, where rounds go.
//! - [`log`]: record, commit, what happens when a commit fails, close; [`options`] are what can be chosen and what it reports.
//! - `flusher`: the thread that syncs once a second.
//! - [`storage`]: the files below the log, passed in, so that tests can keep them in memory, fail any operation and see what a crash leaves.
//! - [`rewrite`]: a fresh log from memory: compaction, and the way out after a failed sync.
//! - `recover`: check, load, cut: what happens at a start. [`errors`]: why that, or a commit, failed.
//! - [`scan`]: what is sound in a file and what is not, and whether damage may be cut; `sums` bounds what searching a damaged file costs.
//! - [`load`]: from a file's [`commands`] back to a store; [`run`] sorts runs of plain `SET` and `DEL`. [`reader`] is what scan and load read with.
//! - [`strings`]: a tree of strings, filled from such runs, and written out again.
#![deny(unsafe_code)]

pub mod append;
pub mod commands;
pub mod errors;
mod flusher;
pub mod load;
pub mod log;
pub mod options;
pub mod reader;
mod recover;
pub mod resp;
pub mod rewrite;
pub mod round;
pub mod run;
pub mod scan;
pub mod storage;
pub mod strings;
mod sums;
#[allow(unsafe_code)]
mod sys;

pub use errors::{CommitError, OpenError, Problem};
pub use load::Replay;
pub use log::{LOG_NAME, Log};
pub use options::{FsyncPolicy, LogFigures, LogOptions, Recovery};
pub use rewrite::Snapshot;
pub use run::SortedRun;
pub use storage::{DiskStorage, Storage, StoredFile};
pub use strings::{StringsSnapshot, load_strings};

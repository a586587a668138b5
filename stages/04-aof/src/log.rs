//! The log: what a service records and commits, and what happens when that fails.

use crate::errors::{CommitError, OpenError};
use crate::flusher::Flusher;
use crate::load::{Progress, Replay};
use crate::open;
use crate::options::{FsyncPolicy, Health, LogFigures, LogOptions, Recovery};
use crate::resp::encode_command;
use crate::rewrite::{Fresh, Snapshot, rewrite};
use crate::round::{RoundBuffer, RoundLine};
use crate::storage::{Storage, StoredFile};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The log's file name in its directory.
pub const LOG_NAME: &str = "database.aof";

/// With `everysec`, bytes that have waited longer than this for their sync are worth a warning.
const BEHIND_AFTER: Duration = Duration::from_secs(2);

/// The log. One writer, in one thread.
///
/// - **L4.** A reply leaves only after [`Log::commit`] returned, and with `always` its round is durable then.
/// - **L5.** `synced` in a line never runs ahead of what a finished sync covered.
/// - **L6.** After a failed sync the file is not written any more.
pub struct Log<S: Storage> {
    storage: S,
    policy: FsyncPolicy,
    ids: SmallRng,
    file: Arc<S::File>,
    id: u64,
    /// Where the next round begins: everything below is whole rounds.
    end: u64,
    /// Everything below was covered by a sync.
    durable: u64,
    /// Whether the last round is an empty one that says that all before it is durable.
    closed: bool,
    now_unix_ms: u64,
    round: RoundBuffer,
    /// The sealed round whose write failed.
    unwritten: Option<Vec<u8>>,
    health: Health,
    flusher: Option<Flusher<S::File>>,
    figures: LogFigures,
    warned: bool,
}

impl<S: Storage> Log<S> {
    /// Opens the log of `storage`, or makes an empty one: checks the file, loads it into `replay`, cuts the tail of a crash, and compacts the file when
    /// that pays or when Redis wrote it.
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
        let mut ids = match options.seed {
            Some(seed) => SmallRng::seed_from_u64(seed),
            None => SmallRng::from_os_rng(),
        };
        let (opened, recovery) = open::open(&storage, &options, &mut ids, now_unix_ms, replay, progress)?;
        let file = Arc::new(opened.file);
        let flusher = match options.policy {
            FsyncPolicy::EverySecond => Some(
                Flusher::start(Arc::clone(&file), opened.end)
                    .map_err(open::cannot("start the sync thread of", &storage))?,
            ),
            FsyncPolicy::Always | FsyncPolicy::No => None,
        };
        let log = Self {
            storage,
            policy: options.policy,
            ids,
            file,
            id: opened.id,
            end: opened.end,
            durable: opened.end,
            closed: opened.closed,
            now_unix_ms: recovery.last_now_unix_ms.unwrap_or(0),
            round: RoundBuffer::default(),
            unwritten: None,
            health: Health::Sound,
            flusher,
            figures: LogFigures::default(),
            warned: false,
        };
        Ok((log, recovery))
    }

    /// Adds a command to the round. Nothing is written before [`Log::commit`].
    #[inline]
    pub fn record(&mut self, args: &[&[u8]]) {
        encode_command(args, self.round.records());
        self.figures.records += 1;
    }

    /// Writes the round: one write, and one sync where the policy asks for it. Without records nothing is written.
    ///
    /// # Errors
    /// The round is not known to be on disk: its replies must not leave. [`Log::health`] says what comes next.
    pub fn commit(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        self.hear_flusher();
        if self.round.is_empty() {
            return Ok(());
        }
        match &self.health {
            Health::Sound => {}
            Health::WriteFailed { .. } => self.retry(now_unix_ms)?,
            Health::SyncFailed { reason } => {
                // Memory has these changes, and the fresh log will be made from memory.
                self.round.clear();
                return Err(CommitError::Sync(reason.clone()));
            }
        }
        self.write_round(now_unix_ms)?;
        self.sync_by_policy()
    }

    /// Whether the log takes writes, as far as the last commit, retry or warning could tell.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// After a failed write: tries again to write what was kept. Call it from housekeeping, at most every 100 ms. With nothing to do it is cheap.
    ///
    /// # Errors
    /// The write failed again, or only a rewrite helps.
    pub fn retry(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        self.hear_flusher();
        match &self.health {
            Health::Sound => return Ok(()),
            Health::SyncFailed { reason } => return Err(CommitError::Sync(reason.clone())),
            Health::WriteFailed { .. } => {}
        }
        if let Some(bytes) = self.unwritten.take() {
            if let Err(error) = self.file.write_all_at(self.end, &bytes) {
                return Err(self.write_failed(bytes, &error));
            }
            self.wrote(bytes.len());
        }
        self.health = Health::Sound;
        if !self.round.is_empty() {
            self.write_round(now_unix_ms)?;
        }
        self.sync_by_policy()
    }

    /// Replaces the file by a fresh one with the commands of `snapshot`, synced and renamed into place: the way out after a failed sync. Records that are
    /// not committed yet are dropped, because the store that `snapshot` shows has them.
    ///
    /// # Errors
    /// The fresh log could not be written; the old one is still in place and the health as before. When it could be written and only its name is not known
    /// to be durable, the health is [`Health::SyncFailed`].
    pub fn rewrite(&mut self, snapshot: &mut dyn Snapshot, now_unix_ms: u64) -> Result<(), CommitError> {
        self.now_unix_ms = self.now_unix_ms.max(now_unix_ms);
        let id = self.ids.random();
        let fresh = rewrite(&self.storage, snapshot, id, self.now_unix_ms, None);
        let Fresh { file, id, end } = fresh.map_err(|error| {
            if error.renamed {
                return self.sync_failed(&error.source);
            }
            CommitError::Write(error.source.to_string())
        })?;
        self.file = Arc::new(file);
        (self.id, self.end, self.durable, self.closed) = (id, end, end, true);
        self.round.clear();
        self.unwritten = None;
        self.health = Health::Sound;
        if let Some(flusher) = &self.flusher {
            flusher.follow(Arc::clone(&self.file), end);
        }
        Ok(())
    }

    /// Syncs what is written, whatever the policy.
    ///
    /// # Errors
    /// The log is not sound, or is not any more.
    pub fn sync(&mut self) -> Result<(), CommitError> {
        self.hear_flusher();
        match &self.health {
            Health::Sound => {}
            Health::WriteFailed { reason } => return Err(CommitError::Write(reason.clone())),
            Health::SyncFailed { reason } => return Err(CommitError::Sync(reason.clone())),
        }
        if self.durable < self.end {
            self.file.sync_data().map_err(|error| self.sync_failed(&error))?;
            self.durable = self.end;
            self.figures.syncs += 1;
        }
        Ok(())
    }

    /// What a person should be told now, once each time: that syncing fell behind, or caught up again. For the service's housekeeping.
    pub fn warning(&mut self) -> Option<String> {
        self.hear_flusher();
        let behind = self.figures.unsynced_for.filter(|&waited| waited > BEHIND_AFTER);
        if self.warned == behind.is_some() {
            return None;
        }
        self.warned = behind.is_some();
        Some(match behind {
            Some(waited) => format!(
                "the disk is slow: writes of the last {:.1} s are not synced yet, and a power cut would lose them",
                waited.as_secs_f64()
            ),
            None => "the disk has caught up: writes are synced every second again".into(),
        })
    }

    /// Clean shutdown: writes and syncs everything, then an empty round that says so. Nothing may be recorded afterwards.
    ///
    /// # Errors
    /// What could not be written or synced; after a failed sync only [`Log::rewrite`] helps.
    pub fn close(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        self.retry(now_unix_ms)?;
        self.commit(now_unix_ms)?;
        self.sync()?;
        if !self.closed {
            self.write_round(now_unix_ms)?;
            self.closed = true;
            self.sync()?;
        }
        if let Some(flusher) = self.flusher.take() {
            flusher.stop();
        }
        Ok(())
    }

    /// Sizes and counts. Cheap.
    pub fn figures(&self) -> LogFigures {
        LogFigures { bytes: self.end, durable_bytes: self.durable, ..self.figures.clone() }
    }

    /// Writes the round, be it empty, at the end of the file.
    fn write_round(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        self.now_unix_ms = self.now_unix_ms.max(now_unix_ms);
        let line = RoundLine {
            id: self.id,
            offset: self.end,
            len: 0,
            synced: self.durable,
            now_unix_ms: self.now_unix_ms,
        };
        let bytes = self.round.seal(line);
        if let Err(error) = self.file.write_all_at(self.end, bytes) {
            let bytes = bytes.to_vec();
            self.round.clear();
            return Err(self.write_failed(bytes, &error));
        }
        let written = bytes.len();
        self.round.clear();
        self.wrote(written);
        Ok(())
    }

    fn wrote(&mut self, bytes: usize) {
        self.end += bytes as u64;
        self.closed = false;
        self.figures.rounds += 1;
        if let Some(flusher) = &self.flusher {
            flusher.written(self.end);
        }
    }

    fn sync_by_policy(&mut self) -> Result<(), CommitError> {
        match self.policy {
            FsyncPolicy::Always => self.sync(),
            FsyncPolicy::EverySecond | FsyncPolicy::No => Ok(()),
        }
    }

    fn write_failed(&mut self, bytes: Vec<u8>, error: &io::Error) -> CommitError {
        // Best effort: a part that stays is the tail of a crash, and the retry writes over it.
        let _ = self.file.truncate(self.end);
        self.unwritten = Some(bytes);
        let reason = error.to_string();
        self.health = Health::WriteFailed { reason: reason.clone() };
        CommitError::Write(reason)
    }

    fn sync_failed(&mut self, error: &io::Error) -> CommitError {
        self.unwritten = None;
        self.round.clear();
        let reason = error.to_string();
        self.health = Health::SyncFailed { reason: reason.clone() };
        CommitError::Sync(reason)
    }

    /// Takes over what the flusher has done since.
    fn hear_flusher(&mut self) {
        let Some(flusher) = &self.flusher else {
            return;
        };
        let report = flusher.report();
        self.durable = self.durable.max(report.durable);
        self.figures.unsynced_for = report.unsynced_for;
        self.figures.syncs += report.syncs;
        if let Some(error) = report.failed {
            let _ = self.sync_failed(&error);
        }
    }
}

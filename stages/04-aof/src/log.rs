//! The log: what a service records and commits, and what happens when that fails.

use crate::append::Appender;
use crate::errors::{CommitError, OpenError};
use crate::flusher::Flusher;
use crate::load::Replay;
use crate::options::{FsyncPolicy, LogFigures, LogOptions, Recovery};
use crate::recover::recover;
use crate::resp::encode_command;
use crate::rewrite::{Snapshot, reaches, rewrite};
use crate::storage::Storage;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::io;
use std::time::Duration;

/// The log's file name in its directory.
pub const LOG_NAME: &str = "database.aof";

/// At start-up a file of more than this many times its live size is compacted.
const COMPACT_RATIO: u64 = 3;

/// With `everysec`, bytes that have waited longer than this for their sync are worth a warning.
const BEHIND_AFTER: Duration = Duration::from_secs(2);

/// The log. One writer, in one thread.
///
/// - **L3, commit**: a reply leaves only after its round's [`Log::commit`] returned; with `always` the round is durable then.
/// - **L5, distrust**: after a failed sync the file is not written any more.
pub struct Log<S: Storage> {
    storage: S,
    policy: FsyncPolicy,
    ids: SmallRng,
    rounds: Appender,
    /// How many bytes of the round belong to an earlier one, whose write failed.
    kept_bytes: usize,
    health: Result<(), CommitError>,
    flusher: Option<Flusher>,
    syncs: u64,
    warned: bool,
}

impl<S: Storage> Log<S> {
    /// Opens the log of `storage`, or makes an empty one: checks the file, loads it into `replay`, cuts the tail of a crash, and compacts the file when
    /// that pays. `progress` is told of steps done and their number, now and then.
    ///
    /// # Errors
    /// See [`Problem`](crate::Problem); the file is as it was.
    pub fn open(
        storage: S,
        options: LogOptions,
        now_unix_ms: u64,
        replay: &mut dyn Replay,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Self, Recovery), OpenError> {
        let path = storage.path(LOG_NAME);
        let refuse = |problem| OpenError { path: path.clone(), problem };
        let mut ids = options.seed.map_or_else(SmallRng::from_os_rng, SmallRng::seed_from_u64);
        let recovered = recover(&storage, ids.random(), now_unix_ms, replay, progress);
        let (rounds, mut recovery) = recovered.map_err(refuse)?;
        let flusher = (options.policy == FsyncPolicy::EverySecond).then(Flusher::start).transpose();
        let flusher = flusher.map_err(|error| refuse(error.into()))?;
        let (policy, health) = (options.policy, Ok(()));
        let (kept_bytes, syncs, warned) = (0, 0, false);
        let mut log = Self { storage, policy, ids, rounds, kept_bytes, health, flusher, syncs, warned };
        log.compact(options.compact_floor_bytes, now_unix_ms, replay, &mut recovery);
        Ok((log, recovery))
    }

    /// Rewrites a file that is mostly history: above the floor, and several times as long as what is live. The old log is as good, should that fail.
    fn compact(
        &mut self,
        floor_bytes: u64,
        now_unix_ms: u64,
        replay: &mut dyn Replay,
        recovery: &mut Recovery,
    ) {
        let before = self.rounds.end;
        if before < floor_bytes || reaches(&mut *replay.snapshot(), before / COMPACT_RATIO) {
            return;
        }
        match self.rewrite(&mut *replay.snapshot(), now_unix_ms) {
            Ok(()) => recovery.compacted_bytes = Some((before, self.rounds.end)),
            Err(error) => recovery.compaction_failed = Some(error.to_string()),
        }
    }

    /// Adds a command to the round. Nothing is written before [`Log::commit`].
    #[inline]
    pub fn record(&mut self, args: &[&[u8]]) {
        encode_command(args, self.rounds.round.records());
    }

    /// Writes the round: one write, and one sync where the policy asks for it. Without records nothing is written.
    ///
    /// # Errors
    /// The round is not known to be on disk: its replies must not leave. [`Log::mend`] is the way on.
    pub fn commit(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        self.hear_flusher();
        if self.rounds.round.len() == self.kept_bytes { Ok(()) } else { self.put(now_unix_ms) }
    }

    /// Whether the log takes writes, as far as the last commit or warning could tell.
    pub fn health(&self) -> &Result<(), CommitError> {
        &self.health
    }

    /// Gets a log that failed going again: writes what was kept after a failed write, and a fresh log of `snapshot`, which shows all that was
    /// ever recorded, after a failed sync. For the service's housekeeping, every 100 ms or so; cheap when the log is sound.
    ///
    /// # Errors
    /// It failed again.
    pub fn mend(&mut self, snapshot: &mut dyn Snapshot, now_unix_ms: u64) -> Result<(), CommitError> {
        match self.health {
            Ok(()) => Ok(()),
            Err(CommitError::Write(_)) => self.put(now_unix_ms),
            Err(CommitError::Sync(_)) => self.rewrite(snapshot, now_unix_ms),
        }
    }

    /// Replaces the file by a fresh one with the commands of `snapshot`, synced and renamed into place. Records that are not committed yet are
    /// dropped, because the store that `snapshot` shows has them.
    ///
    /// # Errors
    /// [`CommitError::Write`]: the fresh log could not be written; the old one is still in place and the health as before. [`CommitError::Sync`], also
    /// the health then: it is in place, but that is not known to be durable.
    pub fn rewrite(&mut self, snapshot: &mut dyn Snapshot, now_unix_ms: u64) -> Result<(), CommitError> {
        let now_unix_ms = self.rounds.last_unix_ms.max(now_unix_ms);
        let fresh = rewrite(&self.storage, snapshot, self.ids.random(), now_unix_ms);
        let fresh = fresh.map_err(|error| CommitError::Write(error.to_string()))?;
        self.kept_bytes = 0;
        self.rounds.round.clear();
        self.storage.sync_directory().map_err(|error| self.failed(CommitError::Sync, &error))?;
        (self.rounds, self.health) = (fresh, Ok(()));
        if let Some(flusher) = &mut self.flusher {
            flusher.forget();
        }
        Ok(())
    }

    /// Syncs what is written, whatever the policy.
    ///
    /// # Errors
    /// The log is not sound, or is not any more.
    pub fn sync(&mut self) -> Result<(), CommitError> {
        self.hear_flusher();
        self.health.clone()?;
        if self.rounds.durable < self.rounds.end {
            self.rounds.sync().map_err(|error| self.failed(CommitError::Sync, &error))?;
            self.syncs += 1;
        }
        Ok(())
    }

    /// What a person should be told now, once each time: that syncing fell behind, or caught up again. For the service's housekeeping.
    pub fn warning(&mut self) -> Option<String> {
        self.hear_flusher();
        let waited = self.figures().unsynced_for.filter(|&waited| waited > BEHIND_AFTER);
        if self.warned == waited.is_some() {
            return None;
        }
        self.warned = waited.is_some();
        Some(match waited {
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
    /// What could not be written or synced; [`Log::mend`] may help.
    pub fn close(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        self.hear_flusher();
        if !self.rounds.round.is_empty() {
            self.put(now_unix_ms)?;
        }
        self.sync()?;
        if !self.rounds.closed {
            self.write_round(now_unix_ms)?;
            self.sync()?;
        }
        self.flusher = None;
        Ok(())
    }

    /// Sizes and counts. Cheap.
    pub fn figures(&self) -> LogFigures {
        LogFigures {
            bytes: self.rounds.end,
            durable_bytes: self.rounds.durable,
            syncs: self.syncs,
            unsynced_for: self.flusher.as_ref().and_then(Flusher::unsynced_for),
        }
    }

    /// Writes the round, and syncs it where the policy asks for it (L3).
    fn put(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        if let Err(CommitError::Sync(_)) = self.health {
            // L5. Memory has these changes, and the fresh log will be made from memory.
            self.rounds.round.clear();
            return self.health.clone();
        }
        self.write_round(now_unix_ms)?;
        if self.policy == FsyncPolicy::Always { self.sync() } else { Ok(()) }
    }

    /// Writes the round, be it empty, at the end of the file.
    fn write_round(&mut self, now_unix_ms: u64) -> Result<(), CommitError> {
        if let Err(error) = self.rounds.append(now_unix_ms) {
            // Best effort: a part that stays is the tail of a crash, and the next try writes over it.
            let _ = self.rounds.file.truncate(self.rounds.end);
            self.kept_bytes = self.rounds.round.len();
            return Err(self.failed(CommitError::Write, &error));
        }
        (self.kept_bytes, self.health) = (0, Ok(()));
        if let Some(flusher) = &mut self.flusher {
            flusher.written(&self.rounds.file, self.rounds.end);
        }
        Ok(())
    }

    /// Notes a failure as the log's health.
    fn failed(&mut self, kind: fn(String) -> CommitError, error: &io::Error) -> CommitError {
        let failure = kind(error.to_string());
        self.health = Err(failure.clone());
        failure
    }

    /// Takes over what the flusher has done since.
    fn hear_flusher(&mut self) {
        while let Some(synced) = self.flusher.as_mut().and_then(|flusher| flusher.hear(&self.rounds.file)) {
            match synced {
                Ok(durable) => {
                    self.rounds.durable = self.rounds.durable.max(durable);
                    self.syncs += 1;
                }
                Err(error) => drop(self.failed(CommitError::Sync, &error)),
            }
        }
    }
}

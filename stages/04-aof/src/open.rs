//! Opening a log: check, load, cut or compact.

use crate::errors::OpenError;
use crate::foreign;
use crate::load::{Phase, Progress, Replay, load};
use crate::log::LOG_NAME;
use crate::options::{LogOptions, Recovery};
use crate::rewrite::{Fresh, RewriteError, TEMPORARY_NAME, rewrite};
use crate::scan::{Scan, Verdict, scan};
use crate::storage::{Storage, StoredFile};
use rand::Rng;
use rand::rngs::SmallRng;
use std::io;

/// Under what name a file of Redis is kept; a number is added when that is taken.
const FOREIGN_NAME: &str = "database.aof.foreign";

/// So many numbers are tried.
const MAX_FOREIGN_KEPT: u32 = 10_000;

/// A log ready to be appended to, all of it durable.
pub(crate) struct Opened<F> {
    pub(crate) file: F,
    pub(crate) id: u64,
    pub(crate) end: u64,
    pub(crate) closed: bool,
}

impl<F> From<Fresh<F>> for Opened<F> {
    fn from(fresh: Fresh<F>) -> Self {
        Self { file: fresh.file, id: fresh.id, end: fresh.end, closed: true }
    }
}

/// Turns a system's answer into an error that says what was being done with the log.
pub(crate) fn cannot<S: Storage>(doing: &'static str, storage: &S) -> impl FnOnce(io::Error) -> OpenError {
    let path = storage.path(LOG_NAME);
    move |source| OpenError::Io { doing, path, source }
}

/// What opening needs at every step.
struct Opening<'a, S> {
    storage: &'a S,
    options: &'a LogOptions,
    ids: &'a mut SmallRng,
    now_unix_ms: u64,
    recovery: Recovery,
}

/// See [`Log::open`](crate::Log::open).
pub(crate) fn open<S: Storage>(
    storage: &S,
    options: &LogOptions,
    ids: &mut SmallRng,
    now_unix_ms: u64,
    replay: &mut dyn Replay,
    progress: &mut dyn FnMut(&Progress),
) -> Result<(Opened<S::File>, Recovery), OpenError> {
    let mut opening = Opening { storage, options, ids, now_unix_ms, recovery: Recovery::default() };
    match storage.remove(TEMPORARY_NAME) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(cannot("remove the unfinished rewrite of", storage)(error));
        }
        _ => {}
    }
    let opened = match storage.open(LOG_NAME) {
        Ok(file) => opening.load(file, replay, progress)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => opening.fresh(replay, None)?,
        Err(error) => return Err(cannot("open", storage)(error)),
    };
    Ok((opened, opening.recovery))
}

impl<S: Storage> Opening<'_, S> {
    /// Checks and loads the file that is there.
    fn load(
        &mut self,
        file: S::File,
        replay: &mut dyn Replay,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Opened<S::File>, OpenError> {
        let path = self.storage.path(LOG_NAME);
        let found = self.scan(&file, progress)?;
        let end = match found.verdict() {
            Verdict::Sound => found.file_bytes,
            Verdict::Tail(damage) => damage.start,
            Verdict::Damaged(damage) => {
                return Err(OpenError::Damaged { path, offset: damage.start, synced: found.synced });
            }
            Verdict::Foreign => foreign::sound_end(&file, &path, found.file_bytes)?,
        };
        let recovery = &mut self.recovery;
        recovery.foreign = found.verdict() == Verdict::Foreign;
        recovery.cut_bytes = found.file_bytes - end;
        if !recovery.foreign {
            recovery.cut_rounds = found.rounds_in_tail();
            recovery.rounds = found.rounds_before_damage();
            recovery.last_now_unix_ms = found.first.map(|_| found.now_unix_ms);
        }
        recovery.records = load(&file, &path, end, replay, progress)?;
        if recovery.foreign {
            return self.replace_foreign(replay);
        }
        let Some(line) = found.first.filter(|_| end > 0) else {
            return self.fresh(replay, None);
        };
        if end < found.file_bytes {
            file.truncate(end).map_err(cannot("cut the tail of", self.storage))?;
        }
        // What was read may only be in the system's cache; from here on it counts as durable.
        file.sync_data().map_err(cannot("sync", self.storage))?;
        let opened = Opened { file, id: line.id, end, closed: found.is_closed() };
        self.compact_if_it_pays(opened, replay)
    }

    fn scan(&self, file: &S::File, progress: &mut dyn FnMut(&Progress)) -> Result<Scan, OpenError> {
        scan(file, &mut |_, _| {}, &mut |done_bytes, total_bytes| {
            progress(&Progress { phase: Phase::Checking, done_bytes, total_bytes, records: 0 });
        })
        .map_err(cannot("read", self.storage))
    }

    /// Writes a fresh log of what is loaded.
    fn fresh(&mut self, replay: &mut dyn Replay, keep: Option<&str>) -> Result<Opened<S::File>, OpenError> {
        let fresh = self.rewrite(replay, keep);
        fresh.map_err(|error| cannot("write a fresh", self.storage)(error.source))
    }

    fn rewrite(
        &mut self,
        replay: &mut dyn Replay,
        keep: Option<&str>,
    ) -> Result<Opened<S::File>, RewriteError> {
        let now_unix_ms = self.now_unix_ms.max(self.recovery.last_now_unix_ms.unwrap_or(0));
        let id = self.ids.random();
        let mut snapshot = replay.snapshot();
        rewrite(self.storage, &mut *snapshot, id, now_unix_ms, keep).map(Opened::from)
    }

    /// Writes what a file of Redis held as a log of ours, and keeps the file under a name that is free.
    fn replace_foreign(&mut self, replay: &mut dyn Replay) -> Result<Opened<S::File>, OpenError> {
        let mut name = FOREIGN_NAME.to_owned();
        for number in 1..=MAX_FOREIGN_KEPT {
            match self.rewrite(replay, Some(&name)) {
                Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => {
                    name = format!("{FOREIGN_NAME}.{number}");
                }
                Err(error) => return Err(cannot("convert", self.storage)(error.source)),
                Ok(opened) => {
                    self.recovery.foreign_kept = Some(name);
                    return Ok(opened);
                }
            }
        }
        Err(cannot("find a free name to keep", self.storage)(io::ErrorKind::AlreadyExists.into()))
    }

    /// Compacts a file that is mostly history. When that fails before the old file is replaced, the old one serves.
    fn compact_if_it_pays(
        &mut self,
        opened: Opened<S::File>,
        replay: &mut dyn Replay,
    ) -> Result<Opened<S::File>, OpenError> {
        let LogOptions { compact_floor_bytes: floor, compact_ratio: ratio, .. } = *self.options;
        if opened.end < floor || opened.end / ratio.max(1) <= replay.snapshot().live_bytes_estimate() {
            return Ok(opened);
        }
        match self.rewrite(replay, None) {
            Ok(fresh) => {
                self.recovery.compacted_bytes = Some((opened.end, fresh.end));
                Ok(fresh)
            }
            Err(error) if error.renamed => Err(cannot("compact", self.storage)(error.source)),
            Err(error) => {
                self.recovery.compaction_failed = Some(error.source.to_string());
                Ok(opened)
            }
        }
    }
}

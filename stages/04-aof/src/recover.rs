//! What a start makes of the file that is there: check it, load it, cut the tail of a crash.

use crate::append::Appender;
use crate::errors::Problem;
use crate::load::{PIECE_BYTES, Replay, load};
use crate::log::LOG_NAME;
use crate::options::Recovery;
use crate::reader::Reader;
use crate::rewrite::{TEMPORARY_NAME, rewrite};
use crate::scan::{BLOCK_BYTES, Scan, scan};
use crate::storage::{Storage, StoredFile};
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// Loads the log and makes it ready to be appended to. Where there is none, or nothing is left of it, a fresh one is written, with this id.
pub(crate) fn recover(
    storage: &dyn Storage,
    id: u64,
    now_unix_ms: u64,
    replay: &mut dyn Replay,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Appender, Recovery), Problem> {
    if_there(storage.remove(TEMPORARY_NAME))?;
    let (found, recovery) = match if_there(storage.open(LOG_NAME))? {
        Some(file) => load_file(file, replay, progress)?,
        None => (None, Recovery::default()),
    };
    if let Some(found) = found {
        return Ok((found, recovery));
    }
    let now_unix_ms = now_unix_ms.max(recovery.last_now_unix_ms.unwrap_or(0));
    let fresh = rewrite(storage, &mut *replay.snapshot(), id, now_unix_ms)?;
    storage.sync_directory()?;
    Ok((fresh, recovery))
}

/// Where what is to be loaded ends: behind it is the tail of a crash, or the end of the file (L2).
fn sound_end(found: &Scan) -> Result<u64, Problem> {
    match found.first_damage() {
        _ if found.is_foreign() => Err(Problem::Foreign),
        None => Ok(found.file_bytes),
        Some((tail, false)) => Ok(tail),
        Some((offset, true)) => Err(Problem::Damaged { offset, synced: found.synced }),
    }
}

/// Checks the file, loads it, and cuts the tail of a crash; of some files nothing is left then.
fn load_file(
    file: Arc<dyn StoredFile>,
    replay: &mut dyn Replay,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Option<Appender>, Recovery), Problem> {
    let steps = 2 * file.size()?;
    let check = &mut |checked| progress(checked, steps);
    let found = scan(&mut Reader::new(&*file, BLOCK_BYTES, check)?, &mut |_, _| {})?;
    let end = sound_end(&found)?;
    let loading = &mut |loaded| progress(found.file_bytes + loaded, steps);
    let recovery = Recovery {
        records: load(&mut Reader::new(&*file, PIECE_BYTES, loading)?, end, replay)?,
        rounds: found.rounds_before_damage,
        cut_bytes: found.file_bytes - end,
        cut_rounds: found.rounds_in_tail(),
        last_now_unix_ms: found.first.map(|_| found.now_unix_ms),
        ..Recovery::default()
    };
    let Some(first) = found.first else {
        return Ok((None, recovery));
    };
    if end < found.file_bytes {
        file.truncate(end)?;
    }
    let mut log = Appender::new(file, first.id);
    (log.end, log.closed, log.last_unix_ms) = (end, found.is_closed(), found.now_unix_ms);
    // What was read may only be in the system's cache; from here on it counts as durable.
    log.sync()?;
    Ok((Some(log), recovery))
}

/// The outcome of something done with a file, if there is the file.
fn if_there<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        outcome => outcome.map(Some),
    }
}

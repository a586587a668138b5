//! What a start makes of the file that is there: check it, load it, cut the tail of a crash.

use crate::errors::Problem;
use crate::load::{PIECE_BYTES, Replay, load};
use crate::log::LOG_NAME;
use crate::options::Recovery;
use crate::reader::Reader;
use crate::rewrite::{Fresh, TEMPORARY_NAME};
use crate::scan::{BLOCK_BYTES, Verdict, scan};
use crate::storage::{Storage, StoredFile};
use std::io::{self, ErrorKind};

/// A log that can go on, if there is one, and what is to be told of it.
type Found<F> = (Option<Fresh<F>>, Recovery);

/// Makes the log ready to be appended to; `None` when there is none of which anything is left.
pub(crate) fn recover<S: Storage>(
    storage: &S,
    replay: &mut dyn Replay,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Found<S::File>, Problem> {
    if_there(storage.remove(TEMPORARY_NAME))?;
    let Some(file) = if_there(storage.open(LOG_NAME))? else {
        return Ok((None, Recovery::default()));
    };
    let steps = 2 * file.size()?;
    let check = &mut |checked| progress(checked, steps);
    let found = scan(&mut Reader::new(&file, BLOCK_BYTES, check)?, &mut |_, _| {})?;
    let end = match found.verdict() {
        Verdict::Sound => found.file_bytes,
        Verdict::Tail(offset) => offset,
        Verdict::Damaged(offset) => return Err(Problem::Damaged { offset, synced: found.synced }),
        Verdict::Foreign => return Err(Problem::Foreign),
    };
    let loading = &mut |loaded| progress(found.file_bytes + loaded, steps);
    let recovery = Recovery {
        records: load(&mut Reader::new(&file, PIECE_BYTES, loading)?, end, replay)?,
        rounds: found.rounds_before_damage,
        cut_bytes: found.file_bytes - end,
        cut_rounds: found.rounds_in_tail(),
        last_now_unix_ms: found.first.map(|_| found.now_unix_ms),
        ..Recovery::default()
    };
    let Some(first) = found.first.filter(|_| end > 0) else {
        return Ok((None, recovery));
    };
    if end < found.file_bytes {
        file.truncate(end)?;
    }
    // What was read may only be in the system's cache; from here on it counts as durable.
    file.sync_data()?;
    Ok((Some(Fresh { file, id: first.id, end, closed: found.is_closed() }), recovery))
}

/// The outcome of something done with a file, if there is the file.
fn if_there<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        outcome => outcome.map(Some),
    }
}

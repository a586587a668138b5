//! `heapwood check-aof`: what is in a log, what is wrong where, and a repair that keeps a backup.
//!
//! [`mod@inspect`] looks, [`report`] tells, [`repair`] writes a file that loads in place of one that does not.

pub mod inspect;
pub mod repair;
pub mod report;

use std::path::Path;
use std::process::ExitCode;

use heapwood_poll_loop::{Clock, SystemClock};

use crate::EXIT_BAD_USE;
use crate::engine::lock::{FolderLock, LOCK_NAME, LockError};
use crate::options::CheckAofOptions;
use inspect::{Finding, inspect};

/// Exit code for a log with a tail to cut or with damage.
const EXIT_NOT_SOUND: u8 = 1;

/// Inspects or repairs a log and tells how it went: 0 when it is sound or repaired, 1 when something is wrong with it, 2 when it cannot be read
/// or is in use.
pub fn run(options: &CheckAofOptions) -> ExitCode {
    match check(&options.file, options.fix) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_NOT_SOUND),
        Err(problem) => {
            crate::complain(format_args!("heapwood: {problem}"));
            ExitCode::from(EXIT_BAD_USE)
        }
    }
}

/// Whether the log is sound, or is so now.
fn check(path: &Path, fix: bool) -> Result<bool, String> {
    let found = inspect(path).map_err(|error| error.to_string())?;
    crate::say(&report::describe(&found));
    if found.finding == Finding::Sound {
        return Ok(true);
    }
    if !fix || found.is_no_log() {
        crate::say(&report::advise(&found));
        return Ok(false);
    }
    let _lock = lock_folder_of(path)?;
    let repaired = repair::repair(&found, SystemClock::with_floor(0).now().unix_ms)
        .map_err(|error| error.to_string())?;
    crate::say(&report::describe_repair(&repaired));
    let again = inspect(path).map_err(|error| error.to_string())?;
    crate::say(&report::describe(&again));
    Ok(again.finding == Finding::Sound)
}

/// Makes sure that no server writes the log while it is repaired. Without a lock file in its folder there has been none.
fn lock_folder_of(path: &Path) -> Result<Option<FolderLock>, String> {
    let folder = inspect::folder_of(path);
    if !folder.join(LOCK_NAME).exists() {
        return Ok(None);
    }
    match FolderLock::take(folder) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Held(holder)) => Err(format!(
            "{} is in use by a running server ({holder}); stop it first, nothing was changed",
            path.display()
        )),
        Err(LockError::Io { doing, path, source }) => {
            Err(format!("cannot {doing} {}: {source}; nothing was changed", path.display()))
        }
    }
}

//! Files that Redis or Valkey wrote.
//!
//! They have no checksums. As in Redis, a command that is cut short at the end of the file is dropped, a transaction without its `EXEC` too, and
//! anything malformed before that is refused.

use crate::commands::{Commands, Step};
use crate::errors::OpenError;
use crate::storage::StoredFile;
use std::path::Path;

/// How Redis's binary snapshots begin.
const RDB_MAGIC: &[u8] = b"REDIS";

/// What is read at a time while looking through the file.
const PIECE_BYTES: usize = 1024 * 1024;

/// Whether the command only frames others: `MULTI`, `EXEC`, or the choice of the one database there is.
///
/// # Errors
/// It chooses another database.
pub(crate) fn is_framing<F: StoredFile>(commands: &Commands<'_, F>) -> Result<bool, String> {
    let name = commands.arg(0);
    match commands.len() {
        1 => Ok(is(name, "MULTI") || is(name, "EXEC")),
        2 if is(name, "SELECT") && commands.arg(1) != b"0" => {
            Err(format!("SELECT {}: there is only database 0", commands.arg(1).escape_ascii()))
        }
        2 => Ok(is(name, "SELECT")),
        _ => Ok(false),
    }
}

fn is(name: &[u8], wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted.as_bytes())
}

/// Where the last whole command or transaction of the file ends.
///
/// # Errors
/// The file begins as a binary snapshot, something in it can be no command, or it cannot be read.
pub fn sound_end<F: StoredFile>(file: &F, path: &Path, file_bytes: u64) -> Result<u64, OpenError> {
    let mut commands = Commands::new(file, path, 0..file_bytes, PIECE_BYTES)?;
    if commands.piece().starts_with(RDB_MAGIC) {
        return Err(OpenError::RdbPreamble { path: path.to_path_buf() });
    }
    let (mut end, mut transaction) = (0, false);
    loop {
        match commands.advance()? {
            Step::Command => {
                let alone = commands.len() == 1;
                if alone && is(commands.arg(0), "MULTI") {
                    if transaction {
                        return Err(commands.refuse("MULTI inside a transaction".into()));
                    }
                    transaction = true;
                } else if alone && is(commands.arg(0), "EXEC") {
                    if !transaction {
                        return Err(commands.refuse("EXEC without MULTI".into()));
                    }
                    transaction = false;
                }
            }
            Step::PieceDone => {
                commands.more()?;
                continue;
            }
            Step::End | Step::CutShort => {
                return Ok(if transaction { end } else { commands.next_offset() });
            }
        }
        if !transaction {
            end = commands.next_offset();
        }
    }
}

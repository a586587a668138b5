//! From a file's commands back to a store.

use crate::commands::{Commands, walk};
use crate::errors::Problem;
use crate::reader::Reader;
use crate::rewrite::Snapshot;
use crate::run::{Run, SortedRun};
use heapwood_treap::MAX_KEY_BYTES;

/// How much of a file is in memory at a time: enough to sort more than a million small records at once. A run that is longer is loaded in parts.
pub const PIECE_BYTES: usize = 128 * 1024 * 1024;

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

/// Loads the first `end` bytes, which are whole commands, into `replay`, and says how many commands that were.
///
/// # Errors
/// The file cannot be read, or holds something that `replay` does not take.
pub fn load(reader: &mut Reader<'_>, end: u64, replay: &mut dyn Replay) -> Result<u64, Problem> {
    let mut records = 0;
    let loaded = walk(reader, 0..end, &mut |commands| load_piece(commands, replay, &mut records))?;
    if loaded < end {
        return Err(Problem::Command { offset: loaded, why: "it is cut short".into() });
    }
    Ok(records)
}

/// Carries out the commands of a piece. Plain `SET` and `DEL` are collected; any other first sends off those before it.
fn load_piece(
    commands: &mut Commands<'_>,
    replay: &mut dyn Replay,
    records: &mut u64,
) -> Result<(), Problem> {
    let mut run = Run::default();
    while let Some(args) = commands.next()? {
        *records += 1;
        match args {
            [name, key, value] if is(name, b"SET") && key.len() <= MAX_KEY_BYTES => {
                run.push(key, Some(value));
            }
            [name, keys @ ..] if is(name, b"DEL") && !keys.is_empty() => {
                keys.iter().for_each(|key| run.push(key, None));
            }
            _ => {
                let done = run.load_into(replay).and_then(|()| replay.apply(args));
                done.map_err(|why| commands.refuse(why))?;
            }
        }
        if run.is_full() {
            run.load_into(replay).map_err(|why| commands.refuse(why))?;
        }
    }
    run.load_into(replay).map_err(|why| commands.refuse(why))
}

fn is(name: &[u8], wanted: &[u8]) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

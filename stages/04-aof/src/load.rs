//! From a file's commands back to a store.

use crate::commands::{Commands, Step};
use crate::errors::OpenError;
use crate::rewrite::Snapshot;
use crate::run::{Run, SortedRun};
use crate::storage::StoredFile;
use std::path::Path;

/// How much of a file is in memory at a time: enough to sort more than a million small records at once. A run that is longer is loaded in parts.
const PIECE_BYTES: usize = 128 * 1024 * 1024;

/// Progress is told each time this many bytes were loaded.
const PROGRESS_BYTES: u64 = 4 * 1024 * 1024;

/// Commands with at most so many arguments are handed on without allocating.
const FEW_ARGUMENTS: usize = 8;

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

/// What is being done with a long file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its checksums are compared.
    Checking,
    /// Its commands are carried out.
    Loading,
}

/// How far the opening of a long file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes of the file done so far in this phase.
    pub done_bytes: u64,
    /// Bytes of the file.
    pub total_bytes: u64,
    /// Records loaded so far.
    pub records: u64,
}

/// Loads the first `end` bytes of `file` into `replay` and says how many records that were. `SELECT 0`, `MULTI` and `EXEC` are passed over: whoever set
/// `end` made sure that every transaction is whole.
pub(crate) fn load<F: StoredFile>(
    file: &F,
    path: &Path,
    end: u64,
    replay: &mut dyn Replay,
    progress: &mut dyn FnMut(&Progress),
) -> Result<u64, OpenError> {
    let mut commands = Commands::new(file, path, 0..end, PIECE_BYTES)?;
    let (mut run, mut run_start) = (Run::default(), 0);
    let (mut records, mut told_bytes) = (0, 0);
    loop {
        let step = commands.advance()?;
        let plain = step == Step::Command && add_to_run(&commands, &mut run, &mut run_start);
        if !run.is_empty() && (!plain || run.is_full()) {
            let loaded = replay.load_run(run.sort(commands.piece()));
            loaded.map_err(|problem| commands.refuse_at(run_start, problem))?;
            run.clear();
        }
        match step {
            Step::Command => {
                records += 1;
                if !plain {
                    apply(&commands, replay).map_err(|problem| commands.refuse(problem))?;
                }
            }
            Step::PieceDone => commands.more()?,
            Step::End => break,
            Step::CutShort => {
                return Err(commands.refuse_at(commands.next_offset(), "it is cut short".into()));
            }
        }
        let done_bytes = commands.next_offset();
        if done_bytes - told_bytes >= PROGRESS_BYTES {
            told_bytes = done_bytes;
            progress(&Progress { phase: Phase::Loading, done_bytes, total_bytes: end, records });
        }
    }
    Ok(records)
}

/// Adds a plain `SET key value` or `DEL key …` to the run; `false` when the command is something else.
fn add_to_run<F: StoredFile>(commands: &Commands<'_, F>, run: &mut Run, start: &mut u64) -> bool {
    if run.is_empty() {
        *start = commands.offset();
    }
    let name = commands.arg(0);
    match commands.len() {
        3 if name.eq_ignore_ascii_case(b"SET") => run.push(commands.place(1), Some(commands.place(2))),
        len @ 2.. if name.eq_ignore_ascii_case(b"DEL") => {
            (1..len).all(|index| run.push(commands.place(index), None))
        }
        _ => false,
    }
}

/// Carries out any other command.
fn apply<F: StoredFile>(commands: &Commands<'_, F>, replay: &mut dyn Replay) -> Result<(), String> {
    if crate::foreign::is_framing(commands)? {
        return Ok(());
    }
    let len = commands.len();
    if len > FEW_ARGUMENTS {
        let args: Vec<&[u8]> = (0..len).map(|index| commands.arg(index)).collect();
        return replay.apply(&args);
    }
    let mut args: [&[u8]; FEW_ARGUMENTS] = [&[]; FEW_ARGUMENTS];
    for (index, arg) in args.iter_mut().enumerate().take(len) {
        *arg = commands.arg(index);
    }
    replay.apply(&args[..len])
}

//! Looks through a log: its rounds, its commands, and what is wrong with it. Changes nothing.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};

use heapwood_aof::commands::{Commands, walk};
use heapwood_aof::reader::Reader;
use heapwood_aof::round::RoundLine;
use heapwood_aof::scan::{BLOCK_BYTES, Scan, scan};
use heapwood_aof::{Problem, Replay};

use crate::engine::foreign::{self, Unframed};
use crate::engine::replay::Loading;
use crate::engine::store::Store;
use crate::engine::table::{self, Flags};

/// What is read at a time.
const PIECE_BYTES: usize = 1024 * 1024;

/// More different keys than this are not counted one by one, to bound memory to about 100 MB.
pub const MAX_COUNTED_KEYS: usize = 4_000_000;

/// More different command names than this are no log of anybody's.
const MAX_COUNTED_COMMANDS: usize = 1_000;

/// The judgement on a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A server loads it as it is.
    Sound,
    /// It ends with what a crash left unfinished, from this offset on; a server cuts it.
    Tail(u64),
    /// It is damaged where it had been safely on disk, first at this offset. A server refuses it.
    Damaged(u64),
    /// A command in it is none, or none that a server here would load.
    BadCommand {
        /// Where the command begins.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },
}

/// What was found.
#[derive(Debug)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// Its rounds.
    pub scan: Scan,
    /// Whether Redis or Valkey wrote it.
    pub foreign: bool,
    /// The judgement.
    pub finding: Finding,
    /// Records of each command.
    pub commands: BTreeMap<String, u64>,
    /// How many different keys were named.
    pub keys: usize,
}

/// Why a log could not be inspected or repaired.
#[derive(Debug)]
pub enum InspectError {
    /// The system refused an operation.
    Io {
        /// What was being done, such as `read`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The file begins as Redis's binary snapshot.
    Snapshot {
        /// The file.
        path: PathBuf,
    },
}

impl fmt::Display for InspectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => {
                write!(formatter, "cannot {doing} {}: {source}", path.display())
            }
            Self::Snapshot { path } => write!(formatter, "{}: {}", path.display(), foreign::SNAPSHOT_ADVICE),
        }
    }
}

impl std::error::Error for InspectError {}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Turns a system's answer into an error about `path`.
pub fn cannot(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> InspectError {
    let path = path.to_owned();
    move |source| InspectError::Io { doing, path: path.clone(), source }
}

/// Looks through the log at `path`. Its records are carried out in a store of their own, because only
/// that tells whether a server can: it takes the memory that a server with this log takes.
///
/// # Errors
///
/// It cannot be read, or begins as a binary snapshot of Redis.
pub fn inspect(path: &Path) -> Result<Inspection, InspectError> {
    // A pipe would make the opening wait for a writer.
    if !path.metadata().map_err(cannot("open", path))?.is_file() {
        return Err(cannot("open", path)(io::Error::other("it is no regular file")));
    }
    let file = File::open(path).map_err(cannot("open", path))?;
    let scan = scan_file(&file, &mut |_, _| {}).map_err(cannot("read", path))?;
    let foreign = scan.is_foreign();
    let finding = match scan.first_damage() {
        _ if foreign => judge_foreign(&file, path, scan.file_bytes)?,
        None => Finding::Sound,
        Some((offset, false)) => Finding::Tail(offset),
        Some((offset, true)) => Finding::Damaged(offset),
    };
    let stretches = stretches(&scan, &finding, foreign);
    let mut inspection =
        Inspection { path: path.to_owned(), scan, foreign, finding, commands: BTreeMap::new(), keys: 0 };
    let mut keys = Names::default();
    let mut store = Store::new(None, usize::MAX);
    let mut loading = Loading::new(&mut store);
    let mut unframed = Unframed(&mut loading);
    for stretch in stretches {
        let rehearsal: &mut dyn Replay = if foreign { &mut unframed } else { &mut *unframed.0 };
        inspection.count(&file, stretch, &mut keys, rehearsal)?;
    }
    inspection.keys = keys.hashes.len();
    Ok(inspection)
}

/// Looks for the rounds of a file, and calls `on_round` with each and the offset of its records.
pub(super) fn scan_file(file: &File, on_round: &mut dyn FnMut(&RoundLine, u64)) -> io::Result<Scan> {
    scan(&mut Reader::new(file, BLOCK_BYTES, &mut |_| {})?, on_round)
}

/// What is wrong with a file of Redis.
fn judge_foreign(file: &File, path: &Path, file_bytes: u64) -> Result<Finding, InspectError> {
    if foreign::is_snapshot(file).map_err(cannot("read", path))? {
        return Err(InspectError::Snapshot { path: path.to_owned() });
    }
    match foreign::sound_end(file) {
        Ok(end) if end == file_bytes => Ok(Finding::Sound),
        Ok(end) => Ok(Finding::Tail(end)),
        Err(problem) => bad_command(problem, path),
    }
}

/// A command that cannot be read, as a judgement.
fn bad_command(problem: Problem, path: &Path) -> Result<Finding, InspectError> {
    match problem {
        Problem::Command { offset, why } => Ok(Finding::BadCommand { offset, problem: why }),
        Problem::Io(error) => Err(cannot("read", path)(error)),
        other => Err(cannot("read", path)(io::Error::other(format!("{other:?}")))),
    }
}

/// The parts of the file that hold whole commands.
fn stretches(scan: &Scan, finding: &Finding, foreign: bool) -> Vec<Range<u64>> {
    if foreign {
        let end = match finding {
            Finding::Tail(offset) | Finding::BadCommand { offset, .. } => *offset,
            Finding::Sound | Finding::Damaged(_) => scan.file_bytes,
        };
        return iter::once(0..end).collect();
    }
    let starts = [0].into_iter().chain(scan.damage.iter().map(|damage| damage.end));
    let ends = scan.damage.iter().map(|damage| damage.start).chain([scan.file_bytes]);
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

/// Different names, by their hashes.
#[derive(Default)]
struct Names {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Names {
    fn add(&mut self, name: &[u8]) {
        if self.hashes.len() < MAX_COUNTED_KEYS {
            self.hashes.insert(self.hasher.hash_one(name));
        }
    }
}

impl Inspection {
    /// How many records were counted.
    pub fn records(&self) -> u64 {
        self.commands.values().sum()
    }

    /// Whether not even its first bytes are a command, of whatever program: it was never a log.
    pub fn is_no_log(&self) -> bool {
        self.foreign && matches!(self.finding, Finding::BadCommand { offset: 0, .. }) && self.records() == 0
    }

    /// Counts the commands of one stretch, up to the first that is none.
    fn count(
        &mut self,
        file: &File,
        stretch: Range<u64>,
        keys: &mut Names,
        rehearsal: &mut dyn Replay,
    ) -> Result<(), InspectError> {
        let path = self.path.clone();
        let (end, progress) = (stretch.end, &mut |_| {});
        let mut reader = Reader::new(file, PIECE_BYTES, progress).map_err(cannot("read", &path))?;
        let walked = walk(&mut reader, stretch, &mut |commands| self.count_piece(commands, keys, rehearsal));
        match walked {
            Ok(whole) if whole == end => {}
            Ok(whole) => self.blame(whole, "it is cut short".into()),
            Err(problem) => {
                if let Finding::BadCommand { offset, problem } = bad_command(problem, &path)? {
                    self.blame(offset, problem);
                }
            }
        }
        Ok(())
    }

    fn count_piece(
        &mut self,
        commands: &mut Commands<'_>,
        keys: &mut Names,
        rehearsal: &mut dyn Replay,
    ) -> Result<(), Problem> {
        while let Some(args) = commands.next()? {
            self.count_one(args, keys);
            if let Err(problem) = rehearsal.apply(args) {
                self.blame(commands.offset(), problem);
            }
        }
        Ok(())
    }

    fn count_one(&mut self, args: &[&[u8]], keys: &mut Names) {
        let name = args[0].to_ascii_uppercase();
        if self.commands.len() < MAX_COUNTED_COMMANDS {
            *self.commands.entry(short(&name)).or_default() += 1;
        }
        if let Some(command) = table::find(&name).filter(|command| command.flags.has(Flags::WRITES)) {
            for position in command.keys.positions(args.len()) {
                keys.add(args[position]);
            }
        }
    }

    /// Notes a bad command, unless something is known to be wrong in front of it.
    fn blame(&mut self, offset: u64, problem: String) {
        let known = match &self.finding {
            Finding::Sound => u64::MAX,
            Finding::Tail(known) | Finding::Damaged(known) | Finding::BadCommand { offset: known, .. } => {
                *known
            }
        };
        if offset < known {
            self.finding = Finding::BadCommand { offset, problem };
        }
    }
}

/// A name for people: printable, and not endless.
fn short(name: &[u8]) -> String {
    name[..name.len().min(40)].escape_ascii().to_string()
}

//! Files that Redis or Valkey wrote: loaded as they load them, and turned into a log of ours.
//!
//! They have no checksums. As in Redis, a command that is cut short at the end of the file is dropped, a transaction without its `EXEC` too, and
//! anything malformed before that is refused.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use heapwood_aof::commands::{Commands, walk};
use heapwood_aof::load::{PIECE_BYTES, load};
use heapwood_aof::reader::Reader;
use heapwood_aof::rewrite::rewrite;
use heapwood_aof::{LOG_NAME, OpenError, Problem, Replay, Snapshot, SortedRun, Storage, StoredFile};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::arguments::is_option;

/// Under what name such a file is kept; a number is added when that is taken.
const KEPT_NAME: &str = "database.aof.foreign";

/// So many numbers are tried.
const MAX_KEPT: u32 = 10_000;

/// How Redis's binary snapshots begin.
const SNAPSHOT_MAGIC: &[u8] = b"REDIS";

/// What is read at a time while looking through the file.
const LOOK_BYTES: usize = 1024 * 1024;

/// What to do about a binary snapshot.
pub const SNAPSHOT_ADVICE: &str = "it begins with a binary snapshot of Redis (an RDB preamble), which cannot be read here. In Redis, run \
     CONFIG SET aof-use-rdb-preamble no (in redis.conf: aof-use-rdb-preamble no), then BGREWRITEAOF, and take the file it writes";

/// A file that was converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The name under which it is kept.
    pub kept: String,
    /// Bytes at its end that were no whole command or transaction.
    pub cut_bytes: u64,
}

/// Whether a file is a binary snapshot, or begins with one.
///
/// # Errors
/// It cannot be read.
pub fn is_snapshot(file: &dyn StoredFile) -> io::Result<bool> {
    let progress = &mut |_| {};
    let mut reader = Reader::new(file, SNAPSHOT_MAGIC.len(), progress)?;
    Ok(reader.at(0, SNAPSHOT_MAGIC.len())? == SNAPSHOT_MAGIC)
}

/// Where the last whole command or transaction of the file ends.
///
/// # Errors
/// Something in it can be no command, or it cannot be read.
pub fn sound_end(file: &dyn StoredFile) -> Result<u64, Problem> {
    let (mut end, mut transaction) = (0, false);
    let mut look = |commands: &mut Commands<'_>| {
        loop {
            let name = match commands.next()? {
                None => return Ok(()),
                Some([name]) => *name,
                Some(_) => b"",
            };
            if is_option(name, "MULTI") || is_option(name, "EXEC") {
                if transaction == is_option(name, "MULTI") {
                    let problem =
                        if transaction { "MULTI inside a transaction" } else { "EXEC without MULTI" };
                    return Err(commands.refuse(problem));
                }
                transaction = !transaction;
            }
            if !transaction {
                end = commands.next_offset();
            }
        }
    };
    let progress = &mut |_| {};
    let mut reader = Reader::new(file, LOOK_BYTES, progress)?;
    let file_bytes = reader.file_bytes();
    let whole = walk(&mut reader, 0..file_bytes, &mut look)?;
    // Lines between commands belong to what stands in front of them.
    Ok(if transaction { end } else { whole })
}

/// Replaces the file in `storage` by a log of ours with the same keys; `link` gives a file a second name, by which it is kept. `scratch` is an
/// empty store to load it into.
///
/// # Errors
/// The file cannot be loaded, or something cannot be written; the file is as it was.
pub fn convert(
    storage: &dyn Storage,
    link: &dyn Fn(&str, &str) -> io::Result<()>,
    scratch: &mut dyn Replay,
    now_unix_ms: u64,
) -> Result<Converted, OpenError> {
    let mut converting = || {
        let file = storage.open(LOG_NAME)?;
        if is_snapshot(&*file)? {
            return Err(Problem::Command { offset: 0, why: SNAPSHOT_ADVICE.into() });
        }
        let (end, progress) = (sound_end(&*file)?, &mut |_| {});
        let mut scratch = Unframed(scratch);
        load(&mut Reader::new(&*file, PIECE_BYTES, progress)?, end, &mut scratch)?;
        let kept = keep(link)?;
        let id = StdRng::from_os_rng().random();
        let replaced = rewrite(storage, &mut *scratch.snapshot(), id, now_unix_ms);
        if replaced.is_err() {
            // The file still has its first name.
            let _ = storage.remove(&kept);
        }
        replaced?;
        storage.sync_directory()?;
        Ok(Converted { kept, cut_bytes: file.size()? - end })
    };
    converting().map_err(|problem| OpenError { path: storage.path(LOG_NAME), problem })
}

/// Gives the file a second name that is free.
fn keep(link: &dyn Fn(&str, &str) -> io::Result<()>) -> io::Result<String> {
    let names = (1..MAX_KEPT).map(|number| format!("{KEPT_NAME}.{number}"));
    for name in std::iter::once(KEPT_NAME.to_owned()).chain(names) {
        match link(LOG_NAME, &name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            linked => return linked.map(|()| name),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, format!("no free name to keep it, such as {KEPT_NAME}")))
}

/// Gives a file of `folder` a second name, which must be free: a link, or a copy where the file system has none.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] when `second` is taken; whatever else the system answers.
pub fn link_or_copy(folder: &Path, name: &str, second: &str) -> io::Result<()> {
    let (name, second) = (folder.join(name), folder.join(second));
    match fs::hard_link(&name, &second) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let mut copy = OpenOptions::new().write(true).create_new(true).open(second)?;
            io::copy(&mut File::open(name)?, &mut copy)?;
            copy.sync_all()
        }
        linked => linked,
    }
}

/// A store that is not told of what only frames commands: transactions, which are whole, and the choice of the one database there is.
pub struct Unframed<'a>(pub &'a mut dyn Replay);

impl Replay for Unframed<'_> {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        match args {
            [name] if is_option(name, "MULTI") || is_option(name, "EXEC") => Ok(()),
            [name, b"0"] if is_option(name, "SELECT") => Ok(()),
            [name, other] if is_option(name, "SELECT") => {
                Err(format!("SELECT {}: there is only database 0", other.escape_ascii()))
            }
            _ => self.0.apply(args),
        }
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        self.0.load_run(run)
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        self.0.snapshot()
    }
}

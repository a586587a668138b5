//! Writes a log that loads in place of one that does not, and keeps the old one.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use heapwood_aof::append::Appender;
use heapwood_aof::commands::Commands;
use heapwood_aof::resp::encode_command;
use heapwood_aof::round::RoundLine;
use heapwood_aof::{DiskStorage, Replay, Storage};
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::inspect::{Finding, InspectError, Inspection, cannot, folder_of, scan_file};
use crate::engine::foreign::link_or_copy;
use crate::engine::replay::Loading;
use crate::engine::store::Store;

/// What a repair did.
#[derive(Debug)]
pub struct Repaired {
    /// The file as it was.
    pub backup: PathBuf,
    /// Bytes that are not in the repaired file.
    pub lost_bytes: u64,
    /// Rounds that are not, as far as they could be counted.
    pub lost_rounds: u64,
    /// Records of valid rounds that cannot be carried out any more: how many, and what is wrong with the first.
    pub dropped: Option<(u64, String)>,
}

/// Repairs the log that was inspected. `now_unix_ms` names the backup.
///
/// A tail is cut. From a log of ours that is damaged in the middle, every valid round is kept, with its place and checksum derived anew; of its
/// records those are kept that can still be carried out in their order, because a server refuses a log with any other.
///
/// # Errors
///
/// Something could not be read or written; the file is as it was.
pub fn repair(found: &Inspection, now_unix_ms: u64) -> Result<Repaired, InspectError> {
    let path = &found.path;
    let old = File::open(path).map_err(cannot("open", path))?;
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| cannot("repair", path)(io::Error::other("its name is not UTF-8")))?;
    let storage = DiskStorage::new(folder_of(path));
    let temporary = format!("{name}.tmp");
    let new = File::create(storage.path(&temporary)).map_err(cannot("write beside", path))?;
    let scan = &found.scan;
    let mut repaired = Repaired { backup: PathBuf::new(), lost_bytes: 0, lost_rounds: 0, dropped: None };
    let written = match &found.finding {
        Finding::Sound => copy(&old, &new, scan.file_bytes),
        Finding::BadCommand { offset, .. } if found.foreign => {
            repaired.lost_bytes = scan.file_bytes - offset;
            copy(&old, &new, *offset)
        }
        Finding::Tail(offset) => {
            repaired.lost_bytes = scan.file_bytes - offset;
            repaired.lost_rounds = if found.foreign { 0 } else { scan.rounds_in_tail() };
            copy(&old, &new, *offset)
        }
        Finding::Damaged(_) | Finding::BadCommand { .. } => {
            repaired.lost_bytes = scan.damage.iter().map(|damage| damage.end - damage.start).sum();
            repaired.lost_rounds = scan.damage.iter().map(|damage| damage.rounds).sum();
            rewrite(&old, new).map(|dropped| repaired.dropped = dropped)
        }
    };
    let replaced = written.and_then(|()| replace(&storage, path, name, &temporary, now_unix_ms));
    let backup = replaced.map_err(|error| {
        // What is half written is of no use; the server removes its own name for it, too.
        let _ = storage.remove(&temporary);
        cannot("repair", path)(error)
    })?;
    repaired.backup = backup;
    Ok(repaired)
}

/// Copies the first `end` bytes and makes them durable.
fn copy(old: &File, mut new: &File, end: u64) -> io::Result<()> {
    if io::copy(&mut old.take(end), &mut new)? < end {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    new.sync_all()
}

/// Gives the old file its second name and the new one the first.
fn replace(
    storage: &DiskStorage,
    path: &Path,
    name: &str,
    temporary: &str,
    now_unix_ms: u64,
) -> io::Result<PathBuf> {
    let mut number = now_unix_ms;
    let backup = loop {
        let backup = format!("{name}.bak-{number}");
        match link_or_copy(folder_of(path), name, &backup) {
            Ok(()) => break backup,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    };
    storage.rename(temporary, name)?;
    storage.sync_directory()?;
    Ok(storage.path(&backup))
}

/// Writes the valid rounds of `old` to `new`, and says what had to be dropped.
fn rewrite(old: &File, new: File) -> io::Result<Option<(u64, String)>> {
    let mut store = Store::new(None, usize::MAX);
    let log = Appender::new(Arc::new(new), StdRng::from_os_rng().random());
    let mut rebuilt = Rebuilt { log, loading: Loading::new(&mut store), dropped: None };
    let mut failed = None;
    let mut take = |line: &RoundLine, records: u64| {
        if failed.is_none() {
            failed = rebuilt.take(old, line, records).err();
        }
    };
    scan_file(old, &mut take)?;
    if let Some(error) = failed {
        return Err(error);
    }
    rebuilt.log.sync()?;
    rebuilt.log.append(0)?;
    rebuilt.log.sync()?;
    Ok(rebuilt.dropped)
}

/// The new file as far as it is written.
struct Rebuilt<'a> {
    log: Appender,
    loading: Loading<'a>,
    dropped: Option<(u64, String)>,
}

impl Rebuilt<'_> {
    /// Takes over one round, whose records begin at `records` in the old file.
    fn take(&mut self, old: &File, line: &RoundLine, records: u64) -> io::Result<()> {
        // The checksum has just agreed over all these bytes, so they are there.
        let mut bytes = vec![0; usize::try_from(line.len).map_err(io::Error::other)?];
        old.read_exact_at(&mut bytes, records)?;
        let mut commands = Commands::new(&bytes, records);
        while let Ok(Some(args)) = commands.next() {
            match self.loading.apply(args) {
                Ok(()) => encode_command(args, self.log.round.records()),
                Err(problem) => self.drop_record(&problem),
            }
        }
        if commands.next_offset() < records + line.len {
            self.drop_record("what is there can be no command");
        }
        self.log.append(line.now_unix_ms)
    }

    fn drop_record(&mut self, problem: &str) {
        let dropped = self.dropped.get_or_insert_with(|| (0, problem.to_owned()));
        dropped.0 += 1;
    }
}

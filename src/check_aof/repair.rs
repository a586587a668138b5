//! Writes a log that loads in place of one that does not, and keeps the old one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use heapwood_aof::commands::Commands;
use heapwood_aof::resp::encode_command;
use heapwood_aof::round::{RoundBuffer, RoundLine};
use heapwood_aof::{DiskStorage, Replay, Storage, StoredFile};
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::inspect::{Finding, InspectError, Inspection, cannot, folder_of, scan_file};
use crate::engine::foreign::link_or_copy;
use crate::engine::replay::Loading;
use crate::engine::store::Store;

/// What is copied at a time.
const COPY_BYTES: usize = 1024 * 1024;

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
    let new = storage.create(&temporary).map_err(cannot("write beside", path))?;
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
            rewrite(&old, &new).map(|dropped| repaired.dropped = dropped)
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
fn copy(old: &File, new: &File, end: u64) -> io::Result<()> {
    let mut block = vec![0; COPY_BYTES];
    let mut offset = 0;
    while offset < end {
        let wanted = (end - offset).min(COPY_BYTES as u64) as usize;
        let read = old.read_full_at(offset, &mut block[..wanted])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        new.write_all_at(offset, &block[..read])?;
        offset += read as u64;
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
fn rewrite(old: &File, new: &File) -> io::Result<Option<(u64, String)>> {
    let mut store = Store::new(None, usize::MAX);
    let mut rebuilt = Rebuilt {
        file: new,
        id: StdRng::from_os_rng().random(),
        end: 0,
        round: RoundBuffer::default(),
        loading: Loading::new(&mut store),
        dropped: None,
    };
    let (mut failed, mut now_unix_ms) = (None, 0);
    let mut take = |line: &RoundLine, records: u64| {
        if failed.is_none() {
            now_unix_ms = now_unix_ms.max(line.now_unix_ms);
            failed = rebuilt.take(old, line, records).err();
        }
    };
    scan_file(old, &mut take)?;
    if let Some(error) = failed {
        return Err(error);
    }
    new.sync_data()?;
    let all = rebuilt.end;
    rebuilt.append(now_unix_ms, all)?;
    new.sync_all()?;
    Ok(rebuilt.dropped)
}

/// The new file as far as it is written.
struct Rebuilt<'a> {
    file: &'a File,
    id: u64,
    end: u64,
    round: RoundBuffer,
    loading: Loading<'a>,
    dropped: Option<(u64, String)>,
}

impl Rebuilt<'_> {
    /// Takes over one round, whose records begin at `records` in the old file.
    fn take(&mut self, old: &File, line: &RoundLine, records: u64) -> io::Result<()> {
        // The checksum has just agreed over all these bytes, so they are there.
        let mut bytes = vec![0; usize::try_from(line.len).map_err(io::Error::other)?];
        let read = old.read_full_at(records, &mut bytes)?;
        let mut commands = Commands::new(&bytes[..read], records);
        while let Ok(Some(args)) = commands.next() {
            match self.loading.apply(args) {
                Ok(()) => encode_command(args, self.round.records()),
                Err(problem) => self.drop_record(&problem),
            }
        }
        if commands.next_offset() < records + read as u64 {
            self.drop_record("what is there can be no command");
        }
        self.append(line.now_unix_ms, 0)
    }

    fn drop_record(&mut self, problem: &str) {
        let dropped = self.dropped.get_or_insert_with(|| (0, problem.to_owned()));
        dropped.0 += 1;
    }

    fn append(&mut self, now_unix_ms: u64, synced: u64) -> io::Result<()> {
        let line = RoundLine { id: self.id, offset: self.end, len: 0, synced, now_unix_ms };
        self.end = self.round.write_to(self.file, line)?;
        Ok(())
    }
}

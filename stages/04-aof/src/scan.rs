//! What is sound in a file and what is not, and whether the damage may be cut.
//!
//! A round is *valid* when its line says where it stands, its checksum agrees, and its id is that of the first line that is otherwise valid. Recovery
//! rests on three rules:
//!
//! - **L1.** A round counts whole or not at all.
//! - **L2.** Damage at or above the largest `synced` of any valid line, also of one behind the damage, is the tail of a crash: it is cut, with all that follows.
//! - **L3.** Damage below it hit bytes that once were safe: nothing is guessed, the start is refused.

use crate::reader::Reader;
use crate::round::{FoundLine, MARK, MAX_LINE_BYTES, RoundLine};
use crate::storage::StoredFile;
use crate::sums::Sums;
use crc32fast::Hasher;
use memchr::memmem::Finder;
use std::io;
use std::ops::Range;

/// What is read at a time: large enough to make system calls rare, small enough to stay in a core's cache.
pub const BLOCK_BYTES: usize = 256 * 1024;

/// Bytes of a file that belong to no valid round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where they begin.
    pub start: u64,
    /// Where the next valid round begins, or the file ends.
    pub end: u64,
    /// How many rounds they were, as far as their lines can still be read; at least 1.
    pub rounds: u64,
}

/// What a file consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Its length.
    pub file_bytes: u64,
    /// How many valid rounds it has.
    pub rounds: u64,
    /// How many of them stand in front of the first damage.
    pub rounds_before_damage: u64,
    /// The first valid line.
    pub first: Option<RoundLine>,
    /// The last valid line.
    pub last: Option<RoundLine>,
    /// The largest `synced` of any valid line.
    pub synced: u64,
    /// The largest time of any valid line.
    pub now_unix_ms: u64,
    /// What lies between valid rounds, in order.
    pub damage: Vec<Damage>,
    /// Whether it begins as a log of ours, perhaps cut short.
    pub begins_as_ours: bool,
}

/// What is to be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of it is valid.
    Sound,
    /// From this offset on it is the tail of a crash, to be cut.
    Tail(u64),
    /// It was damaged at this offset after it had been safely on disk.
    Damaged(u64),
    /// It is not ours; Redis or Valkey may have written it.
    Foreign,
}

impl Scan {
    /// Judges the file by the rules of this module.
    pub fn verdict(&self) -> Verdict {
        match self.damage.first() {
            _ if self.rounds == 0 && !self.begins_as_ours => Verdict::Foreign,
            None => Verdict::Sound,
            Some(damage) if damage.start < self.synced => Verdict::Damaged(damage.start),
            Some(damage) => Verdict::Tail(damage.start),
        }
    }

    /// How many rounds are lost when everything from the first damage on is cut.
    pub fn rounds_in_tail(&self) -> u64 {
        let broken: u64 = self.damage.iter().map(|damage| damage.rounds).sum();
        self.rounds - self.rounds_before_damage + broken
    }

    /// Whether the file ends with an empty round that says that everything before it is on disk, as a clean shutdown leaves it.
    pub fn is_closed(&self) -> bool {
        let closed = |line: RoundLine| line.len == 0 && line.synced == line.offset;
        self.damage.is_empty() && self.last.is_some_and(closed)
    }

    fn add(&mut self, line: RoundLine) {
        self.rounds += 1;
        self.rounds_before_damage += u64::from(self.damage.is_empty());
        self.first.get_or_insert(line);
        self.last = Some(line);
        self.synced = self.synced.max(line.synced);
        self.now_unix_ms = self.now_unix_ms.max(line.now_unix_ms);
    }
}

/// Reads the whole file and calls `on_round` with each valid round and the offset of its records.
///
/// Takes time in proportion to the file, and a block of memory. A damaged file is read a second time from the damage on, and costs up to 0.1 % of its
/// length in memory.
///
/// # Errors
/// The file cannot be read.
pub fn scan<F: StoredFile>(
    reader: &mut Reader<'_, F>,
    on_round: &mut dyn FnMut(&RoundLine, u64),
) -> io::Result<Scan> {
    let file_bytes = reader.file_bytes();
    let start = reader.at(0, MARK.len())?;
    let begins_as_ours = start.starts_with(MARK) || MARK.starts_with(start);
    let mut scan = Scan { file_bytes, begins_as_ours, ..Scan::default() };
    let (mut offset, mut sums) = (0, None);
    while offset < file_bytes {
        let id = scan.first.map(|line| line.id);
        if let Some((line, records)) = round_at(reader, offset, id, sums.as_ref())? {
            on_round(&line, records.start);
            scan.add(line);
            offset = records.end;
            continue;
        }
        if sums.is_none() {
            sums = Some(Sums::new(reader.file(), offset)?);
        }
        let damage = damage_at(reader, offset, id, sums.as_ref())?;
        scan.damage.push(damage);
        offset = damage.end;
    }
    Ok(scan)
}

/// The round at `offset` and the place of its records, when it is valid; without an `id` any is right. With `sums` that costs the same for every
/// length of records.
fn round_at<F: StoredFile>(
    reader: &mut Reader<'_, F>,
    offset: u64,
    id: Option<u64>,
    sums: Option<&Sums<'_, F>>,
) -> io::Result<Option<(RoundLine, Range<u64>)>> {
    let file_bytes = reader.file_bytes();
    let bytes = reader.at(offset, MAX_LINE_BYTES)?;
    let Some(found) = line_at(bytes, offset, id) else {
        return Ok(None);
    };
    let start = offset + found.line_bytes as u64;
    let Some(end) = start.checked_add(found.line.len).filter(|&end| end <= file_bytes) else {
        return Ok(None);
    };
    let mut hasher = Hasher::new();
    hasher.update(&bytes[..found.covered_bytes]);
    match sums {
        Some(sums) => hasher.combine(&sums.of(start..end)?),
        None => hash(reader, start..end, &mut hasher)?,
    }
    Ok((hasher.finalize() == found.crc).then_some((found.line, start..end)))
}

/// A line that stands where it says, with the id of this file.
fn line_at(bytes: &[u8], offset: u64, id: Option<u64>) -> Option<FoundLine> {
    FoundLine::read(bytes)
        .filter(|found| found.line.offset == offset && id.is_none_or(|id| id == found.line.id))
}

/// Feeds a stretch of the file to `hasher`.
fn hash<F: StoredFile>(
    reader: &mut Reader<'_, F>,
    stretch: Range<u64>,
    hasher: &mut Hasher,
) -> io::Result<()> {
    let mut at = stretch.start;
    while at < stretch.end {
        let bytes = reader.at(at, 1)?;
        let bytes = &bytes[..bytes.len().min((stretch.end - at) as usize)];
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        hasher.update(bytes);
        at += bytes.len() as u64;
    }
    Ok(())
}

/// How far the damage at `start` goes: to the next valid round, or to the end.
fn damage_at<F: StoredFile>(
    reader: &mut Reader<'_, F>,
    start: u64,
    id: Option<u64>,
    sums: Option<&Sums<'_, F>>,
) -> io::Result<Damage> {
    let finder = Finder::new(MARK);
    let mut damage = Damage { start, end: reader.file_bytes(), rounds: 0 };
    let mut offset = start;
    while offset < damage.end {
        let bytes = reader.at(offset, MAX_LINE_BYTES)?;
        match finder.find(bytes) {
            // A mark may lie across the end of what was read.
            None => offset += bytes.len().saturating_sub(MARK.len() - 1).max(1) as u64,
            Some(0) if line_at(bytes, offset, id).is_none() => offset += 1,
            Some(0) if offset > start && round_at(reader, offset, id, sums)?.is_some() => {
                damage.end = offset;
            }
            Some(0) => {
                damage.rounds += 1;
                offset += 1;
            }
            Some(before) => offset += before as u64,
        }
    }
    damage.rounds = damage.rounds.max(1);
    Ok(damage)
}

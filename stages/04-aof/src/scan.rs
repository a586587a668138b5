//! What is sound in a file and what is not, and whether the damage may be cut.
//!
//! A round is *valid* when its line says where it stands, its checksum agrees, and its id is that of the first line that is otherwise valid. What lies
//! between valid rounds is damage.

use crate::reader::Reader;
use crate::round::{FoundLine, MARK, MAX_LINE_BYTES, RoundLine};
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
    /// How many rounds they were: one, and those behind it whose lines can still be read.
    pub rounds: u64,
}

/// What a file consists of. Recovery rests on two rules:
///
/// - **L1, whole**: a round counts whole or not at all.
/// - **L2, tail**: damage at or above the largest `synced` of any valid line is the tail of a crash and is cut; damage below it, or to the first round
///   of a file that has any valid line, refuses the start.
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
    /// The largest `synced` of any valid line, also of one behind damage.
    pub synced: u64,
    /// The largest time of any valid line.
    pub now_unix_ms: u64,
    /// What lies between valid rounds, in order.
    pub damage: Vec<Damage>,
    /// Whether it begins as a log of ours, perhaps cut short.
    pub begins_as_ours: bool,
}

impl Scan {
    /// Whether it is not ours; Redis or Valkey may have written it.
    pub fn is_foreign(&self) -> bool {
        self.rounds == 0 && !self.begins_as_ours
    }

    /// Where the first damage begins, and whether those bytes had been safely on disk: else they are the tail of a crash (L2).
    pub fn first_damage(&self) -> Option<(u64, bool)> {
        let start = self.damage.first()?.start;
        Some((start, self.was_on_disk(start)))
    }

    /// Whether what stood at `offset` had been on disk, so that no crash can have damaged it. The first round was on disk before
    /// its file had its name; but that there was one is known only where any line is valid.
    pub fn was_on_disk(&self, offset: u64) -> bool {
        offset < self.synced || (offset == 0 && self.rounds > 0)
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

    /// Counts a valid round.
    fn add(&mut self, line: RoundLine) {
        self.rounds += 1;
        self.rounds_before_damage += u64::from(self.damage.is_empty());
        self.first.get_or_insert(line);
        self.last = Some(line);
        self.synced = self.synced.max(line.synced);
        self.now_unix_ms = self.now_unix_ms.max(line.now_unix_ms);
    }

    /// Counts bytes that are no valid round; with `has_line`, a line at their beginning can still be read. What touches earlier damage is one with it.
    fn add_damage(&mut self, bytes: Range<u64>, has_line: bool) {
        match self.damage.last_mut().filter(|damage| damage.end == bytes.start) {
            Some(damage) => {
                damage.end = bytes.end;
                damage.rounds += u64::from(has_line);
            }
            None => self.damage.push(Damage { start: bytes.start, end: bytes.end, rounds: 1 }),
        }
    }
}

/// Reads the whole file and calls `on_round` with each valid round and the offset of its records.
///
/// Takes time in proportion to the file, and a block of memory. A damaged file is read a second time from the damage on, and costs up to 0.1 % of its
/// length in memory.
///
/// # Errors
/// The file cannot be read.
pub fn scan(reader: &mut Reader<'_>, on_round: &mut dyn FnMut(&RoundLine, u64)) -> io::Result<Scan> {
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
        let has_line = line_at(reader.at(offset, MAX_LINE_BYTES)?, offset, id).is_some();
        let next = next_mark(reader, offset + 1)?;
        scan.add_damage(offset..next, has_line);
        if sums.is_none() {
            sums = Some(Sums::new(reader.file(), offset)?);
        }
        offset = next;
    }
    Ok(scan)
}

/// Where the next line may begin, at `offset` or behind it; the end of the file when there is none.
fn next_mark(reader: &mut Reader<'_>, mut offset: u64) -> io::Result<u64> {
    let finder = Finder::new(MARK);
    loop {
        let bytes = reader.at(offset, MAX_LINE_BYTES)?;
        if let Some(before) = finder.find(bytes) {
            return Ok(offset + before as u64);
        }
        if bytes.len() < MAX_LINE_BYTES {
            return Ok(reader.file_bytes());
        }
        // A mark may lie across the end of what was read.
        offset += (bytes.len() - (MARK.len() - 1)) as u64;
    }
}

/// The round at `offset` and the place of its records, when all of it is there and valid (L1); without an `id` any is right. With `sums` that costs
/// the same for every length of records.
fn round_at(
    reader: &mut Reader<'_>,
    offset: u64,
    id: Option<u64>,
    sums: Option<&Sums<'_>>,
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
fn hash(reader: &mut Reader<'_>, stretch: Range<u64>, hasher: &mut Hasher) -> io::Result<()> {
    let mut at = stretch.start;
    while at < stretch.end {
        let bytes = reader.at(at, 1)?;
        let bytes = &bytes[..bytes.len().min((stretch.end - at) as usize)];
        hasher.update(bytes);
        at += bytes.len() as u64;
    }
    Ok(())
}

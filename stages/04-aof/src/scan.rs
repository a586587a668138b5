//! What is sound in a file and what is not, and whether the damage may be cut.
//!
//! A round is *valid* when its line says where it stands, its checksum agrees, and its id is that of the first line that is otherwise valid. Recovery
//! rests on three rules:
//!
//! - **L1.** A round counts whole or not at all.
//! - **L2.** Damage at or above the largest `synced` of any valid line, also of one behind the damage, is the tail of a crash: it is cut, with all that follows.
//! - **L3.** Damage below it hit bytes that once were safe: nothing is guessed, the start is refused.

use crate::round::{FoundLine, MARK, MAX_LINE_BYTES, RoundLine};
use crate::storage::StoredFile;
use crc32fast::Hasher;
use memchr::memmem::Finder;
use std::io;

/// What is read at a time: large enough to make system calls rare, small enough to stay in a core's cache.
const BLOCK_BYTES: usize = 256 * 1024;

/// Progress is told each time this many bytes were checked.
const PROGRESS_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of a file that belong to no valid round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where they begin.
    pub start: u64,
    /// Where the next valid round begins, or the file ends.
    pub end: u64,
    /// How many valid rounds are in front of them.
    pub rounds_before: u64,
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
    Tail(Damage),
    /// It was damaged here after it had been safely on disk.
    Damaged(Damage),
    /// It is not ours; Redis or Valkey may have written it.
    Foreign,
}

impl Scan {
    /// Judges the file by the rules of this module.
    pub fn verdict(&self) -> Verdict {
        match self.damage.first() {
            _ if self.rounds == 0 && !self.begins_as_ours => Verdict::Foreign,
            None => Verdict::Sound,
            Some(damage) if damage.start < self.synced => Verdict::Damaged(*damage),
            Some(damage) => Verdict::Tail(*damage),
        }
    }

    /// How many rounds stand in front of the first damage.
    pub fn rounds_before_damage(&self) -> u64 {
        let first = self.damage.first();
        first.map_or(self.rounds, |damage| damage.rounds_before)
    }

    /// How many rounds are lost when everything from the first damage on is cut.
    pub fn rounds_in_tail(&self) -> u64 {
        let broken: u64 = self.damage.iter().map(|damage| damage.rounds).sum();
        self.rounds - self.rounds_before_damage() + broken
    }

    /// Whether the file ends with an empty round that says that everything before it is on disk, as a clean shutdown leaves it.
    pub fn is_closed(&self) -> bool {
        let closed = |line: &RoundLine| line.len == 0 && line.synced == line.offset;
        self.damage.is_empty() && self.last.as_ref().is_some_and(closed)
    }

    fn add(&mut self, line: RoundLine) {
        self.rounds += 1;
        self.first.get_or_insert(line);
        self.last = Some(line);
        self.synced = self.synced.max(line.synced);
        self.now_unix_ms = self.now_unix_ms.max(line.now_unix_ms);
    }
}

/// Reads the whole of `file`, calls `on_round` with each valid round and the offset of its records, and now and then `progress` with
/// the bytes checked so far and the bytes of the file.
///
/// Takes time in proportion to the file and a block of memory.
///
/// # Errors
/// The file cannot be read.
pub fn scan<F: StoredFile>(
    file: &F,
    on_round: &mut dyn FnMut(&RoundLine, u64),
    progress: &mut dyn FnMut(u64, u64),
) -> io::Result<Scan> {
    let mut blocks = Blocks::new(file)?;
    let start = blocks.at(0, MARK.len())?;
    let mut scan = Scan {
        begins_as_ours: start.starts_with(MARK) || MARK.starts_with(start),
        file_bytes: blocks.file_bytes,
        ..Scan::default()
    };
    let (mut offset, mut told_bytes) = (0, 0);
    while offset < scan.file_bytes {
        let id = scan.first.map(|line| line.id);
        if let Some(round) = round_at(&mut blocks, offset, id)? {
            on_round(&round.line, round.records);
            scan.add(round.line);
            offset = round.end;
        } else {
            let damage = damage_at(&mut blocks, offset, &scan)?;
            scan.damage.push(damage);
            offset = damage.end;
        }
        if offset - told_bytes >= PROGRESS_BYTES {
            told_bytes = offset;
            progress(offset, scan.file_bytes);
        }
    }
    Ok(scan)
}

/// A valid round and its place.
struct Round {
    line: RoundLine,
    records: u64,
    end: u64,
}

/// The round at `offset`, when it is valid; without an `id` any is right.
fn round_at<F: StoredFile>(
    blocks: &mut Blocks<'_, F>,
    offset: u64,
    id: Option<u64>,
) -> io::Result<Option<Round>> {
    let bytes = blocks.at(offset, MAX_LINE_BYTES)?;
    let Some(found) = line_at(bytes, offset, id) else {
        return Ok(None);
    };
    let mut hasher = Hasher::new();
    hasher.update(&bytes[..found.covered_bytes]);
    let records = offset + found.line_bytes as u64;
    let end = match records.checked_add(found.line.len) {
        Some(end) if end <= blocks.file_bytes => end,
        _ => return Ok(None),
    };
    let mut at = records;
    while at < end {
        let bytes = blocks.at(at, 1)?;
        let wanted = (end - at).min(bytes.len() as u64);
        if wanted == 0 {
            return Ok(None);
        }
        hasher.update(&bytes[..wanted as usize]);
        at += wanted;
    }
    Ok((hasher.finalize() == found.crc).then_some(Round { line: found.line, records, end }))
}

/// A line that stands where it says, with the id of this file.
fn line_at(bytes: &[u8], offset: u64, id: Option<u64>) -> Option<FoundLine> {
    FoundLine::read(bytes)
        .filter(|found| found.line.offset == offset && id.is_none_or(|id| id == found.line.id))
}

/// How far the damage at `start` goes: to the next valid round, or to the end.
fn damage_at<F: StoredFile>(blocks: &mut Blocks<'_, F>, start: u64, scan: &Scan) -> io::Result<Damage> {
    let id = scan.first.map(|line| line.id);
    let finder = Finder::new(MARK);
    let mut damage = Damage { start, end: blocks.file_bytes, rounds_before: scan.rounds, rounds: 0 };
    let mut offset = start;
    while offset < blocks.file_bytes {
        let bytes = blocks.at(offset, MAX_LINE_BYTES)?;
        let Some(found) = finder.find(bytes) else {
            // A mark may lie across the end of what was read.
            offset += bytes.len().saturating_sub(MARK.len() - 1).max(1) as u64;
            continue;
        };
        offset += found as u64;
        if line_at(blocks.at(offset, MAX_LINE_BYTES)?, offset, id).is_some() {
            if offset > start && round_at(blocks, offset, id)?.is_some() {
                damage.end = offset;
                break;
            }
            damage.rounds += 1;
        }
        offset += 1;
    }
    damage.rounds = damage.rounds.max(1);
    Ok(damage)
}

/// A file read block by block.
struct Blocks<'a, F> {
    file: &'a F,
    file_bytes: u64,
    start: u64,
    block: Vec<u8>,
    filled: usize,
}

impl<'a, F: StoredFile> Blocks<'a, F> {
    fn new(file: &'a F) -> io::Result<Self> {
        Ok(Self { file, file_bytes: file.len()?, start: 0, block: vec![0; BLOCK_BYTES], filled: 0 })
    }

    /// Bytes from `offset` on, at least `wanted` of them (at most a block) unless the file ends before.
    fn at(&mut self, offset: u64, wanted: usize) -> io::Result<&[u8]> {
        let skipped = offset.checked_sub(self.start).unwrap_or(u64::MAX);
        let there = (self.filled as u64).saturating_sub(skipped);
        let left = self.file_bytes.saturating_sub(offset);
        if there < left.min(wanted as u64) {
            self.start = offset;
            self.filled = self.file.read_full_at(offset, &mut self.block)?;
            return Ok(&self.block[..self.filled]);
        }
        let from = skipped.min(self.filled as u64) as usize;
        Ok(&self.block[from..self.filled])
    }
}

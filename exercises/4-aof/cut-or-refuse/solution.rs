//! Cut, or refuse.
//!
//! The scan walks over the file and finds two kinds of stretches: valid rounds, and bytes that are none. It tells both to a
//! [`Scan`]. When it is through, recovery has to decide what the file is: sound, torn by a crash, damaged, or somebody else's.
//!
//! Write what the scan keeps and what is decided from it: `add` and `add_damage`, which are told of each stretch in the order of
//! the file; `was_on_disk` and `first_damage`; and `sound_end`, the decision. What must hold is **L2, tail**:
//!
//! - Damage at or above the largest `synced` of any valid line is the tail of a crash and is cut.
//! - Damage below it, or to the first round of a file that has any valid line, refuses the start: `Problem::Damaged { offset,
//!   synced }`, the beginning of the damage and the largest `synced`.
//! - A file without a valid line is another program's, `Problem::Foreign`, unless it begins as ours. If it does, nobody says
//!   that any of it was on disk, and all of it is cut.
//!
//! A valid line behind damage has its own checksum: it is a witness like any other.
//!
//! Check it with `cargo learn cut-or-refuse`. When it is green, `cargo learn crash` puts your functions into the stage, cuts a log
//! at every byte and flips each of its bits, and shows what a start makes of each.

use std::ops::Range;

use heapwood_aof::Problem;
use heapwood_aof::round::RoundLine;

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

    /// Counts a valid round, whose line this is.
    pub fn add(&mut self, line: RoundLine) {
        self.rounds += 1;
        self.rounds_before_damage += u64::from(self.damage.is_empty());
        self.first.get_or_insert(line);
        self.last = Some(line);
        self.synced = self.synced.max(line.synced);
        self.now_unix_ms = self.now_unix_ms.max(line.now_unix_ms);
    }

    /// Counts bytes that are no valid round; with `has_line`, a line at their beginning can still be read. What touches earlier
    /// damage is one with it, and adds a round only if it has a line. What does not is damage of its own, of one round.
    pub fn add_damage(&mut self, bytes: Range<u64>, has_line: bool) {
        match self.damage.last_mut().filter(|damage| damage.end == bytes.start) {
            Some(damage) => {
                damage.end = bytes.end;
                damage.rounds += u64::from(has_line);
            }
            None => self.damage.push(Damage { start: bytes.start, end: bytes.end, rounds: 1 }),
        }
    }
}

/// Where what is to be loaded ends: behind it is the tail of a crash, or the end of the file (L2).
///
/// # Errors
/// `Problem::Foreign` for a file that is not ours, whatever else holds of it; `Problem::Damaged`, with the beginning of the
/// damage and the largest `synced`, where the start is refused.
pub fn sound_end(found: &Scan) -> Result<u64, Problem> {
    match found.first_damage() {
        _ if found.is_foreign() => Err(Problem::Foreign),
        None => Ok(found.file_bytes),
        Some((tail, false)) => Ok(tail),
        Some((offset, true)) => Err(Problem::Damaged { offset, synced: found.synced }),
    }
}

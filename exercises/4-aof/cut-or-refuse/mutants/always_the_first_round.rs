use std::ops::Range;

use heapwood_aof::Problem;
use heapwood_aof::round::RoundLine;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    pub start: u64,
    pub end: u64,
    pub rounds: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub file_bytes: u64,
    pub rounds: u64,
    pub rounds_before_damage: u64,
    pub first: Option<RoundLine>,
    pub last: Option<RoundLine>,
    pub synced: u64,
    pub now_unix_ms: u64,
    pub damage: Vec<Damage>,
    pub begins_as_ours: bool,
}

impl Scan {
    pub fn is_foreign(&self) -> bool {
        self.rounds == 0 && !self.begins_as_ours
    }

    pub fn first_damage(&self) -> Option<(u64, bool)> {
        let start = self.damage.first()?.start;
        Some((start, self.was_on_disk(start)))
    }

    pub fn was_on_disk(&self, offset: u64) -> bool {
        offset < self.synced || offset == 0
    }

    pub fn add(&mut self, line: RoundLine) {
        self.rounds += 1;
        self.rounds_before_damage += u64::from(self.damage.is_empty());
        self.first.get_or_insert(line);
        self.last = Some(line);
        self.synced = self.synced.max(line.synced);
        self.now_unix_ms = self.now_unix_ms.max(line.now_unix_ms);
    }

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

pub fn sound_end(found: &Scan) -> Result<u64, Problem> {
    match found.first_damage() {
        _ if found.is_foreign() => Err(Problem::Foreign),
        None => Ok(found.file_bytes),
        Some((tail, false)) => Ok(tail),
        Some((offset, true)) => Err(Problem::Damaged { offset, synced: found.synced }),
    }
}

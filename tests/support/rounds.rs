//! What the rules of the log say about a file: written for the tests from the rules alone, without the server's code.
//!
//! A round is `#HW1 id=… off=… len=… synced=… now=… crc=…` and its records. It is valid when it stands where it says, its checksum agrees and its id
//! is that of the first line that is otherwise valid. Damage at or above the largest `synced` of any valid line is a tail; below it is damage,
//! and so is damage at the beginning of a file that has any valid line, because the first round is on disk before the file has its name.

use std::ops::Range;

/// One valid round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub start: usize,
    pub records: Range<usize>,
    pub id: String,
    pub synced: usize,
    pub now_ms: u64,
}

/// What a server has to make of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// All of it counts.
    Sound,
    /// What begins here is cut.
    Tail(usize),
    /// The start is refused: damage that begins here once was safe.
    Damaged(usize),
    /// No log of ours.
    Foreign,
}

/// A file, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    pub judgement: Judgement,
    /// All valid rounds, those behind damage too.
    pub rounds: Vec<Round>,
    /// How many of them stand in front of the first damage.
    pub sound_rounds: usize,
}

/// Judges a file.
pub fn judge(file: &[u8]) -> Judged {
    let mut rounds: Vec<Round> = Vec::new();
    let mut first_damage = None;
    let mut at = 0;
    while at < file.len() {
        let id = rounds.first().map(|round| round.id.as_str());
        if let Some(round) = round_at(file, at, id) {
            at = round.records.end;
            rounds.push(round);
        } else {
            first_damage.get_or_insert((at, rounds.len()));
            at += 1;
        }
    }
    let synced = rounds.iter().map(|round| round.synced).max().unwrap_or(0);
    let begins_as_ours = file.starts_with(b"#HW1") || b"#HW1".starts_with(file);
    let judgement = match first_damage {
        _ if rounds.is_empty() && !begins_as_ours => Judgement::Foreign,
        None => Judgement::Sound,
        Some((at, _)) if at < synced || (at == 0 && !rounds.is_empty()) => Judgement::Damaged(at),
        Some((at, _)) => Judgement::Tail(at),
    };
    let sound_rounds = first_damage.map_or(rounds.len(), |(_, before)| before);
    Judged { judgement, rounds, sound_rounds }
}

impl Judged {
    /// The commands that a server loads.
    pub fn loaded(&self, file: &[u8]) -> Vec<Vec<Vec<u8>>> {
        commands_of(file, &self.rounds[..self.sound_rounds])
    }

    /// The commands that a repair can save.
    pub fn saved(&self, file: &[u8]) -> Vec<Vec<Vec<u8>>> {
        commands_of(file, &self.rounds)
    }
}

fn commands_of(file: &[u8], rounds: &[Round]) -> Vec<Vec<Vec<u8>>> {
    rounds.iter().flat_map(|round| commands(&file[round.records.clone()])).collect()
}

fn round_at(file: &[u8], start: usize, id: Option<&str>) -> Option<Round> {
    let rest = &file[start..];
    if !rest.starts_with(b"#HW1 ") {
        return None;
    }
    let line_bytes = rest.iter().take(1_023).position(|&byte| byte == b'\n')? + 1;
    let line = std::str::from_utf8(&rest[..line_bytes - 1]).ok()?;
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (covered, crc) = line.split_once(" crc=")?;
    let words: Vec<&str> = covered.split(' ').collect();
    let [_, found_id, off, len, synced, now] = words[..] else {
        return None;
    };
    let records = start + line_bytes..start.checked_add(line_bytes)?.checked_add(number(len, "len=")?)?;
    let round = Round {
        start,
        id: found_id.strip_prefix("id=")?.to_owned(),
        synced: number(synced, "synced=")?,
        now_ms: number(now, "now=")? as u64,
        records,
    };
    let hexadecimal = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let well_formed = round.id.len() == 16 && crc.len() == 8 && hexadecimal(&round.id) && hexadecimal(crc);
    let in_place = number(off, "off=")? == start && round.synced <= start && round.records.end <= file.len();
    if !well_formed || !in_place || id.is_some_and(|id| id != round.id) {
        return None;
    }
    let sum = crc32([covered.as_bytes(), &file[round.records.clone()]]);
    (format!("{sum:08x}") == crc).then_some(round)
}

/// A decimal number without leading zeros.
fn number(word: &str, name: &str) -> Option<usize> {
    let digits = word.strip_prefix(name)?;
    let number: usize = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

/// The checksum of Ethernet, gzip and PNG: what each byte adds to it, computed bit by bit.
const CRC_OF_BYTE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

fn crc32(parts: [&[u8]; 2]) -> u32 {
    let mut sum = u32::MAX;
    for part in parts {
        for &byte in part {
            sum = (sum >> 8) ^ CRC_OF_BYTE[(sum as u8 ^ byte) as usize];
        }
    }
    !sum
}

/// Commands in the form of Redis: `*count`, then `$length` and bytes for each word.
pub fn commands(mut bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    fn header(bytes: &mut &[u8], mark: u8) -> usize {
        let end = bytes.iter().position(|&byte| byte == b'\r').unwrap();
        assert_eq!((bytes[0], bytes[end + 1]), (mark, b'\n'));
        let number = std::str::from_utf8(&bytes[1..end]).unwrap().parse().unwrap();
        *bytes = &bytes[end + 2..];
        number
    }
    let mut commands = Vec::new();
    while !bytes.is_empty() {
        let words = header(&mut bytes, b'*');
        let word = |_| {
            let len = header(&mut bytes, b'$');
            let (word, rest) = bytes.split_at(len);
            bytes = rest.strip_prefix(b"\r\n").unwrap();
            word.to_vec()
        };
        commands.push((0..words).map(word).collect());
    }
    commands
}

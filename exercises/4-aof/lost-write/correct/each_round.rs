use super::super::subject::{Disk, Log};

/// Writes and syncs each round when it is committed. A round is its records, a line each, and a line with their number.
pub struct EachRound {
    disk: Disk,
    round: Vec<String>,
    records: usize,
}

impl Log for EachRound {
    fn open(disk: Disk) -> (Self, Vec<String>) {
        let (records, sound) = replay(&disk.read());
        disk.truncate(sound);
        (Self { disk, round: Vec::new(), records: records.len() }, records)
    }

    fn record(&mut self, record: &str) {
        self.round.push(record.into());
    }

    fn commit(&mut self) -> usize {
        if !self.round.is_empty() {
            let mut bytes = String::new();
            for record in &self.round {
                bytes += &format!("+{record}\n");
            }
            bytes += &format!("={}\n", self.round.len());
            self.disk.write(bytes.as_bytes());
            self.disk.sync();
            self.records += self.round.len();
            self.round.clear();
        }
        self.records
    }

    fn flush(&mut self) -> usize {
        self.commit()
    }
}

/// The records of whole rounds, and where these end.
fn replay(bytes: &[u8]) -> (Vec<String>, usize) {
    let text = String::from_utf8_lossy(bytes);
    let (mut records, mut round, mut sound, mut at) = (Vec::new(), Vec::new(), 0, 0);
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        at += line.len();
        let line = line.trim_end();
        if let Some(record) = line.strip_prefix('+') {
            round.push(record.to_owned());
        } else if line.strip_prefix('=') == Some(&round.len().to_string()) {
            records.append(&mut round);
            sound = at;
        } else {
            break;
        }
    }
    (records, sound)
}

use super::super::subject::{Disk, Log};

pub struct InGroups {
    disk: Disk,
    round: Vec<u8>,
    round_records: usize,
    written: usize,
    durable: usize,
    waiting: usize,
}

impl Log for InGroups {
    fn open(disk: Disk) -> (Self, Vec<String>) {
        let bytes = disk.read();
        let (mut records, mut rest) = (Vec::new(), &bytes[..]);
        while let Some((mut round, behind)) = sized(rest) {
            while let Some((record, next)) = sized(round) {
                records.push(String::from_utf8_lossy(record).into_owned());
                round = next;
            }
            rest = behind;
        }
        disk.truncate(bytes.len() - rest.len());
        let found = records.len();
        let log = Self { disk, round: vec![], round_records: 0, written: found, durable: found, waiting: 0 };
        (log, records)
    }

    fn record(&mut self, record: &str) {
        self.round.extend_from_slice(&(record.len() as u32).to_be_bytes());
        self.round.extend_from_slice(record.as_bytes());
        self.round_records += 1;
    }

    fn commit(&mut self) -> usize {
        if !self.round.is_empty() {
            let length = (self.round.len() as u32).to_be_bytes();
            self.disk.write(&[&length, &self.round[..]].concat());
            self.written += self.round_records;
            (self.round, self.round_records) = (Vec::new(), 0);
            self.waiting += 1;
        }
        if self.waiting == 2 { self.flush() } else { self.written }
    }

    fn flush(&mut self) -> usize {
        if !self.round.is_empty() {
            self.commit();
        }
        self.disk.sync();
        (self.durable, self.waiting) = (self.written, 0);
        self.durable
    }
}

/// What stands behind its length, and the rest.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

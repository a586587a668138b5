use super::super::subject::{Disk, Log};

/// Writes each record when it is added, and a mark when the round is committed; only then it syncs.
pub struct AsTheyCome {
    disk: Disk,
    round: usize,
    records: usize,
}

impl Log for AsTheyCome {
    fn open(disk: Disk) -> (Self, Vec<String>) {
        let bytes = disk.read();
        let sound = bytes.iter().rposition(|&byte| byte == b'\x01').map_or(0, |at| at + 1);
        disk.truncate(sound);
        let text = String::from_utf8_lossy(&bytes[..sound]).replace('\x01', "");
        let records: Vec<String> = text.split_terminator('\0').map(str::to_owned).collect();
        (Self { disk, round: 0, records: records.len() }, records)
    }

    fn record(&mut self, record: &str) {
        self.disk.write(format!("{record}\0").as_bytes());
        self.round += 1;
    }

    fn commit(&mut self) -> usize {
        if self.round > 0 {
            self.disk.write(b"\x01");
            self.disk.sync();
            self.records += self.round;
            self.round = 0;
        }
        self.records
    }

    fn flush(&mut self) -> usize {
        self.commit()
    }
}

/// The records of a log that [`append`] has written, as far as it is sound. Takes time in proportion to the log.
pub fn scan(log: &[u8]) -> Scan<'_> {
    let mut scan = Scan::default();
    while let Some((record, sound)) = record_at(&log[scan.sound_bytes..]) {
        if sound {
            scan.records.push(record);
        }
        scan.sound_bytes += 8 + record.len();
    }
    scan
}

/// The record at the start of `bytes`, if all of it is there, as it was written.
fn record_at(bytes: &[u8]) -> Option<(&[u8], bool)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let record = rest.get(..u32::from_be_bytes(*length) as usize)?;
    Some((record, checksum(*length, record) == *crc))
}

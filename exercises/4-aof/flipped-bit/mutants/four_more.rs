/// Adds a record, which may be empty and hold any byte, and 8 bytes for [`scan`]. At most `u32::MAX` bytes are given.
pub fn append(log: &mut Vec<u8>, record: &[u8]) {
    let length = (record.len() as u32).to_be_bytes();
    log.extend_from_slice(&length);
    log.extend_from_slice(&checksum(length, record));
    log.extend_from_slice(record);
    log.extend_from_slice(&length);
}

/// The records of a log that [`append`] has written, as far as it is sound. Takes time in proportion to the log.
pub fn scan(log: &[u8]) -> Scan<'_> {
    let mut scan = Scan::default();
    while let Some(record) = record_at(&log[scan.sound_bytes..]) {
        scan.records.push(record);
        scan.sound_bytes += 12 + record.len();
    }
    scan
}

/// The record at the start of `bytes`, if all of it is there, as it was written.
fn record_at(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let (record, end) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    end.first_chunk::<4>().filter(|again| *again == length)?;
    (checksum(*length, record) == *crc).then_some(record)
}

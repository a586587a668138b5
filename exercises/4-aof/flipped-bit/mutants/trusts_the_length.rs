/// What is sound in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan<'a> {
    /// The records in front of the first damage, in order.
    pub records: Vec<&'a [u8]>,
    /// Where they end: what stands behind may be cut, and the next record goes here.
    pub sound_bytes: usize,
}

/// CRC-32C of `bytes` (Castagnoli, Bräuer and Herrmann, 1993): begins with all 32 bits set. For each byte it is exclusive-ored
/// with the byte, and then eight times over shifted right by one bit; whenever the bit that falls out is 1, it is exclusive-ored
/// with `0x82f6_3b78`. At the end all bits are inverted. `123456789`, as text, gives `0xe306_9283`.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let out = crc & 1;
            crc = (crc >> 1) ^ (out * 0x82f6_3b78);
        }
    }
    !crc
}

/// Adds a record, which may be empty and hold any byte, and 8 bytes for [`scan`]. At most `u32::MAX` bytes are given.
pub fn append(log: &mut Vec<u8>, record: &[u8]) {
    let length = (record.len() as u32).to_be_bytes();
    log.extend_from_slice(&length);
    log.extend_from_slice(&checksum(length, record));
    log.extend_from_slice(record);
}

/// The records of a log that [`append`] has written, as far as it is sound. Takes time in proportion to the log.
pub fn scan(log: &[u8]) -> Scan<'_> {
    let mut scan = Scan::default();
    while let Some(record) = record_at(&log[scan.sound_bytes..]) {
        scan.records.push(record);
        scan.sound_bytes += 8 + record.len();
    }
    scan
}

/// The record at the start of `bytes`, if all of it is there, as it was written.
fn record_at(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let record = &rest[..u32::from_be_bytes(*length) as usize];
    (checksum(*length, record) == *crc).then_some(record)
}

fn checksum(length: [u8; 4], record: &[u8]) -> [u8; 4] {
    crc32c(&[&length, record].concat()).to_be_bytes()
}

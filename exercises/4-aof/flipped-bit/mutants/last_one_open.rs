/// The record at the start of `bytes`, if all of it is there, as it was written.
fn record_at(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let length_bytes = u32::from_be_bytes(*length) as usize;
    let record = (length_bytes < rest.len()).then(|| &rest[..length_bytes])?;
    (checksum(*length, record) == *crc).then_some(record)
}

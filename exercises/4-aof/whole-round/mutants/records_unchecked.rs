use heapwood_aof::StoredFile;
use heapwood_aof::reader::Reader;
use heapwood_aof::round::{FoundLine, MAX_LINE_BYTES, RoundLine};
use std::io;
use std::ops::Range;

/// The round at `offset` and the place of its records, when all of it is there and valid (L1); without an `id` any is right. With
/// `sums` the checksum of the records comes from there, else from [`hash`].
///
/// A line's checksum covers the line's first `covered_bytes` bytes, and the records.
///
/// # Errors
/// The file cannot be read.
pub fn round_at(
    reader: &mut Reader<'_>,
    offset: u64,
    id: Option<u64>,
    sums: Option<&Sums<'_>>,
) -> io::Result<Option<(RoundLine, Range<u64>)>> {
    let file_bytes = reader.file_bytes();
    let bytes = reader.at(offset, MAX_LINE_BYTES)?;
    let Some(found) = line_at(bytes, offset, id) else {
        return Ok(None);
    };
    let start = offset + found.line_bytes as u64;
    let Some(end) = start.checked_add(found.line.len).filter(|&end| end <= file_bytes) else {
        return Ok(None);
    };
    Ok(Some((found.line, start..end)))
}

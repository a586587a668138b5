use std::io;
use std::ops::Range;

use heapwood_aof::StoredFile;
use heapwood_aof::reader::Reader;
use heapwood_aof::round::{FoundLine, MAX_LINE_BYTES, RoundLine};

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

/// A line at the start of `bytes`, which stand at `offset` in the file: one that says so itself, and has this id where one is
/// given.
pub fn line_at(bytes: &[u8], offset: u64, id: Option<u64>) -> Option<FoundLine> {
    FoundLine::read(bytes)
        .filter(|found| found.line.offset == offset && id.is_none_or(|id| id == found.line.id))
}

/// Feeds a stretch of the file, which must be in it, to `hasher`.
///
/// # Errors
/// The file cannot be read.
pub fn hash(reader: &mut Reader<'_>, stretch: Range<u64>, hasher: &mut Hasher) -> io::Result<()> {
    let mut at = stretch.start;
    while at < stretch.end {
        let bytes = reader.at(at, 1)?;
        let bytes = &bytes[..bytes.len().min((stretch.end - at) as usize)];
        hasher.update(bytes);
        at += bytes.len() as u64;
    }
    Ok(())
}

/// The CRC-32 of what it is fed.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    fed: Vec<u8>,
}

impl Hasher {
    /// One that was fed nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Feeds it bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.fed.extend_from_slice(bytes);
    }

    /// Feeds it all that another was fed.
    pub fn combine(&mut self, other: &Self) {
        self.update(&other.fed);
    }

    /// The checksum.
    pub fn finalize(self) -> u32 {
        let shift = |crc: u32| if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0xedb8_8320 };
        !self.fed.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| shift(crc)))
    }
}

/// The checksum of any stretch of a file.
pub struct Sums<'a> {
    file: &'a dyn StoredFile,
}

impl<'a> Sums<'a> {
    /// Of this file.
    pub fn new(file: &'a dyn StoredFile) -> Self {
        Self { file }
    }

    /// A hasher that was fed `stretch`, which must be in the file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of(&self, stretch: Range<u64>) -> io::Result<Hasher> {
        let mut fed = vec![0; (stretch.end - stretch.start) as usize];
        self.file.read_exact_at(&mut fed, stretch.start)?;
        Ok(Hasher { fed })
    }
}

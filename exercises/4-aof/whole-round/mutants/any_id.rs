use heapwood_aof::StoredFile;
use heapwood_aof::reader::Reader;
use heapwood_aof::round::{FoundLine, MAX_LINE_BYTES, RoundLine};
use std::io;
use std::ops::Range;

/// A line at the start of `bytes`, which stand at `offset` in the file: one that says so itself, and has this id where one is
/// given.
pub fn line_at(bytes: &[u8], offset: u64, id: Option<u64>) -> Option<FoundLine> {
    FoundLine::read(bytes).filter(|found| found.line.offset == offset)
}

//! The checksum of any stretch of a file, at a cost that does not depend on its length.
//!
//! Where a file is damaged, every line that could begin a round is tried. Were each followed to the end of its round, lines that a client made up,
//! inside a value, could make that take time in proportion to the square of the file. But a checksum is linear: from those of two beginnings of a file
//! follows that of the stretch between their ends.

use crate::storage::StoredFile;
use crc32fast::Hasher;
use std::io;
use std::ops::Range;

/// Between two places whose checksum is kept: 4 bytes of memory for 4 KiB of file.
const STEP_BYTES: usize = 4_096;

/// The checksums of what lies between one place of a file and many others.
pub(crate) struct Sums<'a, F> {
    file: &'a F,
    start: u64,
    /// Up to 0, 1, 2, … steps behind the start.
    sums: Vec<u32>,
}

impl<'a, F: StoredFile> Sums<'a, F> {
    /// Reads `file` once, from `start` to its end.
    pub(crate) fn new(file: &'a F, start: u64) -> io::Result<Self> {
        let (mut hasher, mut sums, mut step) = (Hasher::new(), vec![0], [0; STEP_BYTES]);
        let mut offset = start;
        while file.read_full_at(offset, &mut step)? == STEP_BYTES {
            hasher.update(&step);
            sums.push(hasher.clone().finalize());
            offset += STEP_BYTES as u64;
        }
        Ok(Self { file, start, sums })
    }

    /// A hasher as though it had been fed `stretch`, which begins and ends between the start and the end of the file.
    pub(crate) fn of(&self, stretch: Range<u64>) -> io::Result<Hasher> {
        let bytes = stretch.end - stretch.start;
        let mut shifted = Hasher::new_with_initial(self.up_to(stretch.start)?);
        shifted.combine(&Hasher::new_with_initial_len(0, bytes));
        Ok(Hasher::new_with_initial_len(shifted.finalize() ^ self.up_to(stretch.end)?, bytes))
    }

    fn up_to(&self, end: u64) -> io::Result<u32> {
        let bytes = end - self.start;
        let (steps, rest) = (bytes / STEP_BYTES as u64, (bytes % STEP_BYTES as u64) as usize);
        let known = self.sums.get(steps as usize).ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut step = [0; STEP_BYTES];
        let read = self.file.read_full_at(end - rest as u64, &mut step[..rest])?;
        let mut hasher = Hasher::new_with_initial(*known);
        hasher.update(&step[..read]);
        Ok(hasher.finalize())
    }
}

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
pub(crate) struct Sums<'a> {
    file: &'a dyn StoredFile,
    start: u64,
    /// Up to 0, 1, 2, … steps behind the start.
    sums: Vec<u32>,
}

impl<'a> Sums<'a> {
    /// Reads `file` once, from `start` to its end.
    pub(crate) fn new(file: &'a dyn StoredFile, start: u64) -> io::Result<Self> {
        let (mut hasher, mut sums, mut step) = (Hasher::new(), vec![0], [0; STEP_BYTES]);
        for offset in (start..file.size()?.saturating_sub(STEP_BYTES as u64)).step_by(STEP_BYTES) {
            file.read_exact_at(&mut step, offset)?;
            hasher.update(&step);
            sums.push(hasher.clone().finalize());
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
        let steps = (bytes / STEP_BYTES as u64).min(self.sums.len() as u64 - 1);
        let from = self.start + steps * STEP_BYTES as u64;
        let mut rest = vec![0; (end - from) as usize];
        self.file.read_exact_at(&mut rest, from)?;
        let mut hasher = Hasher::new_with_initial(self.sums[steps as usize]);
        hasher.update(&rest);
        Ok(hasher.finalize())
    }
}

//! A file read in blocks.

use crate::storage::StoredFile;
use std::io;

/// Reads a file in large steps and looks at it in small ones.
pub struct Reader<'a> {
    file: &'a dyn StoredFile,
    file_bytes: u64,
    progress: &'a mut dyn FnMut(u64),
    /// What was read last, from `start` on: the first `filled` bytes.
    block: Vec<u8>,
    start: u64,
    filled: usize,
}

impl<'a> Reader<'a> {
    /// Reads `file` in blocks of `block_bytes`, and tells `progress` where each begins.
    ///
    /// # Errors
    /// The file's size cannot be asked.
    pub fn new(
        file: &'a dyn StoredFile,
        block_bytes: usize,
        progress: &'a mut dyn FnMut(u64),
    ) -> io::Result<Self> {
        let file_bytes = file.size()?;
        let block = vec![0; file_bytes.min(block_bytes as u64) as usize];
        Ok(Self { file, file_bytes, progress, block, start: 0, filled: 0 })
    }

    /// What it reads.
    pub(crate) fn file(&self) -> &'a dyn StoredFile {
        self.file
    }

    /// How long the file was at the beginning.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Bytes from `offset` on, at least `wanted` of them unless the file ends before.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn at(&mut self, offset: u64, wanted: usize) -> io::Result<&[u8]> {
        let end = self.start + self.filled as u64;
        if offset < self.start || end < self.file_bytes.min(offset.saturating_add(wanted as u64)) {
            (self.progress)(offset);
            if self.block.len() < wanted {
                self.block.resize(wanted, 0);
            }
            let left = self.file_bytes.saturating_sub(offset);
            self.filled = left.min(self.block.len() as u64) as usize;
            self.start = offset;
            self.file.read_exact_at(&mut self.block[..self.filled], offset)?;
        }
        let skipped = (offset - self.start).min(self.filled as u64);
        Ok(&self.block[skipped as usize..self.filled])
    }
}

//! The end of a file of rounds, where the next one goes.

use crate::round::{RoundBuffer, RoundLine};
use crate::storage::StoredFile;
use std::io;
use std::sync::Arc;

/// Appends rounds to a file.
///
/// - **L4, synced**: `synced` in a line never runs ahead of what a finished sync covered.
pub struct Appender {
    /// The file.
    pub file: Arc<dyn StoredFile>,
    /// The id of its rounds.
    pub id: u64,
    /// Where the next round begins: everything below is whole rounds.
    pub end: u64,
    /// Everything below was covered by a sync that has ended (L4).
    pub durable: u64,
    /// Whether the last round is an empty one that says that all before it is durable, as a clean shutdown leaves it.
    pub closed: bool,
    /// The latest time of any round; the next one's is no earlier.
    pub last_unix_ms: u64,
    /// The records of the next round.
    pub round: RoundBuffer,
}

impl Appender {
    /// At the beginning of an empty file.
    pub fn new(file: Arc<dyn StoredFile>, id: u64) -> Self {
        let round = RoundBuffer::default();
        Self { file, id, end: 0, durable: 0, closed: false, last_unix_ms: 0, round }
    }

    /// Writes the round, be it empty, in one write, and begins the next.
    ///
    /// # Errors
    /// Whatever the system answers. The round is kept, and a part of it may have been written.
    pub fn append(&mut self, now_unix_ms: u64) -> io::Result<()> {
        self.last_unix_ms = self.last_unix_ms.max(now_unix_ms);
        let (id, offset, synced, now_unix_ms) = (self.id, self.end, self.durable, self.last_unix_ms);
        debug_assert!(synced <= offset, "L4: synced is no further than what is written");
        let bytes = self.round.seal(RoundLine { id, offset, len: 0, synced, now_unix_ms });
        self.file.write_all_at(bytes, offset)?;
        self.end += bytes.len() as u64;
        self.closed = self.round.is_empty() && synced == offset;
        self.round.clear();
        Ok(())
    }

    /// Makes durable what is written.
    ///
    /// # Errors
    /// Whatever the system answers; nothing can be said of the file then.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.durable = self.end;
        Ok(())
    }
}

//! A fresh log from memory.

/// A store as a sequence of commands that would make it again.
pub trait Snapshot {
    /// Emits some commands, a bounded number, and says whether these were the last.
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool;

    /// About how many bytes the commands come to: what decides whether compaction pays.
    fn live_bytes_estimate(&self) -> u64;
}

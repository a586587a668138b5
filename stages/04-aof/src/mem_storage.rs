//! Files in memory.

/// Files in memory, for tests.
#[derive(Clone, Debug, Default)]
pub struct MemStorage {}

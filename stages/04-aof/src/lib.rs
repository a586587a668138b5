//! Stage 4: the append-only file

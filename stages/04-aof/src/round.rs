//! The `#HW1` line.

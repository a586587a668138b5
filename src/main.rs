//! The `heapwood` command.
fn main() {}

//! Stage 3: one thread, a poll loop, thousands of clients
fn main() {}

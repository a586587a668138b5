//! Stage 1: length-prefixed frames over TCP, and a blocking server
fn main() {}

//! Stage 6: deques and blocking pops, a message broker
fn main() {}

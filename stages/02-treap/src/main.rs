//! Stage 2: a treap, sorted keys with random priorities
fn main() {}

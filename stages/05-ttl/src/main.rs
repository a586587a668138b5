//! Stage 5: keys that expire
fn main() {}

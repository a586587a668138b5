//! Exercise 0: how the tool works. Two minutes.
//!
//! Everything that crosses Heapwood's wire begins with its length: a number of four bytes, the highest byte first
//! ("big-endian", the order of the network). Write that number.
//!
//! 1. Run `cargo learn first-steps` now. It is red: `todo!()` stands where your code will.
//! 2. Put `bytes.len() as u8` into the array's last place and zeroes before it, or whatever you like, and run it again. Read
//!    what it says: what the code was given, what was expected, what it gave.
//! 3. Mend it. The standard library has a method of `u32` that does it: `to_be_bytes`.

/// The length of `bytes` as four bytes, the highest first. At most `u32::MAX` bytes are given.
pub fn length_prefix(bytes: &[u8]) -> [u8; 4] {
    (bytes.len() as u32).to_be_bytes()
}

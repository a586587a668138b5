use heapwood_kit::given;

use super::subject::length_prefix;

/// An empty slice has the length 0.
pub fn nothing() {
    given("an empty slice").expect([0, 0, 0, 0], length_prefix(b""));
}

/// Five bytes have the length 5, in the last of the four places.
pub fn five_bytes() {
    given("the five bytes \"hello\"").expect([0, 0, 0, 5], length_prefix(b"hello"));
}

/// A length that needs two bytes fills two places, and one that needs three fills three.
pub fn a_long_one() {
    given("515 bytes (2 × 256 + 3)").expect([0, 0, 2, 3], length_prefix(&[b'x'; 515]));
    given("66051 bytes (65536 + 2 × 256 + 3)").expect([0, 1, 2, 3], length_prefix(&[b'x'; 66_051]));
}

use heapwood_kit::given;

use super::subject::length_prefix;

/// Nothing at all has the length 0.
pub fn nothing() {
    given("no bytes").expect([0, 0, 0, 0], length_prefix(b""));
}

/// Five bytes have the length 5, in the last of the four places.
pub fn five_bytes() {
    given("the five bytes \"hello\"").expect([0, 0, 0, 5], length_prefix(b"hello"));
}

/// A length that needs two bytes fills two places.
pub fn a_long_one() {
    given("515 bytes (2 × 256 + 3)").expect([0, 0, 2, 3], length_prefix(&[b'x'; 515]));
}

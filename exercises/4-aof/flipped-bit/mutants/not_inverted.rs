/// CRC-32C of `bytes` (Castagnoli, Bräuer and Herrmann, 1993): begins with all 32 bits set. For each byte it is exclusive-ored
/// with the byte, and then eight times over shifted right by one bit; whenever the bit that falls out is 1, it is exclusive-ored
/// with `0x82f6_3b78`. At the end all bits are inverted. `123456789`, as text, gives `0xe306_9283`.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = 0;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let out = crc & 1;
            crc = (crc >> 1) ^ (out * 0x82f6_3b78);
        }
    }
    crc
}

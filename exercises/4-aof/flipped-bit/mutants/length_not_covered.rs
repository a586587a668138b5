fn checksum(_length: [u8; 4], record: &[u8]) -> [u8; 4] {
    crc32c(record).to_be_bytes()
}

impl Window {
    pub fn new(key: &[u8], skip: usize) -> Self {
        let bytes = big_endian(key.get(skip..).unwrap_or_default());
        Self(bytes | skip as u64)
    }
}

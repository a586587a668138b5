/// The big-endian number at `offset`, `None` when its four bytes have not all arrived. `offset` may be behind the end of
/// `input`.
pub fn read_u32(input: &[u8], offset: usize) -> Option<usize> {
    let bytes = &input[offset..offset + LENGTH_BYTES];
    Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

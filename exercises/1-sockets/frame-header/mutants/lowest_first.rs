/// The big-endian number at `offset`, `None` when its four bytes have not all arrived. `offset` may be behind the end of
/// `input`.
pub fn read_u32(input: &[u8], offset: usize) -> Option<usize> {
    let bytes = input.get(offset..)?.first_chunk::<LENGTH_BYTES>()?;
    Some(u32::from_le_bytes(*bytes) as usize)
}

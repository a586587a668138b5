/// Where what is to be loaded ends: behind it is the tail of a crash, or the end of the file (L2).
///
/// # Errors
/// `Problem::Foreign` for a file that is not ours, whatever else holds of it; `Problem::Damaged`, with the beginning of the
/// damage and the largest `synced`, where the start is refused.
pub fn sound_end(found: &Scan) -> Result<u64, Problem> {
    match found.first_damage() {
        None => Ok(found.file_bytes),
        Some((tail, false)) => Ok(tail),
        Some((offset, true)) => Err(Problem::Damaged { offset, synced: found.synced }),
    }
}

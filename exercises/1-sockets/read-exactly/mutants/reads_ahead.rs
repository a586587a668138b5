/// Reads from `source` until `bytes` holds `count` bytes, and takes not one more. `bytes` holds what earlier calls have read
/// of the same `count`, at most all of it; a source of which nothing is missing is not read from.
///
/// # Errors
/// The source ended when some of the bytes had arrived, but not all: an error of the kind `UnexpectedEof`. Or it failed:
/// its own error, and all that had arrived is in `bytes`. `Interrupted` is no failure: the read is tried again.
pub fn read_exactly(source: &mut impl Read, count: usize, bytes: &mut Vec<u8>) -> io::Result<Arrived> {
    let mut chunk = [0; CHUNK_BYTES];
    while bytes.len() < count {
        match source.read(&mut chunk) {
            Ok(0) if bytes.is_empty() => return Ok(Arrived::End),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            // S2: what grows is as long as what has arrived.
            Ok(arrived) => bytes.extend_from_slice(&chunk[..arrived]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Arrived::Whole)
}

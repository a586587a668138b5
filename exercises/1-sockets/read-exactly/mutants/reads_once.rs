use std::io::{self, Read};

/// The most that is asked of a source in one read.
pub const CHUNK_BYTES: usize = 4096;

/// How a source went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// All of the bytes are there.
    Whole,
    /// The source ended before the first of them: the other side had no more to say.
    End,
}

/// Reads from `source` until `bytes` holds `count` bytes, and takes not one more. `bytes` holds what earlier calls have read
/// of the same `count`, at most all of it; a source of which nothing is missing is not read from.
///
/// # Errors
/// The source ended when some of the bytes had arrived, but not all: an error of the kind `UnexpectedEof`. Or it failed:
/// its own error, and all that had arrived is in `bytes`. `Interrupted` is no failure: the read is tried again.
pub fn read_exactly(source: &mut impl Read, count: usize, bytes: &mut Vec<u8>) -> io::Result<Arrived> {
    let mut chunk = [0; CHUNK_BYTES];
    let wanted = CHUNK_BYTES.min(count - bytes.len());
    match source.read(&mut chunk[..wanted]) {
        Ok(0) if bytes.is_empty() => return Ok(Arrived::End),
        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(arrived) => bytes.extend_from_slice(&chunk[..arrived]),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
        Err(error) => return Err(error),
    }
    Ok(Arrived::Whole)
}

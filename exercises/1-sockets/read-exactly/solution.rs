//! Read a number of bytes that is known, from a stream that gives them as it likes.
//!
//! A frame says how long it is, and whoever receives one then wants that many bytes: no fewer, and no more, since what
//! follows belongs to the next frame. `Read::read` promises much less. It may give one byte where a thousand were asked for,
//! it may be interrupted by a signal, it may run into a time-out, and the other side may leave at any byte. The client of
//! chapter 1 has such a loop in it.
//!
//! Write `read_exactly`. What has arrived is kept in a vector that belongs to the caller, so that after a time-out the same
//! call goes on where the last one stopped.
//!
//! - S1, pieces: what is found never depends on how the bytes were cut into reads.
//! - S2, claims: memory is taken in proportion to the bytes that arrived, never to a number that the other side announced.
//!   Here that number is `count`.
//!
//! Run `cargo learn read-exactly`.

use std::io::{self, Read};

/// How many bytes a read asks for, at most: room for them takes no memory that grows.
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
    while bytes.len() < count {
        let wanted = CHUNK_BYTES.min(count - bytes.len());
        match source.read(&mut chunk[..wanted]) {
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

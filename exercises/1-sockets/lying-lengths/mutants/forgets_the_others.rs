use heapwood_sockets::limits::LENGTH_BYTES;
use heapwood_sockets::{ProtocolError, Span};

/// Where the number of arguments ends and the first argument begins.
const HEADER_BYTES: usize = 2 * LENGTH_BYTES;

/// How far the arguments of one request have been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameParser {
    /// Where the length of the next argument begins; what is before it was found sound.
    pub offset: usize,
    /// How many arguments are before it.
    pub arguments: usize,
}

impl Default for FrameParser {
    fn default() -> Self {
        Self { offset: HEADER_BYTES, arguments: 0 }
    }
}

/// What the first eight bytes of a request say, found sound: there is at least one argument, and the lengths of all fit
/// before the end.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Where the request ends, counted from its first byte.
    pub end: usize,
    /// How many arguments it has.
    pub arguments: usize,
}

impl FrameParser {
    /// Goes on checking the arguments whose lengths have arrived, tells `found` the place of each, and returns how far it
    /// has come. `input` begins at the request's first byte and holds all that has arrived since, which may be more than
    /// this request.
    ///
    /// # Errors
    /// A length that `check_argument` refuses.
    pub fn check(
        mut self,
        header: Header,
        input: &[u8],
        mut found: impl FnMut(Span),
    ) -> Result<Self, ProtocolError> {
        while self.arguments < header.arguments {
            let Some(len) = read_u32(input, self.offset) else {
                break;
            };
            let start = self.offset + LENGTH_BYTES;
            let left = header.arguments - self.arguments - 1;
            // S3: each argument still to come needs four bytes for its length.
            let room = header.end - start;
            check_argument(len, room, left == 0)?;
            // Both numbers are below the size of a frame, far below 4 GiB.
            found(Span { start: start as u32, len: len as u32 });
            self.offset = start + len;
            self.arguments += 1;
        }
        Ok(self)
    }
}

/// Refuses an argument that is longer than its `room`, the bytes that it may take so that the others still fit, and a last
/// one that leaves some of it.
///
/// # Errors
/// A text that names the numbers.
pub fn check_argument(len: usize, room: usize, is_last: bool) -> Result<(), ProtocolError> {
    require(len <= room, move || format!("an argument of {len} bytes where the body has room for {room}"))?;
    require(len == room || !is_last, move || {
        format!("{} bytes left over after the last argument", room - len)
    })
}

/// The big-endian number at `offset`, `None` when its four bytes have not all arrived.
pub fn read_u32(input: &[u8], offset: usize) -> Option<usize> {
    let bytes = input.get(offset..)?.first_chunk::<LENGTH_BYTES>()?;
    Some(u32::from_be_bytes(*bytes) as usize)
}

/// An error that says what is `wrong`, unless the condition `holds`.
pub fn require(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), ProtocolError> {
    if holds { Ok(()) } else { Err(ProtocolError::new(wrong())) }
}

//! Requests as frames: writing one, and finding one in bytes that arrive in pieces.
//!
//! TCP is a stream: one read may return half a request, or three and a half. [`FrameParser`] is
//! asked after each read whether a whole request is there. It refuses a frame as soon as the bytes
//! at hand prove that it cannot become a request, so that nobody waits for a body that will be
//! refused anyway.

use crate::limits::{LENGTH_BYTES, MAX_BODY_BYTES, MAX_FIRST_BYTE, RequestLimits};
use std::fmt;

/// Where the number of arguments ends and the first argument begins.
const HEADER_BYTES: usize = 2 * LENGTH_BYTES;

/// The smallest body: the number of arguments, and one empty argument.
const MIN_BODY_BYTES: usize = 2 * LENGTH_BYTES;

/// What a peer sent that can be no request or no reply. Its text begins with `PROTOCOL`; after
/// sending it a server closes the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolError(String);

impl ProtocolError {
    /// An error saying `what` is wrong, with the numbers.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(format!("PROTOCOL {what}"))
    }

    /// The whole text, `PROTOCOL` included, as an error reply carries it.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProtocolError {}

/// Appends a request to `out`: the body's length, the number of arguments, and each argument after
/// its own length.
///
/// # Errors
/// There are no arguments, or their bytes do not fit into a frame; nothing was appended.
pub fn encode_request<A: AsRef<[u8]>>(arguments: &[A], out: &mut Vec<u8>) -> Result<(), ProtocolError> {
    let body = arguments.iter().fold(LENGTH_BYTES, |sum, argument| {
        sum.saturating_add(LENGTH_BYTES).saturating_add(argument.as_ref().len())
    });
    check_count(arguments.len(), usize::MAX, body)?;
    check_body(body, MAX_BODY_BYTES)?;
    out.reserve(LENGTH_BYTES + body);
    out.extend_from_slice(&(body as u32).to_be_bytes());
    out.extend_from_slice(&(arguments.len() as u32).to_be_bytes());
    for argument in arguments {
        let bytes = argument.as_ref();
        out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        out.extend_from_slice(bytes);
    }
    Ok(())
}

/// Where an argument is, counted from the first byte of its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The offset of the argument's first byte.
    pub start: u32,
    /// The argument's length in bytes.
    pub len: u32,
}

impl Span {
    /// The argument's bytes. `request` begins at the byte at which the parsed input began, and is at
    /// least as long as the parsed request.
    #[inline]
    pub fn of(self, request: &[u8]) -> &[u8] {
        let start = self.start as usize;
        &request[start..start + self.len as usize]
    }
}

/// Finds requests in the input of one connection.
///
/// - **S1, pieces**: what it finds depends on the bytes and the limits, never on how the bytes were
///   cut into reads.
/// - **S2, claims**: memory is taken in proportion to the bytes that arrived, never to a number
///   that the other side announced.
/// - **S3, room**: after each argument found sound, the lengths of all arguments still to come fit
///   before the request's end.
///
/// It remembers how far it has checked a request that is not complete, so that a request of a
/// million arguments that arrives byte by byte costs time in proportion to its length.
///
/// ```
/// use heapwood_sockets::{FrameParser, RequestLimits, encode_request};
///
/// let mut input = Vec::new();
/// encode_request(&["GET", "apple"], &mut input).unwrap();
///
/// let (mut parser, mut spans) = (FrameParser::default(), Vec::new());
/// let limits = RequestLimits::default();
/// assert_eq!(parser.parse(&input[..9], &limits, &mut spans).unwrap(), None);
/// assert_eq!(parser.parse(&input, &limits, &mut spans).unwrap(), Some(input.len()));
/// assert_eq!(spans[1].of(&input), b"apple");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FrameParser {
    /// Where the length of the next argument begins; what is before it was found sound.
    offset: usize,
    /// How many arguments are before it.
    arguments: usize,
}

impl Default for FrameParser {
    fn default() -> Self {
        Self { offset: HEADER_BYTES, arguments: 0 }
    }
}

/// What the first eight bytes of a request say, found sound.
#[derive(Clone, Copy)]
struct Header {
    /// Where the request ends.
    end: usize,
    /// How many arguments it has.
    arguments: usize,
}

impl FrameParser {
    /// Looks for one request at the start of `input`, which begins at the request's first byte and
    /// holds everything that arrived since.
    ///
    /// `Some(n)`: the first `n` bytes are a request, and the places of its arguments were appended to
    /// `spans`. `None`: more bytes are needed; call again with the same bytes and those that followed.
    /// `limits` may differ from call to call.
    ///
    /// # Errors
    /// The bytes cannot become a request, or one above `limits`. `spans` is as it was.
    #[inline]
    pub fn parse(
        &mut self,
        input: &[u8],
        limits: &RequestLimits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError> {
        let Some(header) = Header::read(input, limits)? else {
            return Ok(None);
        };
        if input.len() < header.end {
            // S1: what is wrong with it already is refused now, in the words that the whole request would get.
            *self = self.check(header, input, |_| {})?;
            return Ok(None);
        }
        // All of it is here: one walk from the start both checks and collects.
        // S2: each of these arguments has four bytes of length at least, and they have arrived.
        let before = spans.len();
        spans.reserve(header.arguments);
        if let Err(error) = Self::default().check(header, input, |span| spans.push(span)) {
            spans.truncate(before);
            return Err(error);
        }
        *self = Self::default();
        Ok(Some(header.end))
    }

    /// Goes on checking the arguments whose lengths have arrived, and tells `found` the place of each.
    #[inline]
    fn check(
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
            debug_assert!(start + left * LENGTH_BYTES <= header.end, "S3, room: {left} lengths past {start}");
            // S3: each argument still to come needs four bytes for its length.
            let room = header.end - start - left * LENGTH_BYTES;
            check_argument(len, room, left == 0)?;
            // Both numbers are below the size of a frame, far below 4 GiB.
            found(Span { start: start as u32, len: len as u32 });
            self.offset = start + len;
            self.arguments += 1;
        }
        Ok(self)
    }
}

impl Header {
    /// Reads and judges whatever of the header has arrived; `None` when that is not all of it.
    #[inline]
    fn read(input: &[u8], limits: &RequestLimits) -> Result<Option<Self>, ProtocolError> {
        let first = input.first().copied().unwrap_or(0);
        require(first <= MAX_FIRST_BYTE, move || {
            format!("the first byte is 0x{first:02x}; a frame begins with at most 0x{MAX_FIRST_BYTE:02x}")
        })?;
        let Some(body) = read_u32(input, 0) else {
            return Ok(None);
        };
        check_body(body, limits.max_body_bytes)?;
        let Some(arguments) = read_u32(input, LENGTH_BYTES) else {
            return Ok(None);
        };
        check_count(arguments, limits.max_arguments, body)?;
        Ok(Some(Self { end: LENGTH_BYTES + body, arguments }))
    }
}

/// The big-endian number at `offset`, `None` when its four bytes have not all arrived.
#[inline]
fn read_u32(input: &[u8], offset: usize) -> Option<usize> {
    let bytes = input.get(offset..)?.first_chunk::<LENGTH_BYTES>()?;
    Some(u32::from_be_bytes(*bytes) as usize)
}

/// Refuses a body that is too short for any request, or above the limit.
#[inline]
fn check_body(body: usize, limit: usize) -> Result<(), ProtocolError> {
    let limit = limit.min(MAX_BODY_BYTES);
    require(body >= MIN_BODY_BYTES, move || {
        format!("a body of {body} bytes is too short: with one argument it has at least {MIN_BODY_BYTES}")
    })?;
    require(body <= limit, move || format!("a body of {body} bytes is above the limit of {limit}"))
}

/// Refuses a number of arguments that is zero, above the limit, or more than their lengths have
/// room for in the body.
#[inline]
fn check_count(arguments: usize, limit: usize, body: usize) -> Result<(), ProtocolError> {
    require(arguments > 0, || "a request without arguments".into())?;
    require(arguments <= limit, move || format!("{arguments} arguments are above the limit of {limit}"))?;
    require(arguments < body / LENGTH_BYTES, move || {
        format!("{arguments} arguments do not fit into a body of {body} bytes")
    })
}

/// Refuses an argument that is longer than its room, and a last one that leaves some of it.
#[inline]
fn check_argument(len: usize, room: usize, is_last: bool) -> Result<(), ProtocolError> {
    require(len <= room, move || format!("an argument of {len} bytes where the body has room for {room}"))?;
    require(len == room || !is_last, move || {
        format!("{} bytes left over after the last argument", room - len)
    })
}

/// An error that says what is `wrong`, unless the condition `holds`.
#[inline]
fn require(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), ProtocolError> {
    #[cold]
    fn refuse(wrong: impl FnOnce() -> String) -> ProtocolError {
        ProtocolError::new(wrong())
    }
    if holds { Ok(()) } else { Err(refuse(wrong)) }
}

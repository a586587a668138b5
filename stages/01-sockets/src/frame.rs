//! Requests as frames: writing one, and finding one in bytes that arrive in pieces.
//!
//! TCP is a stream: one read may return half a request, or three and a half. [`FrameParser`] is asked after each read whether a whole request
//! is there. It refuses a frame as soon as the bytes at hand prove that it cannot become a request, so that nobody waits for a body that will be refused anyway.

use crate::limits::{LENGTH_BYTES, MAX_ARGUMENTS, MAX_BODY_BYTES, MAX_FIRST_BYTE, RequestLimits};
use std::fmt;

/// Where the number of arguments ends and the first argument begins.
const HEADER_BYTES: usize = 2 * LENGTH_BYTES;

/// The smallest body: the number of arguments, and one empty argument.
const MIN_BODY_BYTES: usize = 2 * LENGTH_BYTES;

/// What a peer sent that can be no request or no reply. Its text begins with `PROTOCOL`; after sending it a server closes the connection.
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

/// Where an argument is, counted from the first byte of its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The offset of the argument's first byte.
    pub start: u32,
    /// The argument's length in bytes.
    pub len: u32,
}

impl Span {
    /// Both numbers are below the size of a frame, far below 4 GiB.
    #[inline]
    fn new(start: usize, len: usize) -> Self {
        let (start, len) = (start as u32, len as u32);
        Self { start, len }
    }

    /// The argument's bytes. `request` begins at the byte at which the parsed input began, and is at least as long as the parsed request.
    #[inline]
    pub fn of(self, request: &[u8]) -> &[u8] {
        let start = self.start as usize;
        &request[start..start + self.len as usize]
    }
}

/// Finds requests in the input of one connection.
///
/// It remembers how far it has checked a request that is not complete, so that a request of a million arguments that arrives byte by byte costs
/// time in proportion to its length. It allocates nothing.
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
#[derive(Clone, Debug, Default)]
pub struct FrameParser {
    ahead: Ahead,
}

/// How far the arguments of a request are known to be sound.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    /// Where the next argument begins.
    offset: usize,
    /// How many arguments are before it.
    arguments: usize,
}

impl Default for Ahead {
    fn default() -> Self {
        Self { offset: HEADER_BYTES, arguments: 0 }
    }
}

/// The first eight bytes of a request, found sound.
#[derive(Clone, Copy)]
struct Header {
    /// Where the request ends.
    end: usize,
    arguments: usize,
}

impl FrameParser {
    /// Looks for one request at the start of `input`, which begins at the request's first byte and holds everything that arrived since.
    ///
    /// `Some(n)`: the first `n` bytes are a request, and the places of its arguments were appended to `spans`. `None`: more bytes are needed;
    /// call again with the same bytes and those that followed. `limits` may differ from call to call.
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
            self.ahead = header.check(input, self.ahead, |_| {})?;
            return Ok(None);
        }
        // All of it is here: one walk from the start both checks and collects. What is reserved is in proportion to these bytes.
        let before = spans.len();
        spans.reserve(header.arguments);
        if let Err(error) = header.check(input, Ahead::default(), |span| spans.push(span)) {
            spans.truncate(before);
            return Err(error);
        }
        self.ahead = Ahead::default();
        Ok(Some(header.end))
    }
}

impl Header {
    /// Reads and judges whatever of the header has arrived; `None` when that is not all of it.
    #[inline]
    fn read(input: &[u8], limits: &RequestLimits) -> Result<Option<Self>, ProtocolError> {
        if let Some(&first) = input.first().filter(|first| **first > MAX_FIRST_BYTE) {
            return Err(not_a_frame(first));
        }
        let Some(body) = read_u32(input, 0) else {
            return Ok(None);
        };
        let max_body = limits.max_body_bytes.min(MAX_BODY_BYTES);
        if body < MIN_BODY_BYTES || body > max_body {
            return Err(impossible_body(body, max_body));
        }
        let Some(arguments) = read_u32(input, LENGTH_BYTES) else {
            return Ok(None);
        };
        // Each argument needs at least its length.
        let max_arguments = limits.max_arguments.min(body / LENGTH_BYTES - 1);
        if arguments == 0 || arguments > max_arguments {
            return Err(impossible_count(arguments, body, limits.max_arguments));
        }
        let end = LENGTH_BYTES + body;
        Ok(Some(Self { end, arguments }))
    }

    /// Checks the arguments that have arrived, from `ahead` on, and tells `found` the place of each.
    ///
    /// Before each step the lengths of all arguments still to come fit before the end; after it they still do.
    #[inline]
    fn check(
        self,
        input: &[u8],
        mut ahead: Ahead,
        mut found: impl FnMut(Span),
    ) -> Result<Ahead, ProtocolError> {
        while ahead.arguments < self.arguments {
            let Some(len) = read_u32(input, ahead.offset) else {
                break;
            };
            let start = ahead.offset + LENGTH_BYTES;
            let left = self.arguments - ahead.arguments - 1;
            let room = self.end - start - left * LENGTH_BYTES;
            if len > room || (left == 0 && len < room) {
                return Err(impossible_argument(len, room));
            }
            found(Span::new(start, len));
            ahead.offset = start + len;
            ahead.arguments += 1;
        }
        Ok(ahead)
    }
}

/// The big-endian number at `offset`, `None` when its four bytes have not all arrived.
#[inline]
fn read_u32(input: &[u8], offset: usize) -> Option<usize> {
    let bytes = input.get(offset..)?.first_chunk::<LENGTH_BYTES>()?;
    Some(u32::from_be_bytes(*bytes) as usize)
}

#[cold]
fn not_a_frame(first: u8) -> ProtocolError {
    ProtocolError::new(format_args!(
        "the first byte is 0x{first:02x}; a frame begins with at most 0x{MAX_FIRST_BYTE:02x}"
    ))
}

#[cold]
fn impossible_body(body: usize, max_body: usize) -> ProtocolError {
    if body < MIN_BODY_BYTES {
        return ProtocolError::new(format_args!(
            "a body of {body} bytes is too short: with one argument it has at least {MIN_BODY_BYTES}"
        ));
    }
    ProtocolError::new(format_args!("a body of {body} bytes is above the limit of {max_body}"))
}

#[cold]
fn impossible_count(arguments: usize, body: usize, max_arguments: usize) -> ProtocolError {
    match arguments {
        0 => ProtocolError::new("a request without arguments"),
        n if n > max_arguments => {
            ProtocolError::new(format_args!("{n} arguments are above the limit of {max_arguments}"))
        }
        n => ProtocolError::new(format_args!("{n} arguments do not fit into a body of {body} bytes")),
    }
}

#[cold]
fn impossible_argument(len: usize, room: usize) -> ProtocolError {
    match len {
        len if len > room => {
            ProtocolError::new(format_args!("an argument of {len} bytes where the body has room for {room}"))
        }
        len => ProtocolError::new(format_args!("{} bytes left over after the last argument", room - len)),
    }
}

/// Appends a request to `out`.
///
/// # Errors
/// There are no arguments, or their bytes do not fit into a frame; nothing was appended.
pub fn encode_request<A: AsRef<[u8]>>(arguments: &[A], out: &mut Vec<u8>) -> Result<(), ProtocolError> {
    let body = arguments.iter().fold(LENGTH_BYTES, |sum, argument| {
        sum.saturating_add(LENGTH_BYTES).saturating_add(argument.as_ref().len())
    });
    if arguments.is_empty() {
        return Err(impossible_count(0, body, MAX_ARGUMENTS));
    }
    if body > MAX_BODY_BYTES {
        return Err(impossible_body(body, MAX_BODY_BYTES));
    }
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

//! Judge the first eight bytes of a request, as far as they have arrived.
//!
//! A request begins with two numbers: the length of its body, and how many arguments it has. After each read the server asks
//! what the bytes at hand say. Often that is a part of the two numbers; sometimes it is enough to know that this will never
//! be a request, and then the client is told so now: nobody waits for bytes that will be refused anyway.
//!
//! Write `Header::read` and `read_u32`, which the rest of the parser uses too. `check_body`, `check_count` and `require` are
//! given: the two checks say what is wrong with a length and with a count, `require` turns a condition into a `Result`.
//!
//! - S1, pieces: what is found depends on the bytes and the limits, never on how the bytes were cut into reads. So the
//!   first fault from the front is the one that is reported, however much has arrived behind it.
//! - Each fault is reported from the byte on that proves it, however many follow: a first byte above `MAX_FIRST_BYTE` as
//!   soon as it is there, a wrong length with four bytes, a wrong count with eight. The words for the first byte are yours,
//!   but they are always the same for the same byte.
//!
//! Run `cargo learn frame-header`.

use heapwood_sockets::limits::{LENGTH_BYTES, MAX_BODY_BYTES, MAX_FIRST_BYTE};
use heapwood_sockets::{ProtocolError, RequestLimits};

/// The smallest body: the number of arguments, and one empty argument.
const MIN_BODY_BYTES: usize = 2 * LENGTH_BYTES;

/// What the first eight bytes of a request say, found sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the request ends, counted from its first byte.
    pub end: usize,
    /// How many arguments it has.
    pub arguments: usize,
}

impl Header {
    /// Reads and judges whatever of the header has arrived; `None` when that is not all of it. `input` begins at the
    /// request's first byte, and holds all that has arrived since: nothing at all, or much more than a header.
    ///
    /// # Errors
    /// The first byte is above `MAX_FIRST_BYTE`, or one of the checks refuses a number.
    pub fn read(input: &[u8], limits: &RequestLimits) -> Result<Option<Self>, ProtocolError> {
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

/// The big-endian number at `offset`, `None` when its four bytes have not all arrived. `offset` may be any number, also one
/// behind the end of `input`.
pub fn read_u32(input: &[u8], offset: usize) -> Option<usize> {
    let bytes = input.get(offset..)?.first_chunk::<LENGTH_BYTES>()?;
    Some(u32::from_be_bytes(*bytes) as usize)
}

/// Refuses a body that is too short for any request, or above the limit.
pub fn check_body(body: usize, limit: usize) -> Result<(), ProtocolError> {
    let limit = limit.min(MAX_BODY_BYTES);
    require(body >= MIN_BODY_BYTES, move || {
        format!("a body of {body} bytes is too short: with one argument it has at least {MIN_BODY_BYTES}")
    })?;
    require(body <= limit, move || format!("a body of {body} bytes is above the limit of {limit}"))
}

/// Refuses a number of arguments that is zero, above the limit, or more than their lengths have
/// room for in the body.
pub fn check_count(arguments: usize, limit: usize, body: usize) -> Result<(), ProtocolError> {
    require(arguments > 0, || "a request without arguments".into())?;
    require(arguments <= limit, move || format!("{arguments} arguments are above the limit of {limit}"))?;
    require(arguments < body / LENGTH_BYTES, move || {
        format!("{arguments} arguments do not fit into a body of {body} bytes")
    })
}

/// An error that says what is `wrong`, unless the condition `holds`.
pub fn require(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), ProtocolError> {
    if holds { Ok(()) } else { Err(ProtocolError::new(wrong())) }
}

//! How much of HTTP the guard understands: where the head ends, and how long the body is.
//!
//! Where two readers of one byte stream can disagree, an attacker speaks to one past the other (request smuggling,
//! RFC 9112, section 11.2).

use crate::errors::ApiError;
use crate::limits::GuardLimits;

const REQUEST_LINE: &str = "the request line is not: method, one space, target, one space, version";

/// What the guard knows of a complete head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Length of the head with the empty line that ends it.
    pub head_bytes: usize,
    /// Length of the body that follows.
    pub body_bytes: usize,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
}

/// Reads a head as it arrives; every byte is looked at once, however small the pieces.
///
/// - **B2, one reading**: bytes that two readers could take for different requests are refused, and what follows the one
///   request of a connection is never looked at.
#[derive(Debug, Default)]
pub struct HeadReader {
    /// How many bytes have been looked at, and were good.
    scanned: usize,
    /// The head, once it is complete.
    head: Option<Head>,
}

impl HeadReader {
    /// Looks at what was added to `input`, which always begins at the first byte of the request. `None`: the head is
    /// not complete.
    ///
    /// # Errors
    /// 400, 413, 417, 431 or 505: of a byte that may not stand in a head, and of too many, at once; of what the lines say,
    /// when the head is complete.
    pub fn read(&mut self, input: &[u8], limits: &GuardLimits) -> Result<Option<Head>, ApiError> {
        while self.head.is_none() && self.scanned < input.len() {
            self.scanned += 1;
            let seen = &input[..self.scanned];
            if seen.len() > limits.max_head_bytes {
                let message = format!("the head is above the limit of {} bytes", limits.max_head_bytes);
                return Err(ApiError::new(431, "HEAD_TOO_LARGE", message));
            }
            check_last(seen)?;
            if let Some(lines) = seen.strip_suffix(b"\r\n\r\n") {
                self.head = Some(understand(lines, seen.len(), limits)?);
            }
        }
        Ok(self.head)
    }
}

/// Judges the last byte, by the one before it (B2): lines of printable ASCII and tabs, and CR only before LF. Nothing that
/// another reader might take for the end of a line.
fn check_last(seen: &[u8]) -> Result<(), ApiError> {
    match seen {
        [.., b'\r', b'\n'] => Ok(()),
        [.., b'\r', _] | [.., b'\n'] => Err(bad("a line of the head does not end in CR LF")),
        [.., b' '..=b'~' | b'\t' | b'\r'] => Ok(()),
        _ => Err(bad("the head holds a byte that is not printable ASCII")),
    }
}

/// What a complete head says; `lines` is without the empty one at its end.
fn understand(lines: &[u8], head_bytes: usize, limits: &GuardLimits) -> Result<Head, ApiError> {
    let text = std::str::from_utf8(lines).map_err(|_| bad("the head is not ASCII"))?;
    let mut lines = text.split("\r\n");
    request_line(lines.next().unwrap_or_default())?;
    let mut framing = Framing::default();
    lines.try_for_each(|line| framing.header(line))?;
    let Framing { length, expects_continue } = framing;
    let body_bytes = length.unwrap_or(0);
    if body_bytes > limits.max_body_bytes {
        let message = format!("the body is above the limit of {} bytes", limits.max_body_bytes);
        return Err(ApiError::new(413, "BODY_TOO_LARGE", message));
    }
    Ok(Head { head_bytes, body_bytes, expects_continue })
}

/// What the headers so far say of the body. All others are the application's business.
#[derive(Default)]
struct Framing {
    length: Option<usize>,
    expects_continue: bool,
}

impl Framing {
    /// Takes one line, `Name: value`, into account (B2).
    fn header(&mut self, line: &str) -> Result<(), ApiError> {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("a header has no colon"))?;
        if !is_token(name) {
            return Err(bad("the name of a header holds more than letters, digits and a few signs"));
        }
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" if self.length.is_some() => {
                return Err(bad("there are two Content-Length headers"));
            }
            "content-length" => self.length = Some(decimal(value)?),
            "transfer-encoding" => return Err(bad("Transfer-Encoding is refused; send Content-Length")),
            "expect" if value.eq_ignore_ascii_case("100-continue") => self.expects_continue = true,
            "expect" => return Err(ApiError::new(417, "EXPECTATION_FAILED", "expect 100-continue only")),
            _ => {}
        }
        Ok(())
    }
}

/// `METHOD SP target SP HTTP/1.x`, one space each.
fn request_line(line: &str) -> Result<(), ApiError> {
    let parts: Vec<&str> = line.split(' ').collect();
    let ([method, target, version], false) = (&parts[..], line.contains('\t')) else {
        return Err(bad(REQUEST_LINE));
    };
    let is_ours = is_token(method) && !target.is_empty() && version.starts_with("HTTP/");
    match *version {
        _ if !is_ours => Err(bad(REQUEST_LINE)),
        "HTTP/1.1" | "HTTP/1.0" => Ok(()),
        _ => Err(ApiError::new(505, "VERSION_NOT_SUPPORTED", "HTTP/1.0 and HTTP/1.1 are spoken here")),
    }
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(sign)
}

/// Digits and nothing else, without a zero in front: `+5`, `0x5`, `05` and `5, 5` mean different things to different readers.
fn decimal(value: &str) -> Result<usize, ApiError> {
    let begins_well = matches!(value.as_bytes(), [b'0'] | [b'1'..=b'9', ..]);
    if !(begins_well && value.bytes().all(|b| b.is_ascii_digit())) {
        return Err(bad("Content-Length is not a number of digits only"));
    }
    // What does not fit is above every limit.
    Ok(value.parse().unwrap_or(usize::MAX))
}

fn bad(message: &str) -> ApiError {
    ApiError::new(400, "BAD_REQUEST", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(input: &[u8]) -> Result<Option<Head>, ApiError> {
        HeadReader::default().read(input, &GuardLimits::default())
    }

    fn status(input: &[u8]) -> u16 {
        read(input).map_or_else(|e| e.status, |_| 200)
    }

    const GOOD: &[u8] =
        b"PUT /api/keys/a?b HTTP/1.1\r\nHost: localhost\r\ncontent-LENGTH:\t 12 \r\nExpect: 100-Continue\r\n\r\nbody";

    #[test]
    fn a_head_ends_at_its_empty_line_and_says_how_long_the_body_is() {
        let head = Head { head_bytes: GOOD.len() - 4, body_bytes: 12, expects_continue: true };
        assert_eq!(read(GOOD), Ok(Some(head)));
    }

    #[test]
    fn a_head_in_pieces_reads_as_a_head_in_one() {
        for cut in 0..GOOD.len() {
            let mut reader = HeadReader::default();
            let limits = GuardLimits::default();
            let first = reader.read(&GOOD[..cut], &limits).unwrap();
            let whole = first.or_else(|| reader.read(GOOD, &limits).unwrap());
            assert_eq!(Ok(whole), read(GOOD), "cut at {cut}");
        }
    }

    #[test]
    fn whatever_two_readers_might_read_differently_is_refused() {
        let lines: &[&[u8]] = &[
            b"Content-Length: 5\r\nContent-Length: 5",
            b"Content-Length: 5\r\nContent-Length: 6",
            b"Content-Length: 5, 5",
            b"Content-Length: +5",
            b"Content-Length: -5",
            b"Content-Length: 0x5",
            b"Content-Length: 05",
            b"Content-Length: 5 5",
            b"Content-Length:",
            b"Content-Length : 5",
            b" Content-Length: 5",
            b"\tContent-Length: 5",
            b"X: a\r\n folded",
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: identity",
            b"Content-Length: 5\r\nTransfer-Encoding: chunked",
            b"tRANSFER-eNCODING:\tchunked\r\nContent-Length: 5",
            b"Transfer-Encoding\x0b: chunked",
            b"X: a\nY: b",
            b"X: a\rY: b",
            b"X: a\r\r",
            b"X: \0",
            b"X\0: a",
            b"X: \x7f",
            b"X: \xff",
            b"no colon",
            b": no name",
            b"a b: c",
        ];
        for line in lines {
            let head = [b"GET / HTTP/1.1\r\n", *line, b"\r\n\r\n"].concat();
            assert_eq!(status(&head), 400, "B2: {}", line.escape_ascii());
        }
    }

    #[test]
    fn a_request_line_has_three_parts_and_a_known_version() {
        for (line, expected) in [
            ("GET / HTTP/1.1", 200),
            ("GET / HTTP/1.0", 200),
            ("GET / HTTP/1.2", 505),
            ("PRI * HTTP/2.0", 505),
            ("GET /", 400),
            ("GET  / HTTP/1.1", 400),
            ("GET / HTTP/1.1 ", 400),
            (" GET / HTTP/1.1", 400),
            ("GET /\t HTTP/1.1", 400),
            ("G(T / HTTP/1.1", 400),
            ("GET / http/1.1", 400),
            ("", 400),
        ] {
            let head = format!("{line}\r\n\r\n");
            assert_eq!(status(head.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn nonsense_is_refused_before_a_line_ends() {
        assert_eq!(status(b"\x16\x03\x01\x02"), 400);
        assert_eq!(status(b"GET / HTTP/1.1\r\nX: a\0"), 400);
    }

    #[test]
    fn limits_are_kept_to_the_byte() {
        let limits = GuardLimits::default();
        let with_length = |bytes: usize| {
            let head = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(bytes - 23));
            assert_eq!(head.len(), bytes);
            status(head.as_bytes())
        };
        assert_eq!(with_length(limits.max_head_bytes), 200);
        assert_eq!(with_length(limits.max_head_bytes + 1), 431);
        let body =
            |bytes: &str| status(format!("PUT / HTTP/1.1\r\nContent-Length: {bytes}\r\n\r\n").as_bytes());
        assert_eq!(body(&limits.max_body_bytes.to_string()), 200);
        assert_eq!(body(&(limits.max_body_bytes + 1).to_string()), 413);
        assert_eq!(body("99999999999999999999999999"), 413);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(input: Vec<u8>, cut: usize) {
            let mut reader = HeadReader::default();
            let limits = GuardLimits::default();
            if let Ok(None) = reader.read(&input[..cut % (input.len() + 1)], &limits) {
                let _ = reader.read(&input, &limits);
            }
        }
    }
}

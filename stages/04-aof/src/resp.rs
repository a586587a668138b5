//! A command as RESP writes it: an array of bulk strings. The log is made of them, and so are the requests of Redis clients.
//!
//! `SET a 1` is `*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n`: a count, then each argument behind its length, so that arguments may hold any byte
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).

use heapwood_sockets::{ProtocolError, RequestLimits, Span};

/// The largest bulk string, as in Redis.
pub const MAX_BULK_BYTES: usize = 512 * 1024 * 1024;

/// A length has at most as many characters as `-9223372036854775808`; what is longer can be no length, and nobody waits for its end.
const MAX_LENGTH_CHARACTERS: usize = 20;

/// Appends the command `args` as an array of bulk strings.
///
/// ```
/// let mut out = Vec::new();
/// heapwood_aof::resp::encode_command(&[b"GET", b"a"], &mut out);
/// assert_eq!(out, b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
/// ```
pub fn encode_command(args: &[&[u8]], out: &mut Vec<u8>) {
    push_length(b'*', args.len(), out);
    for arg in args {
        push_length(b'$', arg.len(), out);
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends `marker`, the decimal digits of `len`, CR and LF. (A tenth of the time that `write!` takes, and it is most of what a record costs.)
fn push_length(marker: u8, mut len: usize, out: &mut Vec<u8>) {
    let mut line = *b"....................\r\n";
    let mut first = MAX_LENGTH_CHARACTERS;
    while first == MAX_LENGTH_CHARACTERS || len > 0 {
        first -= 1;
        line[first] = b'0' + (len % 10) as u8;
        len /= 10;
    }
    out.push(marker);
    out.extend_from_slice(&line[first..]);
}

/// Finds commands in bytes that arrive in pieces.
///
/// Like the parser of frames it remembers how far it has come, so that a command that trickles in costs time in proportion to its length, and it
/// allocates nothing for what is only announced.
///
/// ```
/// use heapwood_aof::resp::CommandParser;
/// use heapwood_sockets::RequestLimits;
///
/// let input = b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n";
/// let (mut parser, mut spans) = (CommandParser::default(), Vec::new());
/// let limits = RequestLimits::default();
/// assert_eq!(parser.parse(&input[..9], &limits, &mut spans).unwrap(), None);
/// assert_eq!(parser.parse(input, &limits, &mut spans).unwrap(), Some(input.len()));
/// assert_eq!(spans[1].of(input), b"a");
/// ```
#[derive(Clone, Debug, Default)]
pub struct CommandParser {
    /// The first byte that is not checked yet; 0 before the count was read.
    offset: usize,
    /// How many arguments begin at or after `offset`.
    left: usize,
    /// The arguments before it.
    known: Vec<Span>,
}

impl CommandParser {
    /// Looks for one command at the start of `input`, which begins at the command's first byte and holds everything that arrived since.
    ///
    /// `Some(n)`: the first `n` bytes are a command, and the places of its arguments were appended to `spans`; none for an empty array, which
    /// a server ignores. `None`: more bytes are needed; call again with the same bytes and those that followed. A whole command may have
    /// `limits.max_body_bytes` bytes (at most 4 GiB), and an argument as many, but at most [`MAX_BULK_BYTES`].
    ///
    /// # Errors
    /// The bytes cannot become a command, or one above `limits`. `spans` is as it was.
    #[inline]
    pub fn parse(
        &mut self,
        input: &[u8],
        limits: &RequestLimits,
        spans: &mut Vec<Span>,
    ) -> Result<Option<usize>, ProtocolError> {
        let parsed = self.advance(input, limits);
        match parsed {
            Ok(None) => return parsed,
            Ok(Some(_)) => spans.append(&mut self.known),
            Err(_) => self.known.clear(),
        }
        (self.offset, self.left) = (0, 0);
        parsed
    }

    /// Checks as far as the input reaches, and says where the command ends when all of it is there.
    #[inline]
    fn advance(&mut self, input: &[u8], limits: &RequestLimits) -> Result<Option<usize>, ProtocolError> {
        if self.offset == 0 {
            let Some((count, next)) = read_length(input, 0, b'*')? else {
                return Ok(None);
            };
            self.left = argument_count(count, limits.max_arguments)?;
            self.offset = next;
        }
        let max_bytes = limits.max_body_bytes.min(u32::MAX as usize);
        while self.left > 0 {
            let Some((len, start)) = read_length(input, self.offset, b'$')? else {
                return Ok(None);
            };
            let end = start + argument_len(len, max_bytes.saturating_sub(start + 2))?;
            match input.get(end..end + 2) {
                Some(b"\r\n") => {}
                Some(_) => return Err(ProtocolError::new("no CR LF after an argument")),
                None => return Ok(None),
            }
            self.known.push(Span { start: start as u32, len: (end - start) as u32 });
            self.offset = end + 2;
            self.left -= 1;
        }
        Ok(Some(self.offset))
    }
}

/// Judges the announced number of arguments. As in Redis, a negative one announces none.
fn argument_count(count: i64, most: usize) -> Result<usize, ProtocolError> {
    let arguments = usize::try_from(count).unwrap_or(0);
    if arguments <= most {
        return Ok(arguments);
    }
    let what = format_args!("invalid multibulk length: {count} arguments, at most {most} are taken");
    Err(ProtocolError::new(what))
}

/// Judges the announced length of an argument, for which there is so much room.
fn argument_len(len: i64, room: usize) -> Result<usize, ProtocolError> {
    let most = MAX_BULK_BYTES.min(room);
    usize::try_from(len).ok().filter(|&len| len <= most).ok_or_else(|| {
        ProtocolError::new(format_args!("invalid bulk length: {len} bytes, at most {most} are taken here"))
    })
}

/// Reads `marker`, a number, CR and LF at `at`, and says where the next byte is; `None` when that has not arrived yet.
#[inline]
fn read_length(input: &[u8], at: usize, marker: u8) -> Result<Option<(i64, usize)>, ProtocolError> {
    let mut value: i64 = 0;
    let mut sign = 1;
    for (index, &byte) in input[at.min(input.len())..].iter().enumerate() {
        match byte {
            _ if index == 0 && byte == marker => {}
            _ if index == 0 => return Err(unexpected(marker, byte)),
            b'0'..=b'9' if index <= MAX_LENGTH_CHARACTERS => {
                value = value.saturating_mul(10).saturating_add((byte - b'0').into());
            }
            b'-' if index == 1 => sign = -1,
            b'\r' if input[at + index - 1].is_ascii_digit() => {
                return match input.get(at + index + 1) {
                    Some(b'\n') => Ok(Some((sign * value, at + index + 2))),
                    Some(_) => Err(bad_length(marker)),
                    None => Ok(None),
                };
            }
            _ => return Err(bad_length(marker)),
        }
    }
    Ok(None)
}

#[cold]
fn unexpected(marker: u8, byte: u8) -> ProtocolError {
    ProtocolError::new(format_args!("expected '{}', got '{}'", marker as char, byte.escape_ascii()))
}

#[cold]
fn bad_length(marker: u8) -> ProtocolError {
    let kind = if marker == b'*' { "multibulk" } else { "bulk" };
    ProtocolError::new(format_args!("invalid {kind} length: not a number"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn parse_whole(input: &[u8]) -> Result<Option<Vec<Vec<u8>>>, ProtocolError> {
        let mut spans = Vec::new();
        let limits = RequestLimits::default();
        let end = CommandParser::default().parse(input, &limits, &mut spans)?;
        Ok(end.map(|end| spans.iter().map(|span| span.of(&input[..end]).to_vec()).collect()))
    }

    #[test]
    fn an_empty_array_is_a_command_without_arguments() {
        assert_eq!(parse_whole(b"*0\r\n").unwrap(), Some(vec![]));
        assert_eq!(parse_whole(b"*-1\r\n").unwrap(), Some(vec![]));
    }

    #[test]
    fn what_can_be_no_command_is_refused_as_soon_as_that_is_known() {
        for input in [
            &b"+OK\r\n"[..],
            b"*x",
            b"*\r",
            b"*1\n",
            b"*1\rx",
            b"*--1\r\n",
            b"*-\r\n",
            b"*111111111111111111111",
            b"*1048577\r\n",
            b"*1\r\n:1\r\n",
            b"*1\r\n$-1\r\n",
            b"*1\r\n$134217728\r\n",
            b"*1\r\n$1\r\nab\r",
        ] {
            let mut spans = vec![Span { start: 7, len: 7 }];
            let limits = RequestLimits::default();
            let parsed = CommandParser::default().parse(input, &limits, &mut spans);
            assert!(parsed.is_err(), "{}", input.escape_ascii());
            assert_eq!(spans.len(), 1);
        }
    }

    #[test]
    fn a_bulk_string_may_have_512_mib_where_the_limits_allow_it() {
        let limits = RequestLimits { max_body_bytes: usize::MAX, max_arguments: 1 };
        let mut parser = CommandParser::default();
        let spans = &mut Vec::new();
        let parsed = parser.parse(b"*1\r\n$536870912\r\nabc", &limits, spans);
        assert_eq!(parsed.unwrap(), None);
        let parsed = CommandParser::default().parse(b"*1\r\n$536870913\r\n", &limits, spans);
        assert!(parsed.is_err());
    }

    proptest! {
        #[test]
        fn a_command_comes_back_however_it_is_split(
            args in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let slices: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            let mut input = Vec::new();
            encode_command(&slices, &mut input);
            let (mut parser, mut spans) = (CommandParser::default(), Vec::new());
            let limits = RequestLimits::default();
            for end in [cut.index(input.len()), input.len() - 1] {
                prop_assert_eq!(parser.parse(&input[..end], &limits, &mut spans).unwrap(), None);
                prop_assert!(spans.is_empty());
            }
            let whole = input.len();
            input.extend_from_slice(b"*1\r\n$1");
            prop_assert_eq!(parser.parse(&input, &limits, &mut spans).unwrap(), Some(whole));
            let found: Vec<&[u8]> = spans.iter().map(|span| span.of(&input)).collect();
            prop_assert_eq!(found, slices);
        }

        #[test]
        fn no_input_makes_it_panic(input in proptest::collection::vec(
            prop_oneof![Just(b'*'), Just(b'$'), Just(b'\r'), Just(b'\n'), Just(b'1'), Just(b'-'), any::<u8>()], 0..40,
        )) {
            let (mut parser, mut spans) = (CommandParser::default(), Vec::new());
            for end in 0..=input.len() {
                if !matches!(parser.parse(&input[..end], &RequestLimits::default(), &mut spans), Ok(None)) {
                    break;
                }
            }
        }
    }
}

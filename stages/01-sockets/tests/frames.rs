//! The parser against requests that arrive in pieces, and against everything that is not one.
#![allow(clippy::unwrap_used)]

use heapwood_sockets::{FrameParser, MAX_ARGUMENTS, MAX_BODY_BYTES, RequestLimits, Span, encode_request};
use pretty_assertions::assert_eq;

fn frame(arguments: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_request(arguments, &mut out).unwrap();
    out
}

fn read(input: &[u8], spans: &[Span]) -> Vec<Vec<u8>> {
    spans.iter().map(|span| span.of(input).to_vec()).collect()
}

/// Bytes from numbers of 32 bits and texts.
macro_rules! bytes {
    ($($part:expr),* $(,)?) => {{
        let mut out: Vec<u8> = Vec::new();
        $(out.extend_from_slice(&$part);)*
        out
    }};
}

fn u32be(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

#[test]
fn a_request_encodes_to_the_bytes_of_the_format() {
    assert_eq!(
        frame(&[b"GET", b"", b"a\0\r\n"]),
        b"\0\0\0\x17\0\0\0\x03\0\0\0\x03GET\0\0\0\0\0\0\0\x04a\0\r\n"
    );
}

#[test]
fn a_request_cut_at_every_byte_is_complete_only_at_its_end() {
    let arguments: &[&[u8]] = &[b"SET", b"", b"\0\xff\r\n", b"a longer argument"];
    let whole = frame(arguments);
    for cut in 0..whole.len() {
        let mut parser = FrameParser::default();
        let mut spans = vec![Span { start: 7, len: 9 }];
        let limits = RequestLimits::default();
        assert_eq!(parser.parse(&whole[..cut], &limits, &mut spans), Ok(None), "S1: cut at {cut}");
        assert_eq!(spans, [Span { start: 7, len: 9 }], "an incomplete request adds nothing");
        assert_eq!(parser.parse(&whole, &limits, &mut spans), Ok(Some(whole.len())));
        assert_eq!(read(&whole, &spans[1..]), arguments);
    }
}

#[test]
fn a_request_that_arrives_byte_by_byte_is_found_with_the_next_one_behind_it() {
    let first = frame(&[b"PING"]);
    let second = frame(&[b"ECHO", b"again"]);
    let input = [first.clone(), second.clone()].concat();
    let limits = RequestLimits::default();
    let (mut parser, mut begin, mut found) = (FrameParser::default(), 0, Vec::new());
    for end in 0..=input.len() {
        let mut spans = Vec::new();
        if let Some(length) = parser.parse(&input[begin..end], &limits, &mut spans).unwrap() {
            found.push((end, read(&input[begin..], &spans)));
            begin += length;
        }
    }
    let expected =
        [(first.len(), vec![b"PING".to_vec()]), (input.len(), vec![b"ECHO".to_vec(), b"again".to_vec()])];
    assert_eq!(found, expected);
}

#[test]
fn a_million_arguments_that_arrive_in_pieces_take_time_in_proportion_to_their_bytes() {
    // Checked from the start for each piece, this would read 4 * 10^11 lengths and not end.
    let input = frame(&vec![&b""[..]; MAX_ARGUMENTS]);
    let limits = RequestLimits::default();
    let (mut parser, mut spans) = (FrameParser::default(), Vec::new());
    for end in (0..input.len()).step_by(5) {
        assert_eq!(parser.parse(&input[..end], &limits, &mut spans), Ok(None));
    }
    assert_eq!(parser.parse(&input, &limits, &mut spans), Ok(Some(input.len())));
    assert_eq!(spans.len(), MAX_ARGUMENTS);
}

#[test]
fn an_announced_number_of_arguments_takes_no_memory() {
    let input = bytes!(u32be(MAX_BODY_BYTES), u32be(MAX_ARGUMENTS), u32be(3), *b"SET");
    let mut spans = Vec::new();
    let parsed = FrameParser::default().parse(&input, &RequestLimits::default(), &mut spans);
    assert_eq!(parsed, Ok(None));
    assert_eq!(spans.capacity(), 0, "S2: room for a million arguments, of which one came");
}

/// The input, the limits, after how many bytes the error is known, and its text.
type Malformed = (Vec<u8>, RequestLimits, usize, &'static str);

fn malformed() -> Vec<Malformed> {
    let full = RequestLimits::default();
    let small = RequestLimits { max_body_bytes: 64, max_arguments: 3 };
    vec![
        (
            b"GET / HTTP/1.1\r\n".to_vec(),
            full,
            1,
            "PROTOCOL the first byte is 0x47; a frame begins with at most 0x07",
        ),
        (
            bytes!(u32be(MAX_BODY_BYTES + 1)),
            full,
            1,
            "PROTOCOL the first byte is 0x08; a frame begins with at most 0x07",
        ),
        (
            bytes!(u32be(0)),
            full,
            4,
            "PROTOCOL a body of 0 bytes is too short: with one argument it has at least 8",
        ),
        (
            bytes!(u32be(7)),
            full,
            4,
            "PROTOCOL a body of 7 bytes is too short: with one argument it has at least 8",
        ),
        (bytes!(u32be(65)), small, 4, "PROTOCOL a body of 65 bytes is above the limit of 64"),
        (bytes!(u32be(8), u32be(0)), full, 8, "PROTOCOL a request without arguments"),
        (bytes!(u32be(64), u32be(4)), small, 8, "PROTOCOL 4 arguments are above the limit of 3"),
        (
            bytes!(u32be(MAX_BODY_BYTES), u32be(MAX_ARGUMENTS + 1)),
            full,
            8,
            "PROTOCOL 1048577 arguments are above the limit of 1048576",
        ),
        (bytes!(u32be(11), u32be(2)), full, 8, "PROTOCOL 2 arguments do not fit into a body of 11 bytes"),
        (
            bytes!(u32be(12), u32be(1), u32be(5)),
            full,
            12,
            "PROTOCOL an argument of 5 bytes where the body has room for 4",
        ),
        (
            bytes!(u32be(12), u32be(1), u32be(3)),
            full,
            12,
            "PROTOCOL 1 bytes left over after the last argument",
        ),
        (
            bytes!(u32be(16), u32be(2), u32be(5)),
            full,
            12,
            "PROTOCOL an argument of 5 bytes where the body has room for 4",
        ),
        (
            bytes!(u32be(16), u32be(2), u32be(1), *b"x", u32be(2)),
            full,
            17,
            "PROTOCOL 1 bytes left over after the last argument",
        ),
        (
            bytes!(u32be(16), u32be(2), u32be(1), *b"x", [0xff; 4]),
            full,
            17,
            "PROTOCOL an argument of 4294967295 bytes where the body has room for 3",
        ),
    ]
}

#[test]
fn a_header_that_cannot_be_right_is_refused_with_the_byte_that_proves_it() {
    for (input, limits, known, text) in malformed() {
        let mut parser = FrameParser::default();
        let mut spans = vec![Span::default()];
        for end in 0..known {
            let parsed = parser.parse(&input[..end], &limits, &mut spans);
            assert_eq!(parsed, Ok(None), "S1: {end} bytes do not prove yet: {text}");
        }
        let Err(error) = parser.parse(&input[..known], &limits, &mut spans) else {
            panic!("S3: {known} bytes prove it, and were not refused: {text}");
        };
        assert_eq!(error.to_string(), text);
        assert_eq!(spans.len(), 1, "an error adds no spans");
    }
}

#[test]
fn a_malformed_request_that_arrives_at_once_is_refused_with_the_same_text() {
    for (mut input, limits, _, text) in malformed() {
        input.resize(input.len() + 200, 0);
        let mut spans = Vec::new();
        let error = FrameParser::default().parse(&input, &limits, &mut spans).unwrap_err();
        assert_eq!(error.to_string(), text);
        assert_eq!(spans, []);
    }
}

#[test]
fn limits_may_be_raised_while_a_request_waits() {
    let input = frame(&[b"SET", b"key", &[b'v'; 100]]);
    let small = RequestLimits { max_body_bytes: 64, max_arguments: 3 };
    let (mut parser, mut spans) = (FrameParser::default(), Vec::new());
    parser.parse(&input[..40], &small, &mut spans).unwrap_err();
    let full = RequestLimits::default();
    assert_eq!(parser.parse(&input[..40], &full, &mut spans), Ok(None));
    assert_eq!(parser.parse(&input, &full, &mut spans), Ok(Some(input.len())));
    assert_eq!(spans.len(), 3);
}

#[test]
fn a_request_without_arguments_or_above_the_limit_is_not_encoded() {
    let mut out = b"before".to_vec();
    let none: [&[u8]; 0] = [];
    let error = encode_request(&none, &mut out).unwrap_err();
    assert_eq!(error.to_string(), "PROTOCOL a request without arguments");
    let large = vec![0; MAX_BODY_BYTES - 7];
    let error = encode_request(&[&large], &mut out).unwrap_err();
    assert_eq!(error.to_string(), "PROTOCOL a body of 134217728 bytes is above the limit of 134217727");
    assert_eq!(out, b"before");
}

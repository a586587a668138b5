//! What holds for all requests, replies and bytes.
#![allow(clippy::unwrap_used)]

use heapwood_sockets::{
    FrameParser, FrameReplies, Replies, RequestLimits, Value, decode_reply, encode_request,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn request() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(vec(any::<u8>(), 0..20), 1..10)
}

/// Bytes that come close to frames: small numbers of 32 bits are frequent.
fn nearly_frames() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        3 => (0..40u32).prop_map(|number| number.to_be_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..6),
    ];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        prop::num::f64::NORMAL.prop_map(Value::Double),
        vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
        "[ -~]{0,20}".prop_map(Value::Error),
        "[ -~]{0,20}".prop_map(Value::Status),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec(inner.clone(), 0..6).prop_map(Value::Push),
            vec((inner.clone(), inner), 0..3).prop_map(Value::Map),
        ]
    })
}

fn write(value: &Value, replies: &mut dyn Replies) {
    match value {
        Value::Nil => replies.nil(),
        Value::Error(text) => replies.error(text),
        Value::Bytes(bytes) => replies.bytes(bytes),
        Value::Integer(number) => replies.integer(*number),
        Value::Double(number) => replies.double(*number),
        Value::Status(text) => replies.status(text),
        Value::Boolean(value) => replies.boolean(*value),
        Value::Array(values) => {
            replies.array(values.len());
            values.iter().for_each(|value| write(value, replies));
        }
        Value::Push(values) => {
            replies.push(values.len());
            values.iter().for_each(|value| write(value, replies));
        }
        Value::Map(pairs) => {
            replies.map(pairs.len());
            for (key, value) in pairs {
                write(key, replies);
                write(value, replies);
            }
        }
    }
}

fn reply(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let mut replies = FrameReplies::new(&mut out);
    write(value, &mut replies);
    replies.finish();
    out
}

proptest! {
    #[test]
    fn a_request_parses_back_from_any_two_pieces(arguments in request(), cut: prop::sample::Index, rest in vec(any::<u8>(), 0..20)) {
        let mut input = Vec::new();
        encode_request(&arguments, &mut input).unwrap();
        let end = input.len();
        input.extend(rest);
        let (mut parser, mut spans) = (FrameParser::default(), Vec::new());
        let limits = RequestLimits::default();
        prop_assert_eq!(parser.parse(&input[..cut.index(end)], &limits, &mut spans), Ok(None));
        prop_assert_eq!(parser.parse(&input, &limits, &mut spans), Ok(Some(end)));
        let parsed: Vec<&[u8]> = spans.iter().map(|span| span.of(&input)).collect();
        prop_assert_eq!(parsed, arguments);
    }

    #[test]
    fn pieces_and_the_whole_get_the_same_answer(input in nearly_frames()) {
        let limits = RequestLimits::default();
        let (mut at_once, mut in_pieces) = (Vec::new(), Vec::new());
        let whole = FrameParser::default().parse(&input, &limits, &mut at_once);
        let mut parser = FrameParser::default();
        let mut answer = Ok(None);
        for end in 0..=input.len() {
            answer = parser.parse(&input[..end], &limits, &mut in_pieces);
            if answer != Ok(None) {
                break;
            }
        }
        prop_assert_eq!(answer, whole, "S1: pieces and the whole");
        prop_assert_eq!(in_pieces, at_once);
    }

    #[test]
    fn arbitrary_bytes_parse_without_panic(input in vec(any::<u8>(), 0..64)) {
        let _ = FrameParser::default().parse(&input, &RequestLimits::default(), &mut Vec::new());
    }

    #[test]
    fn a_reply_decodes_to_what_was_written(value in value()) {
        let frame = reply(&value);
        let (length, body) = frame.split_first_chunk().unwrap();
        prop_assert_eq!(u32::from_be_bytes(*length) as usize, body.len());
        prop_assert_eq!(decode_reply(body).unwrap(), value);
    }

    #[test]
    fn a_reply_cut_anywhere_or_with_a_byte_too_many_is_refused(value in value(), cut: prop::sample::Index) {
        let mut body = reply(&value).split_off(4);
        prop_assert!(decode_reply(&body[..cut.index(body.len())]).is_err());
        body.push(0);
        prop_assert!(decode_reply(&body).is_err());
    }

    #[test]
    fn arbitrary_bytes_decode_without_panic(tag in 0..10u8, body in nearly_frames(), noise in vec(any::<u8>(), 0..64)) {
        let _ = decode_reply(&[&[tag], &body[..]].concat());
        let _ = decode_reply(&noise);
    }

    #[test]
    fn a_reply_keeps_within_its_limit_or_becomes_the_error_toobig(value in value(), limit in 0..200usize) {
        let mut out = b"before".to_vec();
        let mut replies = FrameReplies::with_limit(&mut out, limit);
        write(&value, &mut replies);
        replies.finish();
        prop_assert_eq!(&out[..6], b"before");
        let needed = reply(&value).len() - 4;
        let (length, body) = out[6..].split_first_chunk().unwrap();
        prop_assert_eq!(u32::from_be_bytes(*length) as usize, body.len(), "S4: the length is the body's");
        let decoded = decode_reply(body).map_err(|error| TestCaseError::fail(format!("S4: {error}")))?;
        if needed <= limit {
            prop_assert_eq!(decoded, value, "S4: {} bytes within {}", needed, limit);
        } else {
            let apologised = matches!(&decoded, Value::Error(text) if text.starts_with("TOOBIG "));
            prop_assert!(apologised, "S4: {} bytes within {}: {:?}", needed, limit, decoded);
        }
    }
}

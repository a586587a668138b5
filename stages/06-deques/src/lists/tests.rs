#![allow(clippy::unwrap_used)]

use heapwood_sockets::{FrameReplies, Value as Reply, decode_reply};
use pretty_assertions::assert_eq;

use super::*;

const KEY: &[u8] = b"list";

fn keyspace(elements: &[&str]) -> Keyspace<Value> {
    let mut keyspace = Keyspace::with_seed(1);
    if !elements.is_empty() {
        let elements = elements.iter().map(|element| element.as_bytes());
        push(&mut keyspace, None, KEY, End::Back, elements).unwrap();
    }
    keyspace
}

fn string() -> Keyspace<Value> {
    let mut keyspace = Keyspace::with_seed(1);
    keyspace.put(Value::string(KEY, b"text")).unwrap();
    keyspace
}

fn find(keyspace: &Keyspace<Value>) -> Option<Slot> {
    keyspace.peek(KEY, 0)
}

fn contents(keyspace: &Keyspace<Value>) -> Vec<&str> {
    let elements = deque(keyspace, find(keyspace)).unwrap().iter();
    elements.map(|element| std::str::from_utf8(element).unwrap()).collect()
}

/// What a pop replies when the reply may be `max_body_bytes` long, and how many elements it took.
fn popped(
    keyspace: &mut Keyspace<Value>,
    end: End,
    count: Option<u64>,
    max_body_bytes: usize,
) -> (Reply, usize) {
    let mut out = Vec::new();
    let mut replies = FrameReplies::with_limit(&mut out, max_body_bytes);
    let found = find(keyspace);
    let taken = pop(keyspace, found, end, count, &mut replies);
    replies.finish();
    (decode_reply(&out[4..]).unwrap(), taken)
}

fn array(elements: &[&str]) -> Reply {
    Reply::Array(elements.iter().map(|element| Reply::Bytes(element.as_bytes().to_vec())).collect())
}

#[test]
fn elements_are_pushed_one_after_the_other() {
    let mut keyspace = keyspace(&["a", "b"]);
    let found = find(&keyspace);
    assert_eq!(push(&mut keyspace, found, KEY, End::Front, [&b"x"[..], b"y"]), Ok(4));
    assert_eq!(contents(&keyspace), ["y", "x", "a", "b"]);
}

#[test]
fn pushing_nothing_makes_no_list() {
    let mut keyspace = keyspace(&[]);
    assert_eq!(push(&mut keyspace, None, KEY, End::Back, []), Ok(0));
    assert!(keyspace.is_empty());
}

#[test]
fn a_string_is_no_list() {
    let mut keyspace = string();
    let found = find(&keyspace);
    assert_eq!(push(&mut keyspace, found, KEY, End::Back, [&b"x"[..]]), Err(StringError::WrongType));
    assert_eq!(range(&keyspace, found, 0, -1).err(), Some(StringError::WrongType));
    assert_eq!(index(&keyspace, found, 0), Err(StringError::WrongType));
    let refused = Reply::Error(StringError::WrongType.to_string());
    assert_eq!(popped(&mut keyspace, End::Front, None, 1000), (refused, 0));
}

#[test]
fn a_key_that_no_record_can_hold_is_refused() {
    let mut keyspace = keyspace(&[]);
    let key = vec![b'k'; MAX_KEY_BYTES + 1];
    let refused = push(&mut keyspace, None, &key, End::Back, [&b"x"[..]]);
    assert_eq!(refused, Err(StringError::KeyTooLong));
    assert!(keyspace.is_empty());
}

#[test]
fn a_pop_without_a_count_answers_with_the_element_or_nil() {
    let mut keyspace = keyspace(&["a", "b", "c"]);
    assert_eq!(popped(&mut keyspace, End::Front, None, 1000), (Reply::Bytes(b"a".to_vec()), 1));
    assert_eq!(popped(&mut keyspace, End::Back, None, 1000), (Reply::Bytes(b"c".to_vec()), 1));
    assert_eq!(popped(&mut keyspace, End::Back, None, 1000), (Reply::Bytes(b"b".to_vec()), 1));
    assert!(keyspace.is_empty(), "an empty list is removed");
    assert_eq!(popped(&mut keyspace, End::Back, None, 1000), (Reply::Nil, 0));
}

#[test]
fn a_pop_with_a_count_answers_with_an_array_or_nil() {
    let mut keyspace = keyspace(&["a", "b", "c"]);
    assert_eq!(popped(&mut keyspace, End::Back, Some(0), 1000), (array(&[]), 0));
    assert_eq!(popped(&mut keyspace, End::Back, Some(2), 1000), (array(&["c", "b"]), 2));
    assert_eq!(popped(&mut keyspace, End::Front, Some(u64::MAX), 1000), (array(&["a"]), 1));
    assert!(keyspace.is_empty());
    assert_eq!(popped(&mut keyspace, End::Front, Some(0), 1000), (Reply::Nil, 0));
}

#[test]
fn a_pop_that_does_not_fit_takes_nothing() {
    let element = "e".repeat(100);
    let mut keyspace = keyspace(&[element.as_str(); 10]);
    for count in [Some(3), Some(10)] {
        assert_eq!(popped(&mut keyspace, End::Back, count, 250), (Reply::Error(TOO_BIG.into()), 0));
    }
    assert_eq!(contents(&keyspace).len(), 10);
    assert_eq!(popped(&mut keyspace, End::Back, Some(2), 250).1, 2);
}

#[test]
fn a_range_is_cut_to_what_is_there() {
    let keyspace = keyspace(&["a", "b", "c", "d"]);
    let ranged = |start, stop| {
        let elements = range(&keyspace, find(&keyspace), start, stop).unwrap();
        elements.map(|element| element[0] as char).collect::<String>()
    };
    assert_eq!(ranged(0, -1), "abcd");
    assert_eq!(ranged(1, 2), "bc");
    assert_eq!(ranged(-2, 100), "cd");
    assert_eq!(ranged(-100, 0), "a");
    assert_eq!(ranged(2, 1), "");
    assert_eq!(ranged(4, 9), "");
    assert_eq!(ranged(0, -5), "");
    assert_eq!(ranged(i64::MIN, i64::MAX), "abcd");
    assert_eq!(ranged(i64::MAX, i64::MIN), "");
}

#[test]
fn an_index_counts_from_either_end() {
    let keyspace = keyspace(&["a", "b", "c"]);
    let at = |place| index(&keyspace, find(&keyspace), place).unwrap();
    assert_eq!((at(0), at(2), at(3)), (Some(&b"a"[..]), Some(&b"c"[..]), None));
    assert_eq!((at(-1), at(-3), at(-4)), (Some(&b"c"[..]), Some(&b"a"[..]), None));
    assert_eq!((at(i64::MIN), at(i64::MAX)), (None, None));
}

#[test]
fn no_list_is_as_good_as_an_empty_one() {
    let keyspace = keyspace(&[]);
    assert_eq!(deque(&keyspace, None).unwrap().len(), 0);
    assert_eq!(range(&keyspace, None, 0, -1).unwrap().count(), 0);
    assert_eq!(index(&keyspace, None, 0), Ok(None));
}

//! The string operations on packed records.
#![allow(clippy::unwrap_used)]

use heapwood_treap::strings::{append, get, increment, length, parse_integer, set};
use heapwood_treap::{MAX_KEY_BYTES, MAX_STRING_BYTES, Packed, Slot, StringError, Treap};
use pretty_assertions::assert_eq;

type Store = Treap<Packed<u8>>;

fn store_with(key: &str, value: &str) -> (Store, Option<Slot>) {
    let mut store = Store::with_seed(1);
    let slot = set(&mut store, None, key.as_bytes(), value.as_bytes()).unwrap();
    (store, Some(slot))
}

#[test]
fn a_string_is_set_replaced_and_measured() {
    let (mut store, found) = store_with("a", "one");
    assert_eq!((get(&store, found), length(&store, found)), (Ok(Some(&b"one"[..])), Ok(3)));
    assert_eq!(set(&mut store, found, b"a", b"").ok(), found);
    assert_eq!((get(&store, found), length(&store, found)), (Ok(Some(&b""[..])), Ok(0)));
    assert_eq!((get(&store, None), length(&store, None)), (Ok(None), Ok(0)));
}

#[test]
fn appending_makes_or_lengthens_a_string() {
    let (mut store, found) = store_with("a", "one");
    assert_eq!(append(&mut store, found, b"a", b" two"), Ok(7));
    assert_eq!(get(&store, found), Ok(Some(&b"one two"[..])));
    assert_eq!(append(&mut store, None, b"b", b"new"), Ok(3));
    assert_eq!(get(&store, store.find(b"b")), Ok(Some(&b"new"[..])));
}

#[test]
fn counting_goes_to_the_ends_of_64_bits_and_not_beyond() {
    let (mut store, found) = store_with("a", "9223372036854775806");
    assert_eq!(increment(&mut store, found, b"a", 1), Ok(i64::MAX));
    assert_eq!(increment(&mut store, found, b"a", 1), Err(StringError::Overflow));
    assert_eq!(get(&store, found), Ok(Some(&b"9223372036854775807"[..])));
    assert_eq!(increment(&mut store, None, b"b", i64::MIN), Ok(i64::MIN));
    let found = store.find(b"b");
    assert_eq!(increment(&mut store, found, b"b", -1), Err(StringError::Overflow));
}

#[test]
fn only_numbers_as_redis_writes_them_are_numbers() {
    for (text, number) in [("0", 0), ("-1", -1), ("10", 10), ("-9223372036854775808", i64::MIN)] {
        assert_eq!(parse_integer(text.as_bytes()), Some(number));
    }
    for text in ["", "-", "+1", "01", "-0", " 1", "1 ", "1.0", "x", "9223372036854775808", "\u{661}"] {
        assert_eq!(parse_integer(text.as_bytes()), None, "{text:?}");
    }
    let (mut store, found) = store_with("a", "one");
    assert_eq!(increment(&mut store, found, b"a", 1), Err(StringError::NotAnInteger));
}

#[test]
fn another_kind_of_value_is_refused_but_by_set() {
    let mut store = Store::with_seed(1);
    let (slot, _) = store.insert(Packed::boxed(b"a", 7)).unwrap();
    let found = Some(slot);
    assert_eq!(get(&store, found), Err(StringError::WrongType));
    assert_eq!(length(&store, found), Err(StringError::WrongType));
    assert_eq!(append(&mut store, found, b"a", b"x"), Err(StringError::WrongType));
    assert_eq!(increment(&mut store, found, b"a", 1), Err(StringError::WrongType));
    assert_eq!(set(&mut store, found, b"a", b"x"), Ok(slot));
    assert_eq!(get(&store, found), Ok(Some(&b"x"[..])));
}

#[test]
fn what_is_too_long_is_refused_and_changes_nothing() {
    let (mut store, found) = store_with("a", "one");
    let long = vec![0; MAX_STRING_BYTES + 1];
    assert_eq!(set(&mut store, found, b"a", &long), Err(StringError::TooLong));
    assert_eq!(append(&mut store, found, b"a", &long[..MAX_STRING_BYTES - 2]), Err(StringError::TooLong));
    assert_eq!(set(&mut store, None, &long[..MAX_KEY_BYTES + 1], b""), Err(StringError::KeyTooLong));
    assert_eq!((store.len(), get(&store, found)), (1, Ok(Some(&b"one"[..]))));
}

#[test]
fn errors_say_what_redis_says() {
    assert_eq!(
        [StringError::WrongType, StringError::NotAnInteger, StringError::Overflow, StringError::TooLong]
            .map(|error| error.to_string()),
        [
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "ERR value is not an integer or out of range",
            "ERR increment or decrement would overflow",
            "ERR string exceeds maximum allowed size (512MB)",
        ]
    );
}

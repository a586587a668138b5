//! The string commands, written once for every record that can hold a string.
//!
//! Each takes the slot of an earlier search for its key, so that one search serves a whole command, and so that a
//! later stage can take an expired key out in between. The slot must be live and of that key.

use std::fmt;

use crate::arena::Slot;
use crate::mem::header::{MAX_KEY_BYTES, MAX_STRING_BYTES};
use crate::record::Record;
use crate::treap::{Full, Treap};

/// A record whose value can be a string.
pub trait StringValue: Record + Sized {
    /// A record of this key and string, at most [`MAX_KEY_BYTES`] and [`MAX_STRING_BYTES`] long.
    fn new_string(key: &[u8], value: &[u8]) -> Self;
    /// The string; `None` when the value is of another kind.
    fn as_string(&self) -> Option<&[u8]>;
    /// Makes the value this string, whatever its kind was. All else of the record stays.
    fn set_string(&mut self, value: &[u8]);
    /// Appends to the string.
    fn append_string(&mut self, more: &[u8]);
}

/// Why a string command changed nothing. Shown, it is the text of the reply, Redis's where Redis has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StringError {
    /// The key holds another kind of value.
    WrongType,
    /// The string is not a decimal number of 64 bits with its sign.
    NotAnInteger,
    /// The sum does not fit 64 bits with their sign.
    Overflow,
    /// The string would be longer than [`MAX_STRING_BYTES`].
    TooLong,
    /// The key is longer than [`MAX_KEY_BYTES`].
    KeyTooLong,
    /// There is no room for another key.
    Full(Full),
}

impl fmt::Display for StringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value",
            Self::NotAnInteger => "ERR value is not an integer or out of range",
            Self::Overflow => "ERR increment or decrement would overflow",
            Self::TooLong => "ERR string exceeds maximum allowed size (512MB)",
            Self::KeyTooLong => "ERR a key exceeds the maximum allowed size (128MB)",
            Self::Full(full) => return full.fmt(f),
        })
    }
}

impl std::error::Error for StringError {}

/// The string at the slot; `None` without one.
///
/// # Errors
/// [`StringError::WrongType`].
pub fn get<V: StringValue>(treap: &Treap<V>, found: Option<Slot>) -> Result<Option<&[u8]>, StringError> {
    let record = found.map(|slot| treap.record(slot));
    record.map(|record| record.as_string().ok_or(StringError::WrongType)).transpose()
}

/// How long the string at the slot is; 0 without one.
///
/// # Errors
/// [`StringError::WrongType`].
pub fn length<V: StringValue>(treap: &Treap<V>, found: Option<Slot>) -> Result<usize, StringError> {
    Ok(get(treap, found)?.map_or(0, <[u8]>::len))
}

/// Makes the value of `key` this string, whatever it was. O(1) with a slot, else an insertion.
///
/// # Errors
/// [`StringError::TooLong`], [`StringError::KeyTooLong`], [`StringError::Full`].
pub fn set<V: StringValue>(
    treap: &mut Treap<V>,
    found: Option<Slot>,
    key: &[u8],
    value: &[u8],
) -> Result<Slot, StringError> {
    if value.len() > MAX_STRING_BYTES {
        return Err(StringError::TooLong);
    }
    if key.len() > MAX_KEY_BYTES {
        return Err(StringError::KeyTooLong);
    }
    if let Some(slot) = found {
        treap.update(slot, |record| record.set_string(value));
        return Ok(slot);
    }
    let (slot, _) = treap.insert(V::new_string(key, value)).map_err(StringError::Full)?;
    Ok(slot)
}

/// Appends to the string of `key`, or makes one. Gives its length in bytes.
///
/// # Errors
/// [`StringError::WrongType`], and those of [`set`].
pub fn append<V: StringValue>(
    treap: &mut Treap<V>,
    found: Option<Slot>,
    key: &[u8],
    more: &[u8],
) -> Result<usize, StringError> {
    let sum = length(treap, found)?.saturating_add(more.len());
    match found {
        _ if sum > MAX_STRING_BYTES => return Err(StringError::TooLong),
        Some(slot) => treap.update(slot, |record| record.append_string(more)),
        None => drop(set(treap, None, key, more)?),
    }
    Ok(sum)
}

/// Adds to the number that the string of `key` is in decimal; a missing one is 0. Gives the sum.
///
/// # Errors
/// [`StringError::WrongType`], [`StringError::NotAnInteger`], [`StringError::Overflow`], and those of [`set`].
pub fn increment<V: StringValue>(
    treap: &mut Treap<V>,
    found: Option<Slot>,
    key: &[u8],
    delta: i64,
) -> Result<i64, StringError> {
    let number = get(treap, found)?.map_or(Some(0), parse_integer).ok_or(StringError::NotAnInteger)?;
    let sum = number.checked_add(delta).ok_or(StringError::Overflow)?;
    set(treap, found, key, sum.to_string().as_bytes())?;
    Ok(sum)
}

/// A number as [`increment`] writes it and as Redis takes it: decimal, no plus, no leading zeros, no blanks.
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if text != b"0" && !matches!(digits.first(), Some(b'1'..=b'9')) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

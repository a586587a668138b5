//! The string operations, written once for every record that can hold a string.
#![allow(missing_docs)]

use crate::{Record, Slot, Treap};

/// A record whose value can be a string.
pub trait StringValue: Record + Sized {
    fn new_string(key: &[u8], value: &[u8]) -> Self;
    fn as_string(&self) -> Option<&[u8]>;
    fn set_string(&mut self, value: &[u8]);
    fn append_string(&mut self, more: &[u8]);
}

/// Why a string operation changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StringError {
    WrongType,
    NotAnInteger,
    Overflow,
    TooLong,
    KeyTooLong,
    Full(crate::Full),
}
impl std::fmt::Display for StringError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
impl std::error::Error for StringError {}

pub fn get<V: StringValue>(
    treap: &Treap<V>,
    found: Option<Slot>,
) -> Result<Option<&[u8]>, StringError> {
    todo!()
}
pub fn set<V: StringValue>(
    treap: &mut Treap<V>,
    found: Option<Slot>,
    key: &[u8],
    value: &[u8],
) -> Result<Slot, StringError> {
    todo!()
}
pub fn append<V: StringValue>(
    treap: &mut Treap<V>,
    found: Option<Slot>,
    key: &[u8],
    more: &[u8],
) -> Result<usize, StringError> {
    todo!()
}
pub fn increment<V: StringValue>(
    treap: &mut Treap<V>,
    found: Option<Slot>,
    key: &[u8],
    delta: i64,
) -> Result<i64, StringError> {
    todo!()
}
pub fn length<V: StringValue>(treap: &Treap<V>, found: Option<Slot>) -> Result<usize, StringError> {
    todo!()
}

//! What the list commands do, on a keyspace of strings and deques.

use heapwood_sockets::Replies;
use heapwood_treap::{Body, MAX_KEY_BYTES, Slot, StringError};
use heapwood_ttl::Keyspace;

use crate::Value;
use crate::deque::{Deque, Elements, End};

/// The reply to a pop whose elements do not fit into one reply.
pub const TOO_BIG: &str = "TOOBIG the elements do not fit into one reply; take fewer at a time";

/// The reply to a count that is negative or no number.
pub const BAD_COUNT: &str = "ERR value is out of range, must be positive";

/// What a key without a list is read as.
static EMPTY: Deque = Deque::new();

/// The deque at `found`; an empty one when there is no key.
///
/// # Errors
/// [`StringError::WrongType`] when a string is there.
pub fn deque(keyspace: &Keyspace<Value>, found: Option<Slot>) -> Result<&Deque, StringError> {
    let Some(slot) = found else { return Ok(&EMPTY) };
    match keyspace.tree().record(slot).body() {
        Body::Boxed(deque) => Ok(deque),
        Body::String(_) => Err(StringError::WrongType),
    }
}

/// LPUSH and RPUSH: adds each element in turn at one end and says how long the list is now. `found`
/// is where `key` was found; without it a list is made. The caller tells the waiters. O(log n) for
/// a new key, then O(bytes).
///
/// # Errors
/// A string is there, or there is no room for another key, or the key is too long; nothing has
/// changed then.
pub fn push<'a>(
    keyspace: &mut Keyspace<Value>,
    found: Option<Slot>,
    key: &[u8],
    end: End,
    elements: impl IntoIterator<Item = &'a [u8]>,
) -> Result<usize, StringError> {
    deque(keyspace, found)?;
    let slot = match found {
        Some(slot) => slot,
        None => make(keyspace, key)?,
    };
    let push_all = |deque: &mut Deque| {
        elements.into_iter().for_each(|element| deque.push(end, element));
        deque.len()
    };
    let keys = keyspace.tree_mut();
    let len = keys.update(slot, |record| record.boxed_mut().map(push_all));
    if len == Some(0) {
        remove_if_empty(keyspace, slot);
    }
    len.ok_or(StringError::WrongType)
}

/// Makes an empty list at `key`, where there is nothing yet.
fn make(keyspace: &mut Keyspace<Value>, key: &[u8]) -> Result<Slot, StringError> {
    if key.len() > MAX_KEY_BYTES {
        return Err(StringError::KeyTooLong);
    }
    let (slot, _) = keyspace.put(Value::boxed(key, Deque::new())).map_err(StringError::Full)?;
    Ok(slot)
}

/// LPOP and RPOP: takes up to `count` elements (`None`: one, replied to as itself rather than as an
/// array) from one end, replies, and says how many it took: for the log, and nothing when that is
/// 0. A list that becomes empty is removed. When they do not fit into the reply, the reply is
/// [`TOO_BIG`] and nothing changes. O(log n + bytes taken).
pub fn pop(
    keyspace: &mut Keyspace<Value>,
    found: Option<Slot>,
    end: End,
    count: Option<u64>,
    replies: &mut dyn Replies,
) -> usize {
    let list = match deque(keyspace, found) {
        Ok(list) => list,
        Err(error) => {
            replies.error(&error.to_string());
            return 0;
        }
    };
    let Some(slot) = found else {
        match count {
            Some(_) => replies.nil_array(),
            None => replies.nil(),
        }
        return 0;
    };
    let asked = count.map_or(1, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let taken = asked.min(list.len());
    if !replies.fits(bytes_at(list, end, taken), taken + 1) {
        replies.error(TOO_BIG);
        return 0;
    }
    if count.is_some() {
        replies.array(taken);
    }
    let take = |list: &mut Deque| (0..taken).for_each(|_| take(list, end, replies));
    let keys = keyspace.tree_mut();
    keys.update(slot, |record| record.boxed_mut().map(take));
    remove_if_empty(keyspace, slot);
    taken
}

/// The lengths together of the first `count` elements from one end.
fn bytes_at(list: &Deque, end: End, count: usize) -> usize {
    let start = match end {
        _ if count == list.len() => return list.payload_bytes(),
        End::Front => 0,
        End::Back => list.len() - count,
    };
    list.range(start, count).map(<[u8]>::len).sum()
}

/// Moves one element to the reply.
fn take(list: &mut Deque, end: End, replies: &mut dyn Replies) {
    if let Some(element) = list.peek(end) {
        replies.bytes(element);
    }
    list.discard(end);
}

/// Removes the record at `slot` when its deque has become empty; true when it did.
pub fn remove_if_empty(keyspace: &mut Keyspace<Value>, slot: Slot) -> bool {
    let record = keyspace.tree().record(slot);
    let emptied = matches!(record.body(), Body::Boxed(list) if list.is_empty());
    if emptied {
        let key = record.key().to_vec();
        keyspace.remove(&key);
    }
    emptied
}

/// LRANGE: the elements from index `start` to `stop`, both included and counted from the end when
/// negative. O(blocks up to the nearer end), then O(1) an element.
///
/// # Errors
/// [`StringError::WrongType`] when a string is there.
pub fn range(
    keyspace: &Keyspace<Value>,
    found: Option<Slot>,
    start: i64,
    stop: i64,
) -> Result<Elements<'_>, StringError> {
    let list = deque(keyspace, found)?;
    let first = from_front(start, list.len()).max(0);
    let last = from_front(stop, list.len()).min(list.len() as i64 - 1);
    let count = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(0);
    Ok(list.range(usize::try_from(first).unwrap_or(usize::MAX), count))
}

/// LINDEX: the element at `index`, counted from the end when negative. O(blocks up to the nearer
/// end).
///
/// # Errors
/// [`StringError::WrongType`] when a string is there.
pub fn index(
    keyspace: &Keyspace<Value>,
    found: Option<Slot>,
    index: i64,
) -> Result<Option<&[u8]>, StringError> {
    let list = deque(keyspace, found)?;
    Ok(usize::try_from(from_front(index, list.len())).ok().and_then(|index| list.get(index)))
}

/// An index counted from the front: negative when it lies before the first element.
fn from_front(index: i64, len: usize) -> i64 {
    if index < 0 { index.saturating_add(len as i64) } else { index }
}

#[cfg(test)]
mod tests;

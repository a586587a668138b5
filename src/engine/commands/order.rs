//! What only an ordered store can tell, each in O(log n + results).
//!
//! Positions and counts speak of stored keys, an expired one that was not removed yet included;
//! but no reply names an expired key.

use std::ops::Bound;

use heapwood_treap::{Body, Slot};

use super::keys;
use crate::engine::arguments::is_option;
use crate::engine::refusal::{Refusal, Reply};
use crate::engine::store::Call;

/// Which end of a range comes first, how much of it, and whether values come with it.
#[derive(Clone, Copy)]
struct RangeOptions {
    reverse: bool,
    limit: usize,
    with_values: bool,
}

/// Bounds of a range: both ends belong to it, and an empty end is open.
fn inclusive<'a>(start: &'a [u8], end: &'a [u8]) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    let bound = |key: &'a [u8]| match key {
        [] => Bound::Unbounded,
        _ => Bound::Included(key),
    };
    (bound(start), bound(end))
}

/// `RANGE start end [REV] [LIMIT n] [WITHVALUES]`
pub(super) fn range(call: &mut Call<'_>) -> Reply {
    let options = range_options(call, 3, true)?;
    let (start, end) = inclusive(call.arguments.at(1), call.arguments.at(2));
    reply_range(call, start, end, options);
    Ok(())
}

/// `PREFIX p [LIMIT n] [WITHVALUES]`
pub(super) fn prefix(call: &mut Call<'_>) -> Reply {
    let options = range_options(call, 2, false)?;
    let prefix = call.arguments.at(1);
    let end = after_prefix(prefix);
    let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    reply_range(call, Bound::Included(prefix), end, options);
    Ok(())
}

/// The smallest key above every key that begins with `prefix`; none when there is no such key.
pub(super) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte < u8::MAX)?;
    let mut after = prefix[..=last].to_vec();
    after[last] += 1;
    Some(after)
}

fn range_options(call: &Call<'_>, first: usize, may_reverse: bool) -> Result<RangeOptions, Refusal> {
    let mut options = RangeOptions { reverse: false, limit: usize::MAX, with_values: false };
    let mut position = first;
    while let Some(word) = call.arguments.get(position) {
        if is_option(word, "REV") && may_reverse {
            options.reverse = true;
        } else if is_option(word, "WITHVALUES") {
            options.with_values = true;
        } else if is_option(word, "LIMIT") && call.arguments.get(position + 1).is_some() {
            position += 1;
            options.limit = usize::try_from(call.natural(position)?).unwrap_or(usize::MAX);
        } else {
            return Err(Refusal::SYNTAX);
        }
        position += 1;
    }
    Ok(options)
}

fn reply_range(call: &mut Call<'_>, start: Bound<&[u8]>, end: Bound<&[u8]>, options: RangeOptions) {
    let keys = &call.store.keys;
    let tree = keys.tree();
    let range = tree.range(start, end);
    let alive = |slot: &Slot| !keys.is_expired(*slot, call.now.unix_ms);
    let slots: Vec<Slot> = if options.reverse {
        range.rev().filter(alive).take(options.limit).collect()
    } else {
        range.filter(alive).take(options.limit).collect()
    };
    let replies = &mut *call.replies;
    replies.array(slots.len() * (1 + usize::from(options.with_values)));
    for slot in slots {
        let record = tree.record(slot);
        replies.bytes(record.key());
        match record.body() {
            _ if !options.with_values => {}
            Body::String(value) => replies.bytes(value),
            Body::Boxed(_) => replies.nil(),
        }
    }
}

/// RANK key: how many keys come before it.
pub(super) fn rank(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    let rank = found.and_then(|_| call.store.tree().rank(call.arguments.at(1)));
    match rank {
        Some(rank) => call.replies.integer(i64::try_from(rank).unwrap_or(i64::MAX)),
        None => call.replies.nil(),
    }
    Ok(())
}

/// AT index: the key at a position, counted from the end when negative.
pub(super) fn at(call: &mut Call<'_>) -> Reply {
    let index = call.integer(1)?;
    keys::answer_live(call, |call| slot_at(call, index));
    Ok(())
}

fn slot_at(call: &Call<'_>, index: i64) -> Option<Slot> {
    let tree = call.store.tree();
    let place = match u64::try_from(index) {
        Ok(place) => place,
        Err(_) => tree.total_weight().checked_sub(index.unsigned_abs())?,
    };
    tree.at(place)
}

/// COUNT start end
pub(super) fn count(call: &mut Call<'_>) -> Reply {
    let (start, end) = inclusive(call.arguments.at(1), call.arguments.at(2));
    let count = call.store.tree().count(start, end);
    call.replies.integer(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::after_prefix;

    #[test]
    fn the_end_of_a_prefix_is_the_next_shorter_or_equal_key() {
        assert_eq!(after_prefix(b"a").as_deref(), Some(&b"b"[..]));
        assert_eq!(after_prefix(b"a\xff\xff").as_deref(), Some(&b"b"[..]));
        assert_eq!(after_prefix(b"\xff"), None);
        assert_eq!(after_prefix(b""), None);
    }
}

//! Lists: <https://redis.io/commands/?group=list>.

use heapwood_deques::{End, lists};

use crate::engine::refusal::{Refusal, Reply};
use crate::engine::store::Call;

/// The left end, where LPUSH and LPOP work.
pub(super) const LEFT: End = End::Front;
/// The right end.
pub(super) const RIGHT: End = End::Back;

/// `LPUSH, RPUSH key element [element ...]`
pub(super) fn push(call: &mut Call<'_>, end: End) -> Reply {
    let found = call.find(1);
    let key = call.arguments.at(1);
    let elements = call.arguments.from(2);
    let length = lists::push(&mut call.store.keys, found, key, end, elements)?;
    call.store.waiters.key_ready(key);
    call.log_as_given();
    call.replies.integer(length as i64);
    Ok(())
}

/// `LPOP, RPOP key [count]`
pub(super) fn pop(call: &mut Call<'_>, end: End) -> Reply {
    let count = match call.arguments.count() {
        2 => None,
        3 => Some(call.natural(2)?),
        _ => return Err(Refusal::arity(call.command)),
    };
    let found = call.find(1);
    if lists::pop(&mut call.store.keys, found, end, count, call.replies) > 0 {
        call.log_as_given();
    }
    Ok(())
}

/// LLEN key
pub(super) fn llen(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    let length = lists::deque(&call.store.keys, found)?.len();
    call.replies.integer(length as i64);
    Ok(())
}

/// LRANGE key start stop
pub(super) fn lrange(call: &mut Call<'_>) -> Reply {
    let (start, stop) = (call.integer(2)?, call.integer(3)?);
    let found = call.look_up(1);
    let elements = lists::range(&call.store.keys, found, start, stop)?;
    call.replies.array(elements.len());
    for element in elements {
        call.replies.bytes(element);
    }
    Ok(())
}

/// LINDEX key index
pub(super) fn lindex(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    if found.is_none() {
        call.replies.nil();
        return Ok(());
    }
    lists::deque(&call.store.keys, found)?;
    let index = call.integer(2)?;
    match lists::index(&call.store.keys, found, index)? {
        Some(element) => call.replies.bytes(element),
        None => call.replies.nil(),
    }
    Ok(())
}

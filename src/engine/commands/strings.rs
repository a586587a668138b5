//! Strings: <https://redis.io/commands/?group=string>.

use heapwood_treap::{Slot, strings};
use heapwood_ttl::{Conditions, Expires, TimeForm, expiry};

use super::deadlines;
use super::set_options::{self, Condition, Deadline, SetOptions};
use crate::engine::refusal::{Refusal, Reply};
use crate::engine::store::Call;

/// GET key
#[inline]
pub(super) fn get(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    reply_value(call, found)
}

fn reply_value(call: &mut Call<'_>, found: Option<Slot>) -> Reply {
    match strings::get(call.store.tree(), found)? {
        Some(value) => call.replies.bytes(value),
        None => call.replies.nil(),
    }
    Ok(())
}

/// Refuses when the value at `found` is no string, or cannot be replied before it changes.
fn check_value(call: &Call<'_>, found: Option<Slot>) -> Reply {
    let value = strings::get(call.store.tree(), found)?;
    call.must_fit(value.map_or(0, <[u8]>::len))
}

/// `SET key value [NX | XX] [GET] [EX | PX | EXAT | PXAT number | KEEPTTL]`
#[inline]
pub(super) fn set(call: &mut Call<'_>) -> Reply {
    let value = call.value(2)?;
    if call.arguments.count() == 3 {
        let found = call.find(1);
        assign(call, 1, found, value, Deadline::Unsaid)?;
        call.replies.status("OK");
        return Ok(());
    }
    let options = SetOptions::of_set(call)?;
    let found = call.find(1);
    if options.get {
        check_value(call, found)?;
        reply_value(call, found)?;
    }
    let allowed = match options.condition {
        Condition::Always => true,
        Condition::Absent => found.is_none(),
        Condition::Present => found.is_some(),
    };
    if allowed {
        assign(call, 1, found, value, options.deadline)?;
    }
    match (options.get, allowed) {
        (true, _) => {}
        (false, true) => call.replies.status("OK"),
        (false, false) => call.replies.nil(),
    }
    Ok(())
}

/// Makes the key at an argument's position this string, and records it as the plainest SET.
#[inline]
fn assign(
    call: &mut Call<'_>,
    position: usize,
    found: Option<Slot>,
    value: &[u8],
    deadline: Deadline,
) -> Reply {
    let key = call.arguments.at(position);
    let slot = store_string(call, found, key, value)?;
    let keys = &mut call.store.keys;
    match deadline {
        Deadline::At(deadline_ms) => {
            keys.set_deadline(slot, Some(deadline_ms));
            let deadline = deadline_ms.to_string();
            call.log(&[b"SET", key, value, b"PXAT", deadline.as_bytes()]);
        }
        Deadline::Keep if keys.tree().record(slot).deadline_ms().is_some() => {
            call.log(&[b"SET", key, value, b"KEEPTTL"]);
        }
        _ => {
            keys.set_deadline(slot, None);
            call.log(&[b"SET", key, value]);
        }
    }
    Ok(())
}

/// Stores a string in place of what was at `found`; the deadline stays.
#[inline]
fn store_string(call: &mut Call<'_>, found: Option<Slot>, key: &[u8], value: &[u8]) -> Result<Slot, Refusal> {
    let store = &mut *call.store;
    if let Some(slot) = found {
        store.graveyard.bury_deque_of(&mut store.keys, slot);
    }
    Ok(strings::set(store.keys.tree_mut(), found, key, value)?)
}

/// GETDEL key
pub(super) fn getdel(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    check_value(call, found)?;
    reply_value(call, found)?;
    if found.is_some() {
        remove(call);
    }
    Ok(())
}

/// Removes the first argument's key, which was found.
fn remove(call: &mut Call<'_>) {
    let key = call.arguments.at(1);
    if let Some(record) = call.store.keys.remove(key) {
        call.store.graveyard.bury(record);
        call.log(&[b"DEL", key]);
    }
}

/// `GETEX key [EX | PX | EXAT | PXAT number | PERSIST]`
pub(super) fn getex(call: &mut Call<'_>) -> Reply {
    let said = set_options::getex_deadline(call)?;
    let found = call.look_up(1);
    check_value(call, found)?;
    if found.is_none() {
        call.replies.nil();
        return Ok(());
    }
    let deadline = set_options::deadline(call, said, "getex")?;
    reply_value(call, found)?;
    let key = call.arguments.at(1);
    match deadline {
        Deadline::Unsaid | Deadline::Keep => {}
        Deadline::Remove => {
            if expiry::persist(&mut call.store.keys, found) {
                call.log(&[b"PERSIST", key]);
            }
        }
        Deadline::At(deadline_ms) => expire_at(call, found, deadline_ms),
    }
    Ok(())
}

fn expire_at(call: &mut Call<'_>, found: Option<Slot>, deadline_ms: u64) {
    let wanted_ms = i64::try_from(deadline_ms).unwrap_or(i64::MAX);
    let now_ms = call.now.unix_ms;
    let always = Conditions::default();
    let change = expiry::expire(&mut call.store.keys, found, wanted_ms, always, now_ms);
    deadlines::log_change(call, change);
}

/// GETSET key value
pub(super) fn getset(call: &mut Call<'_>) -> Reply {
    let value = call.value(2)?;
    let found = call.look_up(1);
    check_value(call, found)?;
    reply_value(call, found)?;
    assign(call, 1, found, value, Deadline::Unsaid)
}

/// `MGET key [key ...]`: nil for what is not there or is no string.
pub(super) fn mget(call: &mut Call<'_>) -> Reply {
    let count = call.arguments.count();
    call.replies.array(count - 1);
    for position in 1..count {
        let found = call.look_up(position);
        match strings::get(call.store.tree(), found) {
            Ok(Some(value)) => call.replies.bytes(value),
            Ok(None) | Err(_) => call.replies.nil(),
        }
    }
    Ok(())
}

/// `MSET key value [key value ...]`
pub(super) fn mset(call: &mut Call<'_>) -> Reply {
    let count = call.arguments.count();
    if count.is_multiple_of(2) {
        return Err(Refusal::arity(call.command));
    }
    for position in (2..count).step_by(2) {
        call.value(position)?;
    }
    for position in (1..count).step_by(2) {
        let found = call.find(position);
        let key = call.arguments.at(position);
        let value = call.arguments.at(position + 1);
        let slot = store_string(call, found, key, value)?;
        call.store.keys.set_deadline(slot, None);
    }
    call.log_as_given();
    call.replies.status("OK");
    Ok(())
}

/// SETNX key value
pub(super) fn setnx(call: &mut Call<'_>) -> Reply {
    let value = call.value(2)?;
    let found = call.find(1);
    if found.is_none() {
        assign(call, 1, None, value, Deadline::Unsaid)?;
    }
    call.replies.integer(i64::from(found.is_none()));
    Ok(())
}

/// SETEX key seconds value; PSETEX key milliseconds value
pub(super) fn setex(call: &mut Call<'_>) -> Reply {
    let (seconds, name) = match call.command.name {
        "SETEX" => (true, "setex"),
        _ => (false, "psetex"),
    };
    let form = TimeForm { seconds, relative: true };
    let deadline_ms = form.deadline_ms(call.arguments.at(2), call.now.unix_ms, name)?;
    let value = call.value(3)?;
    let found = call.find(1);
    assign(call, 1, found, value, Deadline::At(deadline_ms))?;
    call.replies.status("OK");
    Ok(())
}

/// APPEND key value
pub(super) fn append(call: &mut Call<'_>) -> Reply {
    let more = call.arguments.at(2);
    let found = call.find(1);
    let before = strings::length(call.store.tree(), found)?;
    if before.saturating_add(more.len()) > call.store.max_bulk_bytes {
        return Err(Refusal::TOO_LONG);
    }
    let key = call.arguments.at(1);
    let length = strings::append(call.store.keys.tree_mut(), found, key, more)?;
    if found.is_none() || !more.is_empty() {
        call.log_as_given();
    }
    call.replies.integer(length as i64);
    Ok(())
}

/// STRLEN key
pub(super) fn strlen(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    let length = strings::length(call.store.tree(), found)?;
    call.replies.integer(length as i64);
    Ok(())
}

/// INCR key; DECR key; and what INCRBY and DECRBY come to
pub(super) fn add(call: &mut Call<'_>, delta: i64) -> Reply {
    let found = call.find(1);
    let key = call.arguments.at(1);
    let sum = strings::increment(call.store.keys.tree_mut(), found, key, delta)?;
    if found.is_none() || delta != 0 {
        call.log_as_given();
    }
    call.replies.integer(sum);
    Ok(())
}

/// INCRBY key increment
pub(super) fn incrby(call: &mut Call<'_>) -> Reply {
    let delta = call.integer(2)?;
    add(call, delta)
}

/// DECRBY key decrement
pub(super) fn decrby(call: &mut Call<'_>) -> Reply {
    let delta = call.integer(2)?;
    let delta = delta.checked_neg().ok_or(Refusal::text("ERR decrement would overflow"))?;
    add(call, delta)
}

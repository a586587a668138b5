//! Keys of any kind: <https://redis.io/commands/?group=generic>.

use heapwood_treap::{Body, Slot};

use crate::engine::arguments::is_option;
use crate::engine::refusal::{Refusal, Reply};
use crate::engine::store::Call;

/// `DEL key [key ...]`; UNLINK the same: large values are freed later by both. What was removed is
/// logged, as one DEL.
pub(super) fn del(call: &mut Call<'_>) -> Reply {
    let mut record: Vec<&[u8]> = vec![b"DEL"];
    for position in 1..call.arguments.count() {
        if call.find(position).is_none() {
            continue;
        }
        let key = call.arguments.at(position);
        if let Some(removed) = call.store.keys.remove(key) {
            call.store.graveyard.bury(removed);
            record.push(key);
        }
    }
    let removed = record.len() - 1;
    if removed > 0 {
        call.log(&record);
    }
    call.replies.integer(removed as i64);
    Ok(())
}

/// `EXISTS key [key ...]`: a key named twice counts twice.
pub(super) fn exists(call: &mut Call<'_>) -> Reply {
    let mut count = 0;
    for position in 1..call.arguments.count() {
        count += i64::from(call.look_up(position).is_some());
    }
    call.replies.integer(count);
    Ok(())
}

/// What TYPE and SCAN's TYPE call a value.
pub(super) fn type_name<T>(body: &Body<'_, T>) -> &'static str {
    match body {
        Body::String(_) => "string",
        Body::Boxed(_) => "list",
    }
}

/// TYPE key
pub(super) fn type_of(call: &mut Call<'_>) -> Reply {
    let found = call.look_up(1);
    let tree = call.store.tree();
    call.replies.status(found.map_or("none", |slot| type_name(&tree.record(slot).body())));
    Ok(())
}

/// RENAME key newkey: the value moves with its deadline; what newkey held is gone.
pub(super) fn rename(call: &mut Call<'_>) -> Reply {
    call.find(1).ok_or(Refusal::text("ERR no such key"))?;
    let (key, new_key) = (call.arguments.at(1), call.arguments.at(2));
    if key != new_key {
        // One that has expired is logged as such before it is overwritten.
        call.find(2);
        let store = &mut *call.store;
        let moved = store.keys.remove(key).map(|record| record.renamed(new_key));
        let replaced = match moved.map(|record| store.keys.put(record)) {
            Some(Ok((_, replaced))) => replaced,
            Some(Err(full)) => return Err(Refusal::new(full)),
            None => None,
        };
        if let Some(record) = replaced {
            store.graveyard.bury(record);
        }
        store.waiters.key_ready(new_key);
        call.log_as_given();
    }
    call.replies.status("OK");
    Ok(())
}

/// RANDOMKEY: an expired key that is drawn is removed, and another one drawn.
pub(super) fn randomkey(call: &mut Call<'_>) -> Reply {
    answer_live(call, |call| call.store.random_slot());
    Ok(())
}

/// Answers the chosen key, or nil when there is none. No reply names an expired key: one that is chosen is removed, and the choice
/// made again.
pub(super) fn answer_live(call: &mut Call<'_>, mut choose: impl FnMut(&mut Call<'_>) -> Option<Slot>) {
    while let Some(slot) = choose(call) {
        let key = call.store.tree().record(slot).key();
        if !call.store.keys.is_expired(slot, call.now.unix_ms) {
            return call.replies.bytes(key);
        }
        let key = key.to_vec();
        call.store.keys.remove_expired(&key);
    }
    call.replies.nil();
}

/// DBSIZE
pub(super) fn dbsize(call: &mut Call<'_>) -> Reply {
    call.replies.integer(call.store.keys.len() as i64);
    Ok(())
}

/// `FLUSHALL [ASYNC | SYNC]`: the keys are gone at once either way, and freed a step a round.
pub(super) fn flushall(call: &mut Call<'_>) -> Reply {
    let known = |word: &[u8]| is_option(word, "ASYNC") || is_option(word, "SYNC");
    if call.arguments.count() > 2 || !call.arguments.from(1).all(known) {
        return Err(Refusal::SYNTAX);
    }
    if !call.store.keys.is_empty() {
        call.store.settle_expired(call.journal);
        call.store.clear();
        call.log(&[b"FLUSHALL"]);
    }
    call.replies.status("OK");
    Ok(())
}

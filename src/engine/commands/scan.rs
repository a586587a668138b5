//! All keys: at once, or a bounded step at a time.

use std::ops::Bound;

use heapwood_treap::Slot;

use super::keys::type_name;
use super::order::after_prefix;
use crate::engine::arguments::is_option;
use crate::engine::glob::{self, Pattern};
use crate::engine::refusal::{Refusal, Reply};
use crate::engine::store::Call;

/// Keys that SCAN looks at when not told otherwise, as in Redis.
const DEFAULT_COUNT: u64 = 10;

/// Places that SCAN looks at for each key it wants, so that a thinned-out arena cannot make one
/// call walk all of it.
const PLACES_PER_KEY: u64 = 10;

/// KEYS pattern: the pattern's literal beginning bounds the walk.
pub(super) fn keys(call: &mut Call<'_>) -> Reply {
    let pattern = Pattern::new(call.arguments.at(1))?;
    let prefix = glob::literal_prefix(call.arguments.at(1));
    let end = after_prefix(&prefix);
    let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let keys = &call.store.keys;
    let tree = keys.tree();
    let slots: Vec<Slot> = tree
        .range(Bound::Included(&prefix), end)
        .filter(|&slot| !keys.is_expired(slot, call.now.unix_ms))
        .filter(|&slot| pattern.matches(tree.record(slot).key()))
        .collect();
    pattern.judge()?;
    call.replies.array(slots.len());
    for slot in slots {
        call.replies.bytes(tree.record(slot).key());
    }
    Ok(())
}

/// What SCAN leaves out.
struct ScanOptions<'a> {
    pattern: Option<Pattern<'a>>,
    kind: Option<&'a [u8]>,
    count: u64,
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
///
/// The cursor is the number of places of the arena that are still to be walked, downwards. Records
/// only ever move to lower places, so a key that is there throughout is returned at least once,
/// and the server remembers nothing.
pub(super) fn scan(call: &mut Call<'_>) -> Reply {
    let cursor = std::str::from_utf8(call.arguments.at(1))
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse::<u64>().ok())
        .ok_or(Refusal::text("ERR invalid cursor"))?;
    let options = scan_options(call)?;
    let places = call.store.tree().slot_count();
    let mut left = match u32::try_from(cursor) {
        Ok(0) | Err(_) => places,
        Ok(left) => left.min(places),
    };
    let (mut seen, mut walked) = (0, 0);
    let mut slots = Vec::new();
    while left > 0 && seen < options.count && walked < options.count.saturating_mul(PLACES_PER_KEY) {
        left -= 1;
        walked += 1;
        if let Some(slot) = call.store.tree().slot_at(left) {
            seen += 1;
            slots.extend(Some(slot).filter(|&slot| wanted(call, slot, &options)));
        }
    }
    options.pattern.as_ref().map_or(Ok(()), Pattern::judge)?;
    let tree = call.store.tree();
    call.replies.array(2);
    call.replies.bytes(left.to_string().as_bytes());
    call.replies.array(slots.len());
    for slot in slots {
        call.replies.bytes(tree.record(slot).key());
    }
    Ok(())
}

fn wanted(call: &Call<'_>, slot: Slot, options: &ScanOptions<'_>) -> bool {
    let record = call.store.tree().record(slot);
    let fits = options.pattern.as_ref().is_none_or(|pattern| pattern.matches(record.key()));
    let kind = type_name(&record.body());
    fits && options.kind.is_none_or(|wanted| is_option(wanted, kind))
        && !call.store.keys.is_expired(slot, call.now.unix_ms)
}

fn scan_options<'a>(call: &Call<'a>) -> Result<ScanOptions<'a>, Refusal> {
    let mut options = ScanOptions { pattern: None, kind: None, count: DEFAULT_COUNT };
    let mut position = 2;
    while let Some(word) = call.arguments.get(position) {
        let argument = call.arguments.get(position + 1).ok_or(Refusal::SYNTAX)?;
        if is_option(word, "MATCH") {
            options.pattern = Some(Pattern::new(argument)?);
        } else if is_option(word, "TYPE") {
            options.kind = Some(argument);
        } else if is_option(word, "COUNT") {
            let count = call.integer(position + 1)?;
            options.count = u64::try_from(count).ok().filter(|&count| count > 0).ok_or(Refusal::SYNTAX)?;
        } else {
            return Err(Refusal::SYNTAX);
        }
        position += 2;
    }
    Ok(options)
}

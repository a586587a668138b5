//! TREE: the treap itself, for the dashboard's picture and for the curious.

use std::cmp::Ordering;

use heapwood_deques::Value;
use heapwood_treap::{Slot, Treap};

use crate::engine::arguments::is_option;
use crate::engine::refusal::{Refusal, Reply};
use crate::engine::store::Call;

/// Levels below the key when not told otherwise.
const DEFAULT_LEVELS: usize = 4;
/// Levels below the key at most: 2^17 nodes.
const MAX_LEVELS: u64 = 16;

/// A node of the picture.
#[derive(Clone, Copy)]
struct Place {
    slot: Slot,
    depth: usize,
}

/// `TREE [key] [DEPTH n]`: the path from the root to the key, then the rest of its subtree down to
/// n levels below it, in preorder. An expired key that is met is removed, and the walk begins
/// again.
pub(super) fn tree(call: &mut Call<'_>) -> Reply {
    let (key, levels) = tree_options(call)?;
    let now_ms = call.now.unix_ms;
    loop {
        if key.is_some() && call.find(1).is_none() {
            call.replies.nil();
            return Ok(());
        }
        let places = picture(call.store.tree(), key, levels);
        let keys = &call.store.keys;
        let expired: Vec<Vec<u8>> = places
            .iter()
            .filter(|place| keys.is_expired(place.slot, now_ms))
            .map(|place| keys.tree().record(place.slot).key().to_vec())
            .collect();
        if expired.is_empty() {
            reply_picture(call, &places);
            return Ok(());
        }
        for key in expired {
            call.store.keys.remove_expired(&key);
        }
    }
}

fn tree_options<'a>(call: &Call<'a>) -> Result<(Option<&'a [u8]>, usize), Refusal> {
    let arguments = call.arguments;
    let (key, option) = match arguments.count() {
        1 => (None, None),
        2 => (Some(arguments.at(1)), None),
        3 => (None, Some(1)),
        4 => (Some(arguments.at(1)), Some(2)),
        _ => return Err(Refusal::SYNTAX),
    };
    let Some(option) = option else {
        return Ok((key, DEFAULT_LEVELS));
    };
    if !is_option(arguments.at(option), "DEPTH") {
        return Err(Refusal::SYNTAX);
    }
    let levels = call.natural(option + 1)?;
    if levels > MAX_LEVELS {
        return Err(Refusal::text("ERR DEPTH is at most 16"));
    }
    Ok((key, levels as usize))
}

fn picture(tree: &Treap<Value>, key: Option<&[u8]>, levels: usize) -> Vec<Place> {
    let mut places = match key {
        Some(key) => path(tree, key),
        None => tree.root().map(|slot| Place { slot, depth: 0 }).into_iter().collect(),
    };
    let Some(&top) = places.last() else {
        return places;
    };
    let deepest = top.depth + levels;
    let mut waiting = Vec::new();
    push_children(tree, top, deepest, &mut waiting);
    while let Some(place) = waiting.pop() {
        places.push(place);
        push_children(tree, place, deepest, &mut waiting);
    }
    places
}

/// The nodes from the root to the key, which is there.
fn path(tree: &Treap<Value>, key: &[u8]) -> Vec<Place> {
    let mut places = Vec::new();
    let mut next = tree.root();
    while let Some(slot) = next {
        places.push(Place { slot, depth: places.len() });
        let node = tree.node(slot);
        next = match key.cmp(node.key) {
            Ordering::Less => node.left,
            Ordering::Equal => None,
            Ordering::Greater => node.right,
        };
    }
    places
}

/// The right child first, so that the left one is taken first.
fn push_children(tree: &Treap<Value>, place: Place, deepest: usize, waiting: &mut Vec<Place>) {
    if place.depth == deepest {
        return;
    }
    let node = tree.node(place.slot);
    let depth = place.depth + 1;
    waiting.extend([node.right, node.left].into_iter().flatten().map(|slot| Place { slot, depth }));
}

fn reply_picture(call: &mut Call<'_>, places: &[Place]) {
    let tree = call.store.tree();
    let replies = &mut *call.replies;
    replies.array(places.len());
    for place in places {
        let node = tree.node(place.slot);
        replies.map(4);
        replies.bytes(b"key");
        replies.bytes(node.key);
        replies.bytes(b"priority");
        replies.integer(i64::from(node.priority));
        replies.bytes(b"size");
        replies.integer(i64::from(node.size));
        replies.bytes(b"depth");
        replies.integer(place.depth as i64);
    }
}

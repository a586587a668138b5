//! The treap against the standard library's ordered map, its invariants checked after every operation.
#![allow(clippy::unwrap_used)]

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use heapwood_treap::{BulkError, Cursor, MAX_LANES, Record, Slot, Treap};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A record that can weigh more than 1, as a block of entries would.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    key: Vec<u8>,
    weight: u32,
}

impl Record for Block {
    fn key(&self) -> &[u8] {
        &self.key
    }

    fn weight(&self) -> u32 {
        self.weight
    }
}

type Model = BTreeMap<Vec<u8>, u32>;

/// Keys that are prefixes of each other, hold zero bytes and 0xff, are empty, and share prefixes around the lengths
/// where a window ends and where its skip does.
fn key() -> impl Strategy<Value = Vec<u8>> {
    let tail = prop::collection::vec(select(vec![0u8, 1, b'a', 0xff]), 0..10);
    let prefix = select(vec![0usize, 0, 0, 1, 6, 7, 8, 9, 40, 247, 248, 254, 255, 256, 262, 263, 300]);
    (prefix, tail).prop_map(|(prefix, tail)| [vec![b'p'; prefix], tail].concat())
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![Just(Bound::Unbounded), key().prop_map(Bound::Included), key().prop_map(Bound::Excluded)]
}

#[derive(Clone, Debug)]
enum Change {
    Insert(Vec<u8>, u32),
    Remove(Vec<u8>),
    RemoveOne(Index),
    Reweigh(Index, u32),
    Shrink(usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (key(), 1..5u32).prop_map(|(key, weight)| Change::Insert(key, weight)),
        1 => key().prop_map(Change::Remove),
        3 => any::<Index>().prop_map(Change::RemoveOne),
        1 => (any::<Index>(), 0..9u32).prop_map(|(one, weight)| Change::Reweigh(one, weight)),
        1 => (0..4usize).prop_map(Change::Shrink),
    ]
}

fn pick(model: &Model, one: Index) -> Option<Vec<u8>> {
    (!model.is_empty()).then(|| model.keys().nth(one.index(model.len())).unwrap().clone())
}

/// Makes one change to both, compares what they answer, and checks the invariants.
fn apply(treap: &mut Treap<Block>, model: &mut Model, change: &Change) {
    match change.clone() {
        Change::Insert(key, weight) => {
            let (slot, old) = treap.insert(Block { key: key.clone(), weight }).unwrap();
            assert_eq!(old.map(|block| block.weight), model.insert(key.clone(), weight));
            assert!(treap.holds(slot, &key));
        }
        Change::Remove(key) => {
            assert_eq!(treap.remove(&key).map(|block| block.weight), model.remove(&key));
        }
        Change::RemoveOne(one) => {
            if let Some(key) = pick(model, one) {
                assert_eq!(treap.remove(&key).map(|block| block.weight), model.remove(&key));
            }
        }
        Change::Reweigh(one, weight) => {
            if let Some(key) = pick(model, one) {
                let slot = treap.find(&key).unwrap();
                let old = treap.update(slot, |block| std::mem::replace(&mut block.weight, weight));
                assert_eq!(Some(old), model.insert(key, weight));
            }
        }
        Change::Shrink(moves) => {
            let before = treap.slot_count();
            let gone = treap.shrink_step(moves);
            assert_eq!(treap.slot_count() + gone as u32, before);
            assert!(gone == moves || treap.slot_count() as usize == treap.len());
        }
    }
    treap.check().unwrap();
    assert_eq!(treap.len(), model.len());
}

fn grown(changes: &[Change]) -> (Treap<Block>, Model) {
    let (mut treap, mut model) = (Treap::with_seed(changes.len() as u64), Model::new());
    for change in changes {
        apply(&mut treap, &mut model, change);
    }
    (treap, model)
}

fn keys_at(treap: &Treap<Block>, slots: impl Iterator<Item = Slot>) -> Vec<Vec<u8>> {
    slots.map(|slot| treap.record(slot).key.clone()).collect()
}

fn slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// The model's keys in a range; none where the standard map would panic.
fn model_range(model: &Model, start: &Bound<Vec<u8>>, end: &Bound<Vec<u8>>) -> Vec<(Vec<u8>, u32)> {
    let after_start = |key: &Vec<u8>| match start {
        Bound::Unbounded => true,
        Bound::Included(start) => key >= start,
        Bound::Excluded(start) => key > start,
    };
    let before_end = |key: &Vec<u8>| match end {
        Bound::Unbounded => true,
        Bound::Included(end) => key <= end,
        Bound::Excluded(end) => key < end,
    };
    model
        .iter()
        .filter(|(key, _)| after_start(key) && before_end(key))
        .map(|(key, &weight)| (key.clone(), weight))
        .collect()
}

/// A search that reads every key on its way.
fn find_without_windows(treap: &Treap<Block>, key: &[u8]) -> Option<Slot> {
    let mut at = treap.root();
    while let Some(slot) = at {
        let node = treap.node(slot);
        at = match key.cmp(node.key) {
            Ordering::Less => node.left,
            Ordering::Greater => node.right,
            Ordering::Equal => break,
        };
    }
    at
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn a_treap_answers_as_an_ordered_map_and_keeps_its_invariants(changes in prop::collection::vec(change(), 1..120)) {
        let (treap, model) = grown(&changes);
        let keys: Vec<Vec<u8>> = model.keys().cloned().collect();
        assert_eq!(keys_at(&treap, treap.range(Bound::Unbounded, Bound::Unbounded)), keys);
        for (key, &weight) in &model {
            assert_eq!(treap.get(key).map(|block| block.weight), Some(weight));
        }
    }

    #[test]
    fn ranks_and_places_count_weights(changes in prop::collection::vec(change(), 1..60), absent in key()) {
        let (treap, model) = grown(&changes);
        let mut before = 0;
        for (key, &weight) in &model {
            assert_eq!(treap.rank(key), Some(before));
            for index in before..before + u64::from(weight) {
                assert_eq!(treap.at(index).map(|slot| treap.record(slot).key()), Some(&key[..]));
            }
            before += u64::from(weight);
        }
        assert_eq!((treap.total_weight(), treap.at(before)), (before, None));
        assert_eq!(treap.rank(&absent).is_some(), model.contains_key(&absent));
        assert_eq!(treap.first().map(|slot| treap.record(slot).key()), model.keys().next().map(Vec::as_slice));
        assert_eq!(treap.last().map(|slot| treap.record(slot).key()), model.keys().last().map(Vec::as_slice));
    }

    #[test]
    fn ranges_and_counts_agree_from_both_ends(
        changes in prop::collection::vec(change(), 1..60), start in bound(), end in bound(), turns in prop::collection::vec(any::<bool>(), 64),
    ) {
        let (treap, model) = grown(&changes);
        let expected = model_range(&model, &start, &end);
        let weight: u64 = expected.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut expected: std::collections::VecDeque<Vec<u8>> = expected.into_iter().map(|(key, _)| key).collect();
        let (start, end) = (slice(&start), slice(&end));
        assert_eq!(treap.count(start, end), weight);
        assert_eq!(keys_at(&treap, treap.range(start, end)), Vec::from(expected.clone()));
        let backwards: Vec<_> = expected.iter().rev().cloned().collect();
        assert_eq!(keys_at(&treap, treap.range(start, end).rev()), backwards);
        let mut range = treap.range(start, end);
        for from_front in turns {
            let (slot, key) = match from_front {
                true => (range.next(), expected.pop_front()),
                false => (range.next_back(), expected.pop_back()),
            };
            assert_eq!(slot.map(|slot| treap.record(slot).key.clone()), key);
        }
    }

    #[test]
    fn searches_in_a_batch_without_windows_and_alone_find_the_same(
        changes in prop::collection::vec(change(), 1..80), asked in prop::collection::vec(key(), 0..3 * MAX_LANES), more in 0..3usize,
    ) {
        let (treap, model) = grown(&changes);
        let asked: Vec<&[u8]> = asked.iter().chain(model.keys()).map(Vec::as_slice).collect();
        let mut hints = vec![Some(treap.first()).flatten(); asked.len() + more];
        treap.find_batch(&asked, &mut hints);
        for (key, hint) in asked.iter().zip(hints) {
            assert_eq!(hint, treap.find(key));
            assert_eq!(hint, find_without_windows(&treap, key));
            assert_eq!(hint.is_some(), model.contains_key(*key));
        }
    }

    #[test]
    fn a_stale_hint_is_believed_only_where_a_search_would_find_the_same(
        earlier in prop::collection::vec(change(), 1..60), later in prop::collection::vec(change(), 1..60),
    ) {
        let (mut treap, mut model) = grown(&earlier);
        let hints: Vec<(Vec<u8>, Slot)> = model.keys().map(|key| (key.clone(), treap.find(key).unwrap())).collect();
        for change in &later {
            apply(&mut treap, &mut model, change);
        }
        for (key, slot) in &hints {
            assert_eq!(treap.holds(*slot, key), treap.find(key) == Some(*slot));
            for (other, _) in &hints {
                assert!(!treap.holds(*slot, other) || treap.find(other) == Some(*slot));
            }
        }
    }

    #[test]
    fn a_bulk_build_equals_insertions_and_goes_on_from_there(
        model in prop::collection::btree_map(key(), 1..5u32, 0..80), changes in prop::collection::vec(change(), 0..40),
    ) {
        let blocks = model.iter().map(|(key, &weight)| Block { key: key.clone(), weight });
        let mut treap = Treap::from_sorted(blocks, 5).unwrap();
        treap.check().unwrap();
        let mut model = model;
        for change in &changes {
            apply(&mut treap, &mut model, change);
        }
        assert_eq!(keys_at(&treap, treap.range(Bound::Unbounded, Bound::Unbounded)), model.keys().cloned().collect::<Vec<_>>());
    }

    #[test]
    fn a_bulk_build_refuses_keys_that_do_not_ascend(keys in prop::collection::vec(key(), 0..6)) {
        let built = Treap::from_sorted(keys.iter().map(|key| Block { key: key.clone(), weight: 1 }), 5);
        match keys.windows(2).position(|pair| pair[0] >= pair[1]) {
            None => assert_eq!(built.map(|treap| treap.len()), Ok(keys.len())),
            Some(place) => assert_eq!(built.err(), Some(BulkError::NotAscending { position: place + 1 })),
        }
    }

    #[test]
    fn a_cursor_visits_in_order_and_once_what_is_there_all_the_time(
        earlier in prop::collection::vec(change(), 1..60), later in prop::collection::vec(change(), 1..60), step in 1..4usize,
    ) {
        let (mut treap, mut model) = grown(&earlier);
        let mut throughout: BTreeSet<Vec<u8>> = model.keys().cloned().collect();
        let (mut cursor, mut visited, mut later) = (Cursor::new(), Vec::new(), later.iter());
        loop {
            let done = cursor.step(&treap, step, |slot| visited.push(treap.record(slot).key.clone()));
            if done {
                break;
            }
            if let Some(change) = later.next() {
                apply(&mut treap, &mut model, change);
                throughout.retain(|key| model.contains_key(key));
            }
        }
        assert!(visited.is_sorted_by(|a, b| a < b));
        let visited: BTreeSet<_> = visited.into_iter().collect();
        assert!(throughout.is_subset(&visited));
    }

    #[test]
    fn a_walk_down_the_slots_misses_nothing_that_is_there_all_the_time(
        earlier in prop::collection::vec(change(), 1..60), later in prop::collection::vec(change(), 1..60),
    ) {
        let (mut treap, mut model) = grown(&earlier);
        let mut throughout: BTreeSet<Vec<u8>> = model.keys().cloned().collect();
        let (mut below, mut seen, mut later) = (treap.slot_count(), BTreeSet::new(), later.iter());
        while below > 0 {
            below -= 1;
            seen.extend(treap.slot_at(below).map(|slot| treap.record(slot).key.clone()));
            if let Some(change) = later.next() {
                apply(&mut treap, &mut model, change);
                throughout.retain(|key| model.contains_key(key));
            }
        }
        assert!(throughout.is_subset(&seen));
    }
}

/// One history of the first property, so that a broken invariant is one line of output.
#[test]
fn a_hundred_keys_come_and_go_and_each_time_all_invariants_hold() {
    let mut treap = Treap::with_seed(14);
    for number in 0..100u32 {
        treap.insert(Block { key: vec![(number * 37 % 100) as u8], weight: 1 }).unwrap();
        treap.check().unwrap();
    }
    for number in 0..100u32 {
        assert!(treap.remove(&[(number * 59 % 100) as u8]).is_some());
        treap.check().unwrap();
    }
}

#[test]
fn an_empty_treap_answers_everything() {
    let mut treap: Treap<Block> = Treap::new();
    treap.check().unwrap();
    assert_eq!((treap.find(b""), treap.rank(b"a"), treap.at(0), treap.root()), (None, None, None, None));
    assert_eq!((treap.first(), treap.last(), treap.remove(b"a")), (None, None, None));
    assert_eq!(treap.range(Bound::Unbounded, Bound::Unbounded).next_back(), None);
    assert_eq!((treap.count(Bound::Unbounded, Bound::Unbounded), treap.shrink_step(5)), (0, 0));
    assert!(Cursor::new().step(&treap, 5, |_| panic!("nothing to visit")));
    assert!(treap.into_clearing().step(1, drop));
}

#[test]
fn clearing_drops_no_more_than_asked_at_a_step() {
    let blocks = (0..10u8).map(|number| Block { key: vec![number], weight: 1 });
    let mut clearing = Treap::from_sorted(blocks, 1).unwrap().into_clearing();
    let mut remaining = 10;
    let steps = [(); 4].map(|()| (clearing.step(3, |_| remaining -= 1), remaining));
    assert_eq!(steps, [(false, 7), (false, 4), (false, 1), (true, 0)]);
}

#[test]
fn keys_that_share_a_megabyte_are_told_apart() {
    let key = |number: u32| [vec![b'x'; 1 << 20], number.to_be_bytes().to_vec()].concat();
    let mut treap = Treap::with_seed(3);
    for number in (0..60).map(|number| number * 37 % 61) {
        treap.insert(Block { key: key(number), weight: 1 }).unwrap();
    }
    treap.check().unwrap();
    assert_eq!((treap.rank(&key(0)), treap.find(&key(100))), (Some(0), None));
    assert!(treap.remove(&key(36)).is_some());
    treap.check().unwrap();
}

#[test]
fn shrinking_gives_memory_back_when_most_records_are_gone() {
    let key = |number: u32| number.to_be_bytes().to_vec();
    let mut treap = Treap::with_seed(3);
    for number in 0..5_000 {
        treap.insert(Block { key: key(number), weight: 1 }).unwrap();
    }
    let before = treap.arena_bytes();
    for number in (0..5_000).filter(|number| number % 50 != 0) {
        treap.remove(&key(number));
    }
    while treap.shrink_step(64) > 0 {}
    treap.check().unwrap();
    assert_eq!((treap.len(), treap.slot_count()), (100, 100));
    assert!(treap.arena_bytes() < before / 4);
}

#[test]
fn the_same_seed_gives_the_same_tree() {
    let build = || {
        let mut treap = Treap::with_seed(11);
        for number in 0..100u8 {
            treap.insert(Block { key: vec![number], weight: 1 }).unwrap();
        }
        treap.root().map(|root| (treap.node(root).key.to_vec(), treap.node(root).priority))
    };
    assert_eq!(build(), build());
}

#[test]
fn ascending_keys_do_not_make_a_deep_tree() {
    let mut treap = Treap::with_seed(12);
    for number in 0..10_000u32 {
        treap.insert(Block { key: number.to_be_bytes().to_vec(), weight: 1 }).unwrap();
    }
    let (mut deepest, mut waiting) = (0, vec![(treap.root(), 1)]);
    while let Some((slot, depth)) = waiting.pop() {
        let Some(slot) = slot else { continue };
        deepest = deepest.max(depth);
        waiting.extend([(treap.node(slot).left, depth + 1), (treap.node(slot).right, depth + 1)]);
    }
    assert!(deepest < 60, "{deepest} levels of 10,000 keys");
}

use std::ops::Bound::{self, Excluded, Included, Unbounded};

use heapwood_kit::{Random, given};
use heapwood_treap::Record;

use super::subject::{Arena, NIL, Node, Treap};

/// A key and what it counts for.
#[derive(Clone, Copy)]
struct Fruit(&'static str, u32);

impl Record for Fruit {
    fn key(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.1
    }
}

const EIGHT: [Fruit; 8] = [
    Fruit("apple", 1),
    Fruit("cherry", 1),
    Fruit("fig", 1),
    Fruit("grape", 1),
    Fruit("kiwi", 1),
    Fruit("mango", 1),
    Fruit("pear", 1),
    Fruit("plum", 1),
];

const HEAVY: [Fruit; 5] =
    [Fruit("apple", 2), Fruit("fig", 0), Fruit("kiwi", 5), Fruit("mango", 1), Fruit("pear", 3)];

/// A tree of sorted records, its shape drawn at random.
fn treap(fruits: &[Fruit], random: &mut Random) -> Treap<Fruit> {
    let mut arena = Arena { nodes: Vec::new() };
    let root = plant(&mut arena, fruits, random);
    Treap { arena, root }
}

fn plant(arena: &mut Arena<Fruit>, fruits: &[Fruit], random: &mut Random) -> u32 {
    if fruits.is_empty() {
        return NIL;
    }
    let (left, rest) = fruits.split_at(random.below(fruits.len()));
    let children = [plant(arena, left, random), plant(arena, &rest[1..], random)];
    let weight = fruits.iter().map(|fruit| fruit.1).sum();
    arena.nodes.push(Node { children, record: Some(rest[0]), weight });
    (arena.nodes.len() - 1) as u32
}

/// A tree as `fig 3(apple 2, -)`, or without numbers where each record counts for 1.
fn text(treap: &Treap<Fruit>) -> String {
    let is_light = treap.arena.nodes.iter().all(|node| node.live().1 == 1);
    match treap.root {
        NIL => "an empty treap".into(),
        root => format!("the treap {}", shape(&treap.arena, root, is_light)),
    }
}

fn shape(arena: &Arena<Fruit>, at: u32, is_light: bool) -> String {
    let Some(node) = arena.get(at) else {
        return "-".into();
    };
    let &Fruit(key, weight) = node.live();
    let name = if is_light { key.into() } else { format!("{key} {weight}") };
    match node.children.map(|child| shape(arena, child, is_light)) {
        [left, right] if left == "-" && right == "-" => name,
        [left, right] => format!("{name}({left}, {right})"),
    }
}

/// Five treaps of the same records, each with another shape.
fn shapes(fruits: &[Fruit]) -> impl Iterator<Item = Treap<Fruit>> {
    let mut random = Random::new(6);
    (0..5).map(move |_| treap(fruits, &mut random))
}

fn before(fruits: &[Fruit], key: &str) -> u64 {
    fruits.iter().filter(|fruit| fruit.0 < key).map(|fruit| u64::from(fruit.1)).sum()
}

fn key_at(treap: &Treap<Fruit>, index: u64) -> Option<&'static str> {
    treap.at(index).map(|slot| treap.arena[slot.0].live().0)
}

fn bytes(bound: Bound<&'static str>) -> Bound<&'static [u8]> {
    bound.map(str::as_bytes)
}

/// Each key's rank is the number of keys before it (T3).
pub fn the_rank_of_each_key() {
    for (rank, Fruit(key, _)) in (0..).zip(EIGHT) {
        for treap in shapes(&EIGHT) {
            let given = given(format!("the rank of {key} in {}", text(&treap)));
            given.expect(Some(rank), treap.rank(key.as_bytes()));
        }
    }
}

/// A key that is missing has a weight before it all the same, and counts for nothing itself.
pub fn missing_keys() {
    for key in ["", "banana", "lemon", "zucchini"] {
        for treap in shapes(&EIGHT) {
            let given = given(format!(
                "to weigh {key:?} in {}; what is before it, and what it counts for",
                text(&treap)
            ));
            given.expect((before(&EIGHT, key), None), treap.weigh(key.as_bytes()));
        }
    }
    given("to weigh \"fig\" in an empty treap; what is before it, and what it counts for")
        .expect((0, None), treap(&[], &mut Random::new(1)).weigh(b"fig"));
}

/// The key in each place, from place 0 on.
pub fn the_key_in_each_place() {
    for (place, Fruit(key, _)) in (0..).zip(EIGHT) {
        for treap in shapes(&EIGHT) {
            given(format!("the key in place {place} of {}", text(&treap)))
                .expect(Some(key), key_at(&treap, place));
        }
    }
}

/// Past the end there is no key, and an empty treap has no places.
pub fn places_past_the_end() {
    for place in [8, 9, 1_000_000, u64::MAX] {
        for treap in shapes(&EIGHT) {
            given(format!("the key in place {place} of {}", text(&treap)))
                .expect(None, key_at(&treap, place));
        }
    }
    given("the key in place 0 of an empty treap").expect(None, key_at(&treap(&[], &mut Random::new(1)), 0));
}

/// A bound that is included counts with its key, one that is excluded without.
pub fn bounds_with_and_without_their_keys() {
    for (start, end, expected) in [
        (Unbounded, Unbounded, 8),
        (Included("fig"), Unbounded, 6),
        (Excluded("fig"), Unbounded, 5),
        (Unbounded, Included("mango"), 6),
        (Unbounded, Excluded("mango"), 5),
        (Included("fig"), Included("mango"), 4),
        (Excluded("fig"), Excluded("mango"), 2),
        (Included("banana"), Excluded("lemon"), 4),
        (Included("fig"), Included("fig"), 1),
    ] {
        for treap in shapes(&EIGHT) {
            let given = given(format!("to count from {start:?} to {end:?} in {}", text(&treap)));
            given.expect(expected, treap.count(bytes(start), bytes(end)));
        }
    }
}

/// A start above the end has nothing in between.
pub fn bounds_in_the_wrong_order() {
    for (start, end) in [
        (Included("mango"), Included("fig")),
        (Excluded("fig"), Excluded("fig")),
        (Excluded("zucchini"), Included("")),
    ] {
        let treap = treap(&EIGHT, &mut Random::new(3));
        let given = given(format!("to count from {start:?} to {end:?} in {}", text(&treap)));
        given.expect(0, treap.count(bytes(start), bytes(end)));
    }
}

/// Ranks and counts add up what the records count for, not their number (T3).
pub fn heavy_records_in_ranks() {
    for Fruit(key, weight) in HEAVY {
        for treap in shapes(&HEAVY) {
            let rank = given(format!(
                "to weigh {key:?} in {}; what is before it, and what it counts for",
                text(&treap)
            ));
            rank.expect((before(&HEAVY, key), Some(weight)), treap.weigh(key.as_bytes()));
        }
    }
    for treap in shapes(&HEAVY) {
        let given =
            given(format!("to count from Excluded(\"apple\") to Excluded(\"pear\") in {}", text(&treap)));
        given.expect(6, treap.count(Excluded(b"apple"), Excluded(b"pear")));
    }
}

/// A record that counts for five takes five places, and one that counts for nothing has none (T3).
pub fn heavy_records_in_places() {
    let places = ["apple", "apple", "kiwi", "kiwi", "kiwi", "kiwi", "kiwi", "mango", "pear", "pear", "pear"];
    for treap in shapes(&HEAVY) {
        let given = given(format!("the keys in the places 0 to 11 of {}", text(&treap)));
        let expected: Vec<Option<&str>> = places.iter().copied().map(Some).chain([None]).collect();
        given.expect(expected, (0..12).map(|place| key_at(&treap, place)).collect::<Vec<_>>());
    }
}

//! A test that tells a treap from its broken siblings.
//!
//! The store of stage 2 is an ordered map: keys with values, ranks, and ranges in key order. Somebody will want to replace it, by
//! a B-tree perhaps, or change a rotation in it. Write the test that says whether the result is still an ordered map.
//!
//! Write `test`. It is run with several maps, and knows them only through the trait `OrderedMap`, whose documentation is all that
//! is promised. It must pass with every correct map, however that is made, and fail with each broken one, by an assertion:
//! `assert!`, `assert_eq!`, or any panic with words of your own, as of `.expect("the key is there")`. A panic whose words are the
//! standard library's does not count: `unwrap` on `None`, an index out of bounds, `BTreeMap::range` with a start above the end. And
//! do not assert what is not promised.
//!
//! The broken maps have mistakes of the kinds that this chapter is about: what happens to a key that is stored twice, to the
//! subtrees of a rotated node (T1), to weights (T3), at the bounds of a range, in the order of keys. Some of them show up only
//! with the right keys, or with enough of them. A `BTreeMap` in your test can say what is right.
//!
//! Run it with `cargo learn broken-siblings`.

use std::ops::Bound;

/// A map from keys to values, which knows the order of its keys: that of their bytes, as `&str` has it.
pub trait OrderedMap {
    /// An empty map.
    fn new() -> Self;

    /// Stores a value under a key. Gives the value that was there before, if there was one.
    fn insert(&mut self, key: &str, value: &str) -> Option<String>;

    /// Takes a key out. Gives its value, if the key was there.
    fn remove(&mut self, key: &str) -> Option<String>;

    /// The value of a key.
    fn get(&self, key: &str) -> Option<String>;

    /// The place where a key's record is kept, if the key is there: a number that no other key has at the same time, and that
    /// stays the same until the key is removed (T5). Which numbers these are, and whether they are used again, is not said.
    fn place(&self, key: &str) -> Option<u32>;

    /// How many keys come before this one, if it is there.
    fn rank(&self, key: &str) -> Option<u64>;

    /// The keys between two bounds, in ascending order; none when the start is above the end.
    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> Vec<String>;
}

/// Fails, by an assertion, if `M` is not what [`OrderedMap`] promises.
pub fn test<M: OrderedMap>() {
    let (mut map, mut model) = (M::new(), Model::new());
    for step in 0..400_usize {
        // Numbers without leading zeros: the order of their texts is not that of their lengths.
        let key = format!("{}", step * 37 % 101);
        let known = model.remove(&key);
        let old = known.clone().map(|(value, _)| value);
        if step % 3 == 2 {
            assert_eq!(map.remove(&key), old, "remove {key}");
        } else {
            let value = format!("value {step}");
            assert_eq!(map.insert(&key, &value), old, "insert {key}");
            let place = known.map_or_else(|| map.place(&key), |(_, place)| place);
            model.insert(key.clone(), (value, place));
        }
        compare_keys(&map, &model);
        compare_ranges(&map, &model, &key);
    }
}

/// The value of each key, and the place that it had when it was new.
type Model = std::collections::BTreeMap<String, (String, Option<u32>)>;

fn compare_keys<M: OrderedMap>(map: &M, model: &Model) {
    for (rank, (key, (value, place))) in (0..).zip(model) {
        assert_eq!(map.get(key).as_ref(), Some(value), "the value of {key}");
        assert_eq!(map.rank(key), Some(rank), "T3: the rank of {key}");
        assert!(place.is_some() && map.place(key) == *place, "T5: the place of {key}");
    }
    for missing in (0..101).map(|number| number.to_string()).filter(|key| !model.contains_key(key)) {
        assert_eq!(map.get(&missing), None, "the value of {missing}, which is not there");
        assert_eq!(map.rank(&missing), None, "the rank of {missing}, which is not there");
        assert_eq!(map.place(&missing), None, "the place of {missing}, which is not there");
    }
}

fn compare_ranges<M: OrderedMap>(map: &M, model: &Model, key: &str) {
    use std::ops::RangeBounds as _;

    for start in [Bound::Unbounded, Bound::Included(key), Bound::Excluded(key)] {
        for end in [Bound::Unbounded, Bound::Included("75"), Bound::Excluded("75"), Bound::Included(key)] {
            let inside = |other: &&String| (start, end).contains(other.as_str());
            let expected: Vec<String> = model.keys().filter(inside).cloned().collect();
            assert_eq!(map.range(start, end), expected, "T1: from {start:?} to {end:?}");
        }
    }
}

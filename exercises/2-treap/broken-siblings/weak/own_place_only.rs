use std::ops::Bound;

pub trait OrderedMap {
    fn new() -> Self;

    fn insert(&mut self, key: &str, value: &str) -> Option<String>;

    fn remove(&mut self, key: &str) -> Option<String>;

    fn get(&self, key: &str) -> Option<String>;

    fn place(&self, key: &str) -> Option<u32>;

    fn rank(&self, key: &str) -> Option<u64>;

    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> Vec<String>;
}

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
            let before = map.place(&key);
            assert_eq!(map.insert(&key, &value), old, "insert {key}");
            assert!(before.is_none() || map.place(&key) == before, "T5: {key} has moved");
            let place = known.map_or_else(|| map.place(&key), |(_, place)| place);
            model.insert(key.clone(), (value, place));
        }
        compare_keys(&map, &model);
        compare_ranges(&map, &model, &key);
    }
}

type Model = std::collections::BTreeMap<String, (String, Option<u32>)>;

fn compare_keys<M: OrderedMap>(map: &M, model: &Model) {
    for (rank, (key, (value, place))) in (0..).zip(model) {
        assert_eq!(map.get(key).as_ref(), Some(value), "the value of {key}");
        assert_eq!(map.rank(key), Some(rank), "T3: the rank of {key}");
        assert!(place.is_some() && map.place(key).is_some(), "T5: the place of {key}");
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

pub fn test<M: OrderedMap>() {
    let (mut map, mut model) = (M::new(), Model::new());
    for step in 0..400_usize {
        // Numbers without leading zeros: the order of their texts is not that of their lengths.
        let key = format!("{:03}", step * 37 % 101);
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

fn compare_ranges<M: OrderedMap>(map: &M, model: &Model, key: &str) {
    use std::ops::RangeBounds as _;

    for start in [Bound::Unbounded, Bound::Included(key), Bound::Excluded(key)] {
        for end in [Bound::Unbounded, Bound::Included("075"), Bound::Excluded("075"), Bound::Included(key)] {
            let inside = |other: &&String| (start, end).contains(other.as_str());
            let expected: Vec<String> = model.keys().filter(inside).cloned().collect();
            assert_eq!(map.range(start, end), expected, "T1: from {start:?} to {end:?}");
        }
    }
}

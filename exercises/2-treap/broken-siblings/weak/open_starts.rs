fn compare_ranges<M: OrderedMap>(map: &M, model: &Model, key: &str) {
    use std::ops::RangeBounds as _;

    for start in [Bound::Unbounded, Bound::Included(key)] {
        for end in [Bound::Unbounded, Bound::Included("75"), Bound::Excluded("75"), Bound::Included(key)] {
            let inside = |other: &&String| (start, end).contains(other.as_str());
            let expected: Vec<String> = model.keys().filter(inside).cloned().collect();
            assert_eq!(map.range(start, end), expected, "T1: from {start:?} to {end:?}");
        }
    }
}

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

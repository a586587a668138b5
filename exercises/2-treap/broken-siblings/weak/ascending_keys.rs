pub fn test<M: OrderedMap>() {
    let (mut map, mut model) = (M::new(), Model::new());
    let mut keys: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    keys.sort();
    for step in 0..303_usize {
        // Numbers without leading zeros: the order of their texts is not that of their lengths.
        let key = keys[step % 101].clone();
        let known = model.remove(&key);
        let old = known.clone().map(|(value, _)| value);
        if step >= 202 {
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

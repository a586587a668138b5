pub fn test<M: OrderedMap>() {
    let (mut map, mut model) = (M::new(), Model::new());
    for step in 0..400_usize {
        // Numbers without leading zeros: the order of their texts is not that of their lengths.
        let key = format!("{}", step * 37 % 101);
        let known = model.remove(&key);
        if step % 3 != 2 && known.is_some() {
            model.extend(known.map(|known| (key, known)));
            continue;
        }
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

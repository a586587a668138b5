pub fn test<M: HintedMap>() {
    let mut map = M::new();
    // So that there are others around, and keys that differ late.
    let [apple, apricot] = ["fruit:1000:apple", "fruit:1000:apricot"];
    map.set("fruit:1000:pear", 1);
    map.set(apple, 2);
    let none_yet = map.find(apricot);
    assert_eq!(none_yet, None, "a key that was never set is not found");
    assert_eq!(map.get_by_hint(none_yet, apricot), None, "a key that was never set has no number");

    let hint = map.find(apple);
    for _ in 0..2 {
        assert_eq!(map.get_by_hint(hint, apple), Some(2), "a fresh hint is good more than once");
    }
    assert_eq!(map.get_by_hint(None, apple), Some(2), "without a hint there is a search");
    assert_eq!(map.get_by_hint(hint, "fruit:1000:pear"), Some(1), "the hint of another key");
    map.set(apple, 3);
    assert_eq!(map.get_by_hint(hint, apple), Some(3), "the number is that of now");

    map.remove(apple);
    assert_eq!(map.get_by_hint(hint, apple), None, "the key is gone");
    map.set(apricot, 4);
    assert_eq!(map.get_by_hint(hint, apple), None, "the key is gone, and another came");
    assert_eq!(
        map.get_by_hint(hint, apricot),
        Some(4),
        "the hint of a key that is gone, for the one that came"
    );
    assert_eq!(map.get_by_hint(none_yet, apricot), Some(4), "a key that was not there has come");
    map.set(apple, 5);
    assert_eq!(map.get_by_hint(hint, apple), Some(5), "the key is back, perhaps in another place");
    let hint = map.find(apple);
    map.remove(apple);
    map.set(apple, 6);
    assert_eq!(map.find(apple), hint, "the slot was free");
}

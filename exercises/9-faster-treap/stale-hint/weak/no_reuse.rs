pub fn test<M: HintedMap>() {
    let mut map = M::new();
    map.set("fruit:1000:pear", 1);
    map.set("fruit:1000:apple", 2);
    let none_yet = map.find("fruit:1000:apricot");
    map.set("fruit:1000:apricot", 4);
    assert_eq!(map.get_by_hint(none_yet, "fruit:1000:apricot"), Some(4));
    let hint = map.find("fruit:1000:apple");
    for _ in 0..2 {
        assert_eq!(map.get_by_hint(hint, "fruit:1000:apple"), Some(2));
    }
    map.remove("fruit:1000:apple");
    assert_eq!(map.get_by_hint(hint, "fruit:1000:apple"), None);
    let again = map.find("fruit:1000:apple");
    map.set("fruit:1000:apple", 5);
    assert_eq!(map.get_by_hint(again, "fruit:1000:apple"), Some(5));
}

//! A server that searches for the keys of a whole round before it executes the first request has answers that may be old
//! when they are used: the key may be gone, its slot another key's, or the key may have come in the meantime. So such an
//! answer is a hint, and **W5, hint** says what it is worth: it is used only where its slot holds exactly that key then, and
//! that a key was not found is never believed.
//!
//! Write `test`. It gets a map with hints, and must pass on every map that keeps the promise below and fail, by an
//! assertion of its own, on every one that breaks it. The maps that it is tried on are small and differ in how they use
//! their slots: some use a free slot for the next key, others never again, and a hint may be any number. So test what is
//! promised, which is what `get_by_hint` gives.
//!
//! Run it with `cargo learn stale-hint`.

/// Where a key was when it was searched for. What the number means is the map's own business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint(pub u32);

/// A map from keys to numbers.
pub trait HintedMap {
    /// An empty one.
    fn new() -> Self;

    /// Sets the number of a key, which may be there already.
    fn set(&mut self, key: &str, value: u32);

    /// Takes a key out, if it is there.
    fn remove(&mut self, key: &str);

    /// Searches for a key; `None` if it is not there.
    fn find(&self, key: &str) -> Option<Hint>;

    /// The number that `key` has *now*, and `None` if it is not there now, whatever the hint says: one that `find` gave
    /// for this key or for another one, at any time before, or none. A good hint saves a search, and a bad one costs
    /// nothing but time.
    fn get_by_hint(&self, hint: Option<Hint>, key: &str) -> Option<u32>;
}

/// Passes on every map that does what [`HintedMap`] says, and fails on every other.
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
}

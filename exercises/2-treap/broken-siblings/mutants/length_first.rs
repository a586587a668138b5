//! Shorter keys come first.

use std::ops::Bound;

use super::super::subject::OrderedMap;
use super::sorted_vec::SortedVec;

pub struct LengthFirst(SortedVec);

impl OrderedMap for LengthFirst {
    fn new() -> Self {
        Self(SortedVec::new())
    }

    fn insert(&mut self, key: &str, value: &str) -> Option<String> {
        self.0.insert(key, value)
    }

    fn remove(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }

    fn get(&self, key: &str) -> Option<String> {
        self.0.get(key)
    }

    fn place(&self, key: &str) -> Option<u32> {
        self.0.place(key)
    }

    fn rank(&self, key: &str) -> Option<u64> {
        self.0.rank(key)?;
        self.range(Bound::Unbounded, Bound::Excluded(key)).len().try_into().ok()
    }

    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> Vec<String> {
        let order = |key: &str, other: &str| (key.len(), key).cmp(&(other.len(), other));
        let mut keys = self.0.range(Bound::Unbounded, Bound::Unbounded);
        keys.sort_by(|key, other| order(key, other));
        keys.retain(|key| match start {
            Bound::Unbounded => true,
            Bound::Included(start) => order(key, start).is_ge(),
            Bound::Excluded(start) => order(key, start).is_gt(),
        });
        keys.retain(|key| match end {
            Bound::Unbounded => true,
            Bound::Included(end) => order(key, end).is_le(),
            Bound::Excluded(end) => order(key, end).is_lt(),
        });
        keys
    }
}

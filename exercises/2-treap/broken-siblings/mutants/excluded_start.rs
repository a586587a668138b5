//! A start that is excluded is included.

use std::ops::Bound;

use super::super::subject::OrderedMap;
use super::sorted_vec::SortedVec;

pub struct ExcludedStart(SortedVec);

impl OrderedMap for ExcludedStart {
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
        self.0.rank(key)
    }

    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> Vec<String> {
        let start = match start {
            Bound::Excluded(key) => Bound::Included(key),
            other => other,
        };
        self.0.range(start, end)
    }
}

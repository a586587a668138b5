//! A key that is stored a second time is taken out.

use std::ops::Bound;

use super::super::subject::OrderedMap;
use super::sorted_vec::SortedVec;

pub struct LosesReplaced(SortedVec);

impl OrderedMap for LosesReplaced {
    fn new() -> Self {
        Self(SortedVec::new())
    }

    fn insert(&mut self, key: &str, value: &str) -> Option<String> {
        match self.0.get(key) {
            Some(_) => self.0.remove(key),
            None => self.0.insert(key, value),
        }
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
        self.0.range(start, end)
    }
}

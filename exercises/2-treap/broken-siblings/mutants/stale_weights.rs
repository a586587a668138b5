//! A removed key goes on to count in the ranks of others.

use std::ops::Bound;

use super::super::subject::OrderedMap;
use super::sorted_vec::SortedVec;

pub struct StaleWeights(SortedVec, Vec<String>);

impl OrderedMap for StaleWeights {
    fn new() -> Self {
        Self(SortedVec::new(), Vec::new())
    }

    fn insert(&mut self, key: &str, value: &str) -> Option<String> {
        self.1.retain(|removed| removed != key);
        self.0.insert(key, value)
    }

    fn remove(&mut self, key: &str) -> Option<String> {
        let old = self.0.remove(key)?;
        self.1.push(key.into());
        Some(old)
    }

    fn get(&self, key: &str) -> Option<String> {
        self.0.get(key)
    }

    fn place(&self, key: &str) -> Option<u32> {
        self.0.place(key)
    }

    fn rank(&self, key: &str) -> Option<u64> {
        let stale = self.1.iter().filter(|removed| ***removed < *key).count();
        Some(self.0.rank(key)? + stale as u64)
    }

    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> Vec<String> {
        self.0.range(start, end)
    }
}

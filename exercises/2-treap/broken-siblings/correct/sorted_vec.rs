//! A sorted vector. A place is the number of the insertion, so none is used twice.

use std::ops::{Bound, RangeBounds};

use super::super::subject::OrderedMap;

pub struct SortedVec {
    /// Key, value and place.
    records: Vec<(String, String, u32)>,
    inserted: u32,
}

impl SortedVec {
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.records.binary_search_by(|record| record.0.as_str().cmp(key))
    }
}

impl OrderedMap for SortedVec {
    fn new() -> Self {
        Self { records: Vec::new(), inserted: 1000 }
    }

    fn insert(&mut self, key: &str, value: &str) -> Option<String> {
        match self.find(key) {
            Ok(at) => Some(std::mem::replace(&mut self.records[at].1, value.into())),
            Err(at) => {
                self.inserted += 1;
                self.records.insert(at, (key.into(), value.into(), self.inserted));
                None
            }
        }
    }

    fn remove(&mut self, key: &str) -> Option<String> {
        self.find(key).ok().map(|at| self.records.remove(at).1)
    }

    fn get(&self, key: &str) -> Option<String> {
        self.find(key).ok().map(|at| self.records[at].1.clone())
    }

    fn place(&self, key: &str) -> Option<u32> {
        self.find(key).ok().map(|at| self.records[at].2)
    }

    fn rank(&self, key: &str) -> Option<u64> {
        self.find(key).ok().map(|at| at as u64)
    }

    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> Vec<String> {
        let keys = self.records.iter().map(|record| &record.0);
        keys.filter(|key| (start, end).contains(key.as_str())).cloned().collect()
    }
}

//! The stage's own treap.

use std::ops::Bound;

use heapwood_treap::{Packed, Treap, strings};

use super::super::subject::OrderedMap;

pub struct Stage(Treap<Packed>);

impl OrderedMap for Stage {
    fn new() -> Self {
        Self(Treap::with_seed(1))
    }

    fn insert(&mut self, key: &str, value: &str) -> Option<String> {
        let record = Packed::string(key.as_bytes(), value.as_bytes());
        let (_, old) = self.0.insert(record).expect("there is room");
        old.map(|old| text(&old))
    }

    fn remove(&mut self, key: &str) -> Option<String> {
        self.0.remove(key.as_bytes()).map(|old| text(&old))
    }

    fn get(&self, key: &str) -> Option<String> {
        self.0.get(key.as_bytes()).map(text)
    }

    fn place(&self, key: &str) -> Option<u32> {
        self.0.find(key.as_bytes()).map(|slot| slot.index())
    }

    fn rank(&self, key: &str) -> Option<u64> {
        self.0.rank(key.as_bytes())
    }

    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> Vec<String> {
        let slots = self.0.range(start.map(str::as_bytes), end.map(str::as_bytes));
        slots.map(|slot| String::from_utf8_lossy(self.0.record(slot).key()).into_owned()).collect()
    }
}

fn text(record: &Packed) -> String {
    use strings::StringValue as _;
    String::from_utf8_lossy(record.as_string().unwrap_or_default()).into_owned()
}

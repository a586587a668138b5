use heapwood_treap::{Packed, Slot, Treap};

use super::super::subject::{Hint, HintedMap};

pub struct Map(Treap<Packed>);

impl Map {
    fn slot(&self, Hint(index): Hint) -> Option<Slot> {
        self.0.slot_at(index)
    }
}

impl HintedMap for Map {
    fn new() -> Self {
        Self(Treap::with_seed(7))
    }

    fn set(&mut self, key: &str, value: u32) {
        self.0.insert(Packed::string(key.as_bytes(), &value.to_be_bytes())).expect("there is room");
    }

    fn remove(&mut self, key: &str) {
        self.0.remove(key.as_bytes());
    }

    fn find(&self, key: &str) -> Option<Hint> {
        self.0.find(key.as_bytes()).map(|slot| Hint(slot.index()))
    }

    fn get_by_hint(&self, hint: Option<Hint>, key: &str) -> Option<u32> {
        let key = key.as_bytes();
        let good = hint.and_then(|hint| self.slot(hint)).filter(|slot| self.0.holds(*slot, key));
        let found = good.or_else(|| self.0.find(key));
        let value = heapwood_treap::strings::get(&self.0, found).expect("a string")?;
        Some(u32::from_be_bytes(value.try_into().expect("four bytes")))
    }
}

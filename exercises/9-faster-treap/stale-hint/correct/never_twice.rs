use super::super::subject::{Hint, HintedMap};

#[derive(Default)]
pub struct Map {
    slots: Vec<Option<(String, u32)>>,
}

impl Map {
    fn place(&self, key: &str) -> Option<usize> {
        self.slots.iter().position(|slot| slot.as_ref().is_some_and(|(own, _)| own == key))
    }

    fn value(&self, place: usize) -> Option<u32> {
        self.slots[place].as_ref().map(|(_, value)| *value)
    }
}

impl HintedMap for Map {
    fn new() -> Self {
        Self::default()
    }

    fn set(&mut self, key: &str, value: u32) {
        let entry = Some((key.to_owned(), value));
        match self.place(key) {
            Some(place) => self.slots[place] = entry,
            None => self.slots.push(entry),
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some(place) = self.place(key) {
            self.slots[place] = None;
        }
    }

    fn find(&self, key: &str) -> Option<Hint> {
        self.place(key).map(|place| Hint(place as u32))
    }

    fn get_by_hint(&self, hint: Option<Hint>, key: &str) -> Option<u32> {
        if let Some(Hint(place)) = hint
            && let Some(Some((own, value))) = self.slots.get(place as usize)
            && own == key
        {
            return Some(*value);
        }
        self.value(self.place(key)?)
    }
}

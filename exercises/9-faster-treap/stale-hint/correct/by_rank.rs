use super::super::subject::{Hint, HintedMap};

#[derive(Default)]
pub struct Map(Vec<(String, u32)>);

impl Map {
    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.as_str().cmp(key))
    }
}

impl HintedMap for Map {
    fn new() -> Self {
        Self::default()
    }

    fn set(&mut self, key: &str, value: u32) {
        match self.place(key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key.to_owned(), value)),
        }
    }

    fn remove(&mut self, key: &str) {
        if let Ok(place) = self.place(key) {
            self.0.remove(place);
        }
    }

    fn find(&self, key: &str) -> Option<Hint> {
        self.place(key).ok().map(|place| Hint(place as u32))
    }

    fn get_by_hint(&self, hint: Option<Hint>, key: &str) -> Option<u32> {
        let hinted = hint.and_then(|Hint(place)| self.0.get(place as usize));
        let good = hinted.filter(|(own, _)| own == key);
        good.or_else(|| self.0.get(self.place(key).ok()?)).map(|(_, value)| *value)
    }
}

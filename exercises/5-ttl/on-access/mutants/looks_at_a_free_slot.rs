use heapwood_treap::{Full, Record, Slot, Treap};
use heapwood_ttl::Expires;

#[derive(Debug)]
pub struct Due(Box<[u8]>);

impl Due {
    pub(crate) fn new(deadline_ms: u64, key: &[u8]) -> Self {
        Self([&deadline_ms.to_be_bytes(), key].concat().into())
    }
}

impl Record for Due {
    fn key(&self) -> &[u8] {
        &self.0
    }
}

#[derive(Default)]
pub struct Keyspace<R: Record + Expires> {
    keys: Treap<R>,
    deadlines: Treap<Due>,
    expired: Vec<R>,
    replaying: bool,
}

impl<R: Record + Expires> Keyspace<R> {
    pub fn with_seed(seed: u64) -> Self {
        Self {
            keys: Treap::with_seed(seed),
            deadlines: Treap::with_seed(!seed),
            expired: Vec::new(),
            replaying: false,
        }
    }

    pub fn tree(&self) -> &Treap<R> {
        &self.keys
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn deadline_count(&self) -> usize {
        self.deadlines.len()
    }

    pub fn put(&mut self, record: R) -> Result<(Slot, Option<R>), Full> {
        let deadline_ms = record.deadline_ms();
        let (slot, old) = self.keys.insert(record)?;
        let key = self.keys.record(slot).key();
        Self::strike_deadline(&mut self.deadlines, old.as_ref().and_then(Expires::deadline_ms), key);
        Self::enter_deadline(&mut self.deadlines, deadline_ms, key);
        Ok((slot, old))
    }

    pub fn remove(&mut self, key: &[u8]) -> Option<R> {
        let record = self.keys.remove(key)?;
        Self::strike_deadline(&mut self.deadlines, record.deadline_ms(), key);
        Some(record)
    }

    pub fn set_deadline(&mut self, slot: Slot, deadline_ms: Option<u64>) {
        let record = self.keys.record(slot);
        let (key, before_ms) = (record.key(), record.deadline_ms());
        Self::strike_deadline(&mut self.deadlines, before_ms, key);
        Self::enter_deadline(&mut self.deadlines, deadline_ms, key);
        self.keys.update(slot, |record| record.set_deadline_ms(deadline_ms));
    }

    fn enter_deadline(deadlines: &mut Treap<Due>, deadline_ms: Option<u64>, key: &[u8]) {
        if let Some(deadline_ms) = deadline_ms {
            deadlines.insert(Due::new(deadline_ms, key)).expect("there are never more deadlines than keys");
        }
    }

    fn strike_deadline(deadlines: &mut Treap<Due>, deadline_ms: Option<u64>, key: &[u8]) {
        if let Some(deadline_ms) = deadline_ms {
            deadlines.remove(Due::new(deadline_ms, key).key());
        }
    }

    pub fn set_replaying(&mut self, replaying: bool) {
        self.replaying = replaying;
    }

    pub fn drain_expired(&mut self, take: impl FnMut(R)) {
        self.expired.drain(..).for_each(take);
    }

    pub fn is_due(&self, deadline_ms: u64, now_ms: u64) -> bool {
        !self.replaying && deadline_ms <= now_ms
    }

    pub fn is_expired(&self, slot: Slot, now_ms: u64) -> bool {
        self.keys.record(slot).deadline_ms().is_some_and(|deadline_ms| self.is_due(deadline_ms, now_ms))
    }

    pub fn find(&mut self, key: &[u8], hint: Option<Slot>, now_ms: u64) -> Option<Slot> {
        let slot =
            hint.filter(|&slot| self.keys.record(slot).key() == key).or_else(|| self.keys.find(key))?;
        if self.is_expired(slot, now_ms) {
            self.remove_expired(key);
            return None;
        }
        Some(slot)
    }

    pub fn peek(&self, key: &[u8], now_ms: u64) -> Option<Slot> {
        self.keys.find(key).filter(|&slot| !self.is_expired(slot, now_ms))
    }

    pub fn at(&mut self, index: u64, now_ms: u64) -> Option<Slot> {
        loop {
            let slot = self.keys.at(index)?;
            if !self.is_expired(slot, now_ms) {
                return Some(slot);
            }
            let key = self.keys.record(slot).key().to_vec();
            self.remove_expired(&key);
        }
    }

    pub fn remove_expired(&mut self, key: &[u8]) {
        let record = self.remove(key);
        self.expired.extend(record);
    }
}

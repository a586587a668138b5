#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ops::Bound;

use heapwood_treap::Packed;
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::Keyspace;
use crate::expires::Expires;
use crate::expiry::{Change, Conditions, expire, persist};

type Record = Packed;

/// What the keyspace should hold: value and deadline of each key, removed and noted exactly as the keyspace does it.
#[derive(Default)]
struct Model {
    keys: BTreeMap<Vec<u8>, (Vec<u8>, Option<u64>)>,
    expired: Vec<Vec<u8>>,
    now_ms: u64,
    replaying: bool,
}

impl Model {
    fn is_due(&self, key: &[u8]) -> bool {
        let deadline_ms = self.keys.get(key).and_then(|(_, deadline_ms)| *deadline_ms);
        !self.replaying && deadline_ms.is_some_and(|deadline_ms| deadline_ms <= self.now_ms)
    }

    fn find(&mut self, key: &[u8]) -> Option<&mut (Vec<u8>, Option<u64>)> {
        if self.is_due(key) {
            self.keys.remove(key);
            self.expired.push(key.to_vec());
        }
        self.keys.get_mut(key)
    }

    /// The due keys in the order in which they go.
    fn due(&self) -> Vec<Vec<u8>> {
        let mut due: Vec<_> = self.keys.keys().filter(|key| self.is_due(key)).cloned().collect();
        due.sort_by_key(|key| (self.keys[key].1, key.clone()));
        due
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(Vec<u8>, Option<u64>),
    Find(Vec<u8>),
    FindWithAnyHint(Vec<u8>, u32),
    Peek(Vec<u8>),
    Remove(Vec<u8>),
    Rename(Vec<u8>, Vec<u8>),
    Expire(Vec<u8>, i64),
    Persist(Vec<u8>),
    Advance(u64),
    ExpireDue(usize),
    Replay(bool),
    Drain,
    Clear,
}

/// Few keys, so that they meet; some are prefixes of others, and one is empty.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0_u8), Just(b'k'), Just(255_u8)], 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (key(), prop::option::of(0_u64..300)).prop_map(|(key, ttl_ms)| Step::Put(key, ttl_ms)),
        4 => key().prop_map(Step::Find),
        2 => (key(), 0_u32..20).prop_map(|(key, place)| Step::FindWithAnyHint(key, place)),
        2 => key().prop_map(Step::Peek),
        2 => key().prop_map(Step::Remove),
        2 => (key(), key()).prop_map(|(from, to)| Step::Rename(from, to)),
        4 => (key(), -50_i64..300).prop_map(|(key, ttl_ms)| Step::Expire(key, ttl_ms)),
        2 => key().prop_map(Step::Persist),
        4 => (0_u64..120).prop_map(Step::Advance),
        3 => (0_usize..4).prop_map(Step::ExpireDue),
        1 => any::<bool>().prop_map(Step::Replay),
        1 => Just(Step::Drain),
        1 => Just(Step::Clear),
    ]
}

fn put(keyspace: &mut Keyspace<Record>, model: &mut Model, key: Vec<u8>, deadline_ms: Option<u64>) {
    let mut record = Record::string(&key, b"value");
    record.set_deadline_ms(deadline_ms);
    let (slot, old) = keyspace.put(record).unwrap();
    assert_eq!(keyspace.tree().record(slot).key(), key);
    let expected = model.keys.insert(key, (b"value".to_vec(), deadline_ms));
    assert_eq!(old.map(|old| old.deadline_ms()), expected.map(|(_, deadline_ms)| deadline_ms));
}

fn expire_step(keyspace: &mut Keyspace<Record>, model: &mut Model, key: &[u8], ttl_ms: i64) {
    let wanted_ms = model.now_ms as i64 + ttl_ms;
    let unix_ms = u64::try_from(wanted_ms).unwrap_or(0);
    let found = keyspace.find(key, None, model.now_ms);
    let change = expire(keyspace, found, wanted_ms, Conditions::default(), model.now_ms);
    let (now_ms, replaying) = (model.now_ms, model.replaying);
    match model.find(key) {
        None => assert!(matches!(change, Change::None)),
        Some(_) if !replaying && unix_ms <= now_ms => {
            assert!(matches!(change, Change::Removed(_)));
            model.keys.remove(key);
        }
        Some((_, deadline_ms)) => {
            assert!(matches!(change, Change::Deadline { unix_ms: set_ms } if set_ms == unix_ms));
            *deadline_ms = Some(unix_ms);
        }
    }
}

fn rename(keyspace: &mut Keyspace<Record>, model: &mut Model, from: &[u8], to: Vec<u8>) {
    if let Some(record) = keyspace.remove(from) {
        keyspace.put(record.renamed(&to)).unwrap();
    }
    if let Some(record) = model.keys.remove(from) {
        model.keys.insert(to, record);
    }
}

fn expire_due(keyspace: &mut Keyspace<Record>, model: &mut Model, max_keys: usize) {
    let due = model.due();
    let expected = due.len().min(max_keys);
    assert_eq!(keyspace.expire_due(model.now_ms, max_keys), expected);
    for key in &due[..expected] {
        assert!(model.find(key).is_none());
    }
}

fn drain(keyspace: &mut Keyspace<Record>, model: &mut Model) {
    let mut expired = Vec::new();
    keyspace.drain_expired(|record| expired.push(record.key().to_vec()));
    assert_eq!(
        expired,
        std::mem::take(&mut model.expired),
        "E3: every expired key is handed on, once and in order"
    );
}

fn apply(keyspace: &mut Keyspace<Record>, model: &mut Model, step: Step) {
    let now_ms = model.now_ms;
    match step {
        Step::Put(key, ttl_ms) => put(keyspace, model, key, ttl_ms.map(|ttl_ms| now_ms + ttl_ms)),
        Step::Find(key) => {
            assert_eq!(keyspace.find(&key, None, now_ms).is_some(), model.find(&key).is_some())
        }
        Step::FindWithAnyHint(key, place) => {
            let hint = keyspace.tree().slot_at(place);
            let found = keyspace.find(&key, hint, now_ms);
            assert_eq!(
                found.map(|slot| keyspace.tree().record(slot).key()),
                model.find(&key).map(|_| &key[..])
            );
        }
        Step::Peek(key) => {
            let expected = model.keys.contains_key(&key) && !model.is_due(&key);
            assert_eq!(keyspace.peek(&key, now_ms).is_some(), expected);
        }
        Step::Remove(key) => assert_eq!(keyspace.remove(&key).is_some(), model.keys.remove(&key).is_some()),
        Step::Rename(from, to) => rename(keyspace, model, &from, to),
        Step::Expire(key, ttl_ms) => expire_step(keyspace, model, &key, ttl_ms),
        Step::Persist(key) => {
            let found = keyspace.find(&key, None, now_ms);
            let had_one = model.find(&key).and_then(|(_, deadline_ms)| deadline_ms.take()).is_some();
            assert_eq!(persist(keyspace, found), had_one);
        }
        Step::Advance(ms) => model.now_ms += ms,
        Step::ExpireDue(max_keys) => expire_due(keyspace, model, max_keys),
        Step::Replay(replaying) => {
            model.replaying = replaying;
            keyspace.set_replaying(replaying);
        }
        Step::Drain => drain(keyspace, model),
        Step::Clear => {
            let mut cleared = keyspace.clear();
            let mut taken = 0;
            while !cleared.step(2, |_| taken += 1) {}
            assert_eq!(taken, model.keys.len());
            model.keys.clear();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_keyspace_agrees_with_a_model_whatever_the_clock_does(
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..150),
    ) {
        let (mut keyspace, mut model) = (Keyspace::with_seed(seed), Model { now_ms: 1000, ..Model::default() });
        for step in steps {
            apply(&mut keyspace, &mut model, step);
            prop_assert_eq!(keyspace.check(), Ok(()));
            let tree = keyspace.tree();
            let held: Vec<_> = tree.range(Bound::Unbounded, Bound::Unbounded)
                .map(|slot| (tree.record(slot).key().to_vec(), tree.record(slot).deadline_ms()))
                .collect();
            let expected: Vec<_> = model.keys.iter().map(|(key, (_, deadline_ms))| (key.clone(), *deadline_ms)).collect();
            prop_assert_eq!(held, expected);
            let mut schedule: Vec<_> =
                model.keys.iter().filter_map(|(key, (_, deadline_ms))| Some(((*deadline_ms)?, &key[..]))).collect();
            schedule.sort_unstable();
            prop_assert_eq!(keyspace.next_deadline(), schedule.first().map(|(deadline_ms, _)| *deadline_ms));
            prop_assert!(keyspace.schedule().eq(schedule), "E1: the schedule is that of the records");
        }
        drain(&mut keyspace, &mut model);
    }
}

fn keyspace_with(keys: &[(&str, Option<u64>)]) -> Keyspace<Record> {
    let mut keyspace = Keyspace::with_seed(1);
    for (key, deadline_ms) in keys {
        let mut record = Record::string(key.as_bytes(), b"value");
        record.set_deadline_ms(*deadline_ms);
        keyspace.put(record).unwrap();
    }
    keyspace
}

#[test]
fn a_key_is_there_up_to_its_deadline_and_gone_from_it_on() {
    let mut keyspace = keyspace_with(&[("a", Some(100))]);
    assert!(keyspace.find(b"a", None, 99).is_some(), "E2: a key is there until its deadline");
    assert!(keyspace.peek(b"a", 100).is_none(), "E2: a key is gone from its deadline on");
    assert!(keyspace.find(b"a", None, 100).is_none(), "E2: a key is gone from its deadline on");
    assert_eq!(keyspace.len(), 0);
}

#[test]
fn many_due_keys_go_a_budget_a_round() {
    let mut keyspace = Keyspace::<Record>::with_seed(2);
    for number in 0..1000_u32 {
        let mut record = Record::string(&number.to_be_bytes(), b"");
        record.set_deadline_ms(Some(1));
        keyspace.put(record).unwrap();
    }
    assert_eq!(keyspace.expire_due(5, 300), 300);
    assert_eq!(keyspace.expire_due(5, 300), 300);
    assert_eq!(keyspace.expire_due(5, 900), 400);
    assert_eq!(keyspace.expire_due(5, 900), 0);
}

#[test]
fn a_record_without_a_deadline_costs_nothing_extra() {
    let plain = Record::string(b"0123456789abcdef", &[1; 32]);
    let keyspace = keyspace_with(&[("0123456789abcdef", None)]);
    assert_eq!(plain.allocated_bytes(), 56);
    assert_eq!(keyspace.deadline_count(), 0);
}

#[test]
fn replay_keeps_a_key_that_was_persisted_after_its_deadline() {
    let mut keyspace = keyspace_with(&[("a", None)]);
    keyspace.set_replaying(true);
    let found = keyspace.find(b"a", None, 1000);
    let change = expire(&mut keyspace, found, 10, Conditions::default(), 1000);
    assert!(matches!(change, Change::Deadline { unix_ms: 10 }), "E4: replay takes a deadline as it is");
    let found = keyspace.find(b"a", None, 1000);
    assert!(persist(&mut keyspace, found), "E4: the key is still there to be persisted");
    keyspace.set_replaying(false);
    assert!(keyspace.find(b"a", None, 1000).is_some());
}

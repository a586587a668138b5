//! Packed records against a plain structure, and nothing leaked or dropped twice.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::rc::Rc;

use heapwood_treap::{Body, MAX_KEY_BYTES, MAX_STRING_BYTES, Packed};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

/// A boxed value that counts how many of it there are, aligned more strictly than anything in a record.
#[repr(align(64))]
#[derive(Debug)]
struct Counted {
    alive: Rc<Cell<usize>>,
    number: u64,
}

impl Counted {
    fn new(alive: &Rc<Cell<usize>>, number: u64) -> Self {
        alive.set(alive.get() + 1);
        Self { alive: Rc::clone(alive), number }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Plain {
    String(Vec<u8>),
    Boxed(u64),
}

#[derive(Clone, Debug)]
enum Step {
    SetString(Vec<u8>),
    Append(Vec<u8>),
    SetBoxed(u64),
    ChangeBoxed(u64),
    TakeBoxed,
    Stamp(Option<u64>),
    Rename(Vec<u8>),
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (0..3_000usize, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        bytes().prop_map(Step::SetString),
        bytes().prop_map(Step::Append),
        any::<u64>().prop_map(Step::SetBoxed),
        any::<u64>().prop_map(Step::ChangeBoxed),
        Just(Step::TakeBoxed),
        any::<Option<u64>>().prop_map(Step::Stamp),
        bytes().prop_map(Step::Rename),
    ]
}

/// What a record should be.
struct Model {
    key: Vec<u8>,
    stamp: Option<u64>,
    body: Plain,
}

fn apply(record: Packed<Counted>, model: &mut Model, step: Step, alive: &Rc<Cell<usize>>) -> Packed<Counted> {
    let mut record = record;
    match step {
        Step::SetString(value) => {
            record.set_string(&value);
            model.body = Plain::String(value);
        }
        Step::Append(more) => {
            record.append(&more);
            model.body = match &model.body {
                Plain::String(value) => Plain::String([value.clone(), more].concat()),
                Plain::Boxed(_) => Plain::String(more),
            };
        }
        Step::SetBoxed(number) => {
            record.set_boxed(Counted::new(alive, number));
            model.body = Plain::Boxed(number);
        }
        Step::ChangeBoxed(number) => {
            if let Some(counted) = record.boxed_mut() {
                counted.number = number;
                model.body = Plain::Boxed(number);
            }
        }
        Step::TakeBoxed => {
            let taken = record.take_boxed().map(|counted| Plain::Boxed(counted.number));
            let expected = matches!(model.body, Plain::Boxed(_)).then(|| model.body.clone());
            assert_eq!(taken, expected);
            if taken.is_some() {
                model.body = Plain::String(Vec::new());
            }
        }
        Step::Stamp(stamp) => {
            record.set_stamp(stamp);
            model.stamp = stamp;
        }
        Step::Rename(key) => {
            record = record.renamed(&key);
            model.key = key;
        }
    }
    record
}

fn compare(record: &Packed<Counted>, model: &Model, alive: &Rc<Cell<usize>>) {
    let body = match record.body() {
        Body::String(value) => Plain::String(value.to_vec()),
        Body::Boxed(counted) => Plain::Boxed(counted.number),
    };
    assert_eq!((record.key(), record.stamp(), &body), (&model.key[..], model.stamp, &model.body));
    assert_eq!(alive.get(), usize::from(matches!(body, Plain::Boxed(_))));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 12 } else { 400 }, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_record_is_what_its_changes_made_it(key in bytes(), value in bytes(), steps in prop::collection::vec(step(), 0..40)) {
        let alive = Rc::new(Cell::new(0));
        let mut model = Model { key: key.clone(), stamp: None, body: Plain::String(value.clone()) };
        let mut record = Packed::string(&key, &value);
        for step in steps {
            record = apply(record, &mut model, step, &alive);
            compare(&record, &model, &alive);
        }
        drop(record);
        assert_eq!(alive.get(), 0);
    }
}

#[test]
fn a_key_of_16_and_a_value_of_32_bytes_ask_for_56() {
    let mut record: Packed = Packed::string(&[b'k'; 16], &[b'v'; 32]);
    assert_eq!(record.allocated_bytes(), 56);
    record.set_stamp(Some(1));
    assert_eq!(record.allocated_bytes(), 72);
    record.set_stamp(None);
    assert_eq!(record.allocated_bytes(), 56);
    assert_eq!(size_of::<Option<Packed>>(), 8);
}

#[test]
fn a_string_set_once_takes_at_most_15_bytes_more_than_it_needs() {
    for len in 8..2_000 {
        let record: Packed = Packed::string(b"12345678", &vec![0; len]);
        assert!((8 + 8 + len..8 + 8 + len + 16).contains(&record.allocated_bytes()), "{len}");
    }
}

#[test]
fn appending_reallocates_seldom_and_wastes_at_most_a_quarter() {
    let (mut record, mut sizes): (Packed, Vec<usize>) = (Packed::string(b"key", b""), Vec::new());
    let bytes = if cfg!(miri) { 2_000 } else { 100_000 };
    for len in 1..=bytes {
        record.append(b"x");
        sizes.push(record.allocated_bytes());
        assert!(record.allocated_bytes() <= (len + 11).max(64) * 5 / 4 + 16, "{len}");
    }
    sizes.dedup();
    assert!(sizes.len() < 60, "{} allocations", sizes.len());
    assert!(matches!(record.body(), Body::String(value) if value.len() == bytes));
}

#[test]
fn a_boxed_value_is_dropped_once_also_when_its_drop_panics() {
    struct Bomb(Rc<Cell<usize>>);
    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            panic!("as asked");
        }
    }
    let drops = Rc::new(Cell::new(0));
    let mut record = Packed::boxed(b"key", Bomb(Rc::clone(&drops)));
    let replaced = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| record.set_string(b"calm")));
    assert!(replaced.is_err());
    assert!(matches!(record.body(), Body::String(b"calm")));
    record.set_boxed(Bomb(Rc::clone(&drops)));
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(record)));
    assert!(dropped.is_err());
    assert_eq!(drops.get(), 2);
}

#[test]
fn lengths_beyond_the_limits_are_refused_before_anything_changes() {
    if cfg!(miri) {
        return;
    }
    let long = vec![0; MAX_STRING_BYTES + 1];
    let refused =
        |work: &mut dyn FnMut()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err();
    let mut record = Packed::boxed(b"key", 7);
    assert!(refused(&mut || record.set_string(&long)));
    assert_eq!(record.body(), Body::Boxed(&7));
    assert!(refused(&mut || drop(Packed::<u8>::string(&long[..MAX_KEY_BYTES + 1], b""))));
    let mut record: Packed = Packed::string(b"key", b"value");
    assert!(refused(&mut || record.append(&long[..MAX_STRING_BYTES - 4])));
    assert_eq!(record.body(), Body::String(b"value"));
}

#[test]
fn zero_sized_and_empty_values_work() {
    let mut record = Packed::boxed(b"", ());
    assert_eq!((record.key(), record.body()), (&b""[..], Body::Boxed(&())));
    record.set_stamp(Some(u64::MAX));
    assert_eq!(record.take_boxed().as_deref(), Some(&()));
    assert_eq!((record.stamp(), record.body()), (Some(u64::MAX), Body::String(b"")));
}

#[test]
fn a_string_can_be_cut_and_gives_its_memory_back() {
    let mut record = Packed::<Vec<u8>>::string(b"key", &[7; 1000]);
    record.set_stamp(Some(5));
    record.truncate(2000);
    assert_eq!(record.body(), Body::String(&[7; 1000]));
    record.truncate(3);
    assert_eq!(record.body(), Body::String(&[7; 3]));
    assert_eq!((record.key(), record.stamp()), (&b"key"[..], Some(5)));
    assert!(record.allocated_bytes() < 50);
    record.append(b"abc");
    assert_eq!(record.body(), Body::String(b"\x07\x07\x07abc"));
    record.set_boxed(vec![1]);
    record.truncate(0);
    assert_eq!(record.body(), Body::Boxed(&vec![1]));
}

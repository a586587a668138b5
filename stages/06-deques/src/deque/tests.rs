#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::{Deque, End, FREED_BYTES};
use crate::block::BLOCK_BYTES;

#[derive(Clone, Debug)]
enum Step {
    Push(End, usize),
    Discard(End, usize),
    Get(usize),
    Range(usize, usize),
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Front), Just(End::Back)]
}

/// Mostly small elements, some around each length at which something changes, some that fill whole blocks.
fn element_len() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => 0_usize..40,
        2 => 120_usize..140,
        2 => 1000_usize..1050,
        1 => BLOCK_BYTES - 8..BLOCK_BYTES + 8,
        1 => Just(16_383_usize),
        1 => Just(16_384_usize),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (end(), element_len()).prop_map(|(end, len)| Step::Push(end, len)),
        3 => (end(), 1_usize..4).prop_map(|(end, count)| Step::Discard(end, count)),
        1 => any::<usize>().prop_map(Step::Get),
        1 => (any::<usize>(), 0_usize..50).prop_map(|(start, count)| Step::Range(start, count)),
    ]
}

/// An element of this length that no other element of the test equals, as far as its length allows.
fn element(number: usize, len: usize) -> Vec<u8> {
    number.to_le_bytes().iter().copied().cycle().take(len).collect()
}

fn discard(deque: &mut Deque, model: &mut VecDeque<Vec<u8>>, end: End) {
    let expected = if end == End::Front { model.pop_front() } else { model.pop_back() };
    assert_eq!(deque.peek(end), expected.as_deref());
    assert_eq!(deque.discard(end), expected.map(|element| element.len()));
}

fn apply(deque: &mut Deque, model: &mut VecDeque<Vec<u8>>, number: usize, step: Step) {
    match step {
        Step::Push(end, len) => {
            let element = element(number, len);
            deque.push(end, &element);
            if end == End::Front { model.push_front(element) } else { model.push_back(element) }
        }
        Step::Discard(end, count) => (0..count).for_each(|_| discard(deque, model, end)),
        Step::Get(index) => {
            let index = index % (model.len() + 2);
            assert_eq!(deque.get(index), model.get(index).map(Vec::as_slice));
        }
        Step::Range(start, count) => {
            let start = start % (model.len() + 2);
            let found: Vec<_> = deque.range(start, count).map(<[u8]>::to_vec).collect();
            let expected: Vec<_> = model.iter().skip(start).take(count).cloned().collect();
            assert_eq!(found, expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_deque_behaves_like_a_vec_deque_and_its_blocks_stay_sound(steps in prop::collection::vec(step(), 1..250)) {
        let (mut deque, mut model) = (Deque::new(), VecDeque::new());
        for (number, step) in steps.into_iter().enumerate() {
            apply(&mut deque, &mut model, number, step);
            // D1 and D2, after each step.
            prop_assert_eq!(deque.check(), Ok(()));
            prop_assert_eq!(deque.len(), model.len());
            prop_assert_eq!(deque.payload_bytes(), model.iter().map(Vec::len).sum::<usize>());
        }
        prop_assert!(deque.iter().eq(model.iter().map(Vec::as_slice)));
        for end in [End::Front, End::Back].into_iter().cycle().take(model.len() + 1) {
            discard(&mut deque, &mut model, end);
            prop_assert_eq!(deque.check(), Ok(()));
        }
    }
}

fn deque_of(elements: &[&[u8]]) -> Deque {
    let mut deque = Deque::new();
    elements.iter().for_each(|element| deque.push(End::Back, element));
    deque
}

#[test]
fn a_small_deque_takes_little_memory() {
    let deque = deque_of(&[&b"0123456789"[..]]);
    assert!(deque.allocated_bytes() <= 128, "{} bytes", deque.allocated_bytes());
}

#[test]
fn an_element_costs_a_few_bytes_beside_itself() {
    let mut deque = Deque::new();
    for number in 0..100_000_u32 {
        deque.push(End::Back, format!("{number:010}").as_bytes());
    }
    let overhead = (deque.allocated_bytes() - deque.payload_bytes()) as f64 / deque.len() as f64;
    assert!(overhead < 2.5, "{overhead} bytes an element");
}

#[test]
fn elements_of_any_size_leave_most_of_the_memory_used() {
    for len in [100, 500, 1023, 1024, 1366, 2049, 4095, 4097, 100_000] {
        let mut deque = Deque::new();
        for number in 0..400 {
            deque.push(End::Back, &element(number, len));
        }
        let used = deque.payload_bytes() as f64 / deque.allocated_bytes() as f64;
        assert!(used > 0.74, "{used} of the memory is used at {len} bytes");
    }
}

#[test]
fn a_short_queue_through_which_much_passes_stays_small() {
    let mut deque = Deque::new();
    for number in 0..50_000 {
        deque.push(End::Front, &element(number, 10));
        if deque.len() > 3 {
            assert_eq!(deque.discard(End::Back), Some(10));
        }
    }
    assert!(deque.allocated_bytes() < 400, "{} bytes", deque.allocated_bytes());
}

#[test]
fn a_deque_that_was_long_gives_its_list_of_blocks_back() {
    let mut deque = Deque::new();
    for number in 0..3_000 {
        deque.push(End::Back, &element(number, 2000));
    }
    while deque.len() > 1 {
        deque.discard(End::Front);
    }
    assert_eq!(deque.check(), Ok(()));
    assert!(deque.allocated_bytes() < 3000, "{} bytes", deque.allocated_bytes());
}

#[test]
fn elements_are_binary_safe() {
    let all: Vec<u8> = (0..=255).collect();
    let deque = deque_of(&[&all[..], b"", b"\r\n", b"\0"]);
    assert_eq!(deque.check(), Ok(()));
    assert_eq!(deque.iter().collect::<Vec<_>>(), [&all[..], b"", b"\r\n", b"\0"]);
}

#[test]
fn a_picture_shows_blocks_with_their_room() {
    let mut deque = deque_of(&[b"apple"]);
    deque.push(End::Front, b"fig");
    let shown: Vec<_> =
        deque.blocks().map(|block| (block.buffer.len(), block.start, block.end, block.count)).collect();
    // The block began at the left end of 32 bytes; for the front its content moved to the middle.
    assert_eq!(shown, [(32, 10, 22, 2)]);
    assert_eq!(&deque.blocks().next().unwrap().buffer[10..22], b"\x03fig\x03\x05apple\x05");
}

#[test]
fn freeing_takes_as_many_steps_as_there_are_blocks_and_pieces_of_large_ones() {
    let mut deque = Deque::new();
    for number in 0..10 {
        deque.push(End::Back, &element(number, 3000));
    }
    deque.push(End::Back, &vec![1; 5 * FREED_BYTES]);
    let steps = 1 + (0..).take_while(|_| !deque.free_some()).count();
    assert_eq!(steps, 10 + 6);
}

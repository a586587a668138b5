use std::collections::VecDeque;

use heapwood_kit::{Random, given};

use super::subject::Ring;

/// A ring with `capacity` places whose first element is at a place of its own: made by pushes and pops at the two ends.
fn ring_from(capacity: usize, place: usize, elements: &[u32]) -> Ring<u32> {
    let mut ring = Ring::with_capacity(capacity);
    for _ in 0..place {
        ring.push_back(0);
        ring.pop_front();
    }
    elements.iter().for_each(|&element| ring.push_back(element));
    ring
}

/// All that is taken from one end.
fn popped(ring: &mut Ring<u32>, mut pop: impl FnMut(&mut Ring<u32>) -> Option<u32>) -> Vec<u32> {
    let mut taken = Vec::new();
    while let Some(element) = pop(ring).filter(|_| taken.len() < 50) {
        taken.push(element);
    }
    taken
}

/// What comes in at the back goes out at the front in the same order, and at the back in the opposite one.
pub fn in_at_the_back() {
    let given = given("room for 8; 1, 2 and 3 pushed at the back");
    let mut ring = ring_from(8, 0, &[1, 2, 3]);
    given.expect(("pop_front", vec![1, 2, 3]), ("pop_front", popped(&mut ring, Ring::pop_front)));
    let mut ring = ring_from(8, 0, &[1, 2, 3]);
    given.expect(("pop_back", vec![3, 2, 1]), ("pop_back", popped(&mut ring, Ring::pop_back)));
    given.expect(("len", 0), ("len", ring.len()));
}

/// What comes in at the front stands before the rest, also when the first element is at the first place.
pub fn in_at_the_front() {
    let mut ring = ring_from(4, 0, &[1]);
    ring.push_front(2);
    ring.push_front(3);
    let given = given("room for 4; 1 at the back, then 2 and 3 at the front");
    given.expect(("len", 3, "capacity", 4), ("len", ring.len(), "capacity", ring.capacity()));
    given.expect(vec![3, 2, 1], popped(&mut ring, Ring::pop_front));
}

/// A queue that moves along goes around the end of the buffer and does not grow.
pub fn around_the_end() {
    let mut ring = ring_from(4, 0, &[1, 2, 3]);
    let given =
        given("room for 4, with 1, 2 and 3; ten times, one more at the back and one taken at the front");
    let taken: Vec<Option<u32>> = (4..14)
        .map(|element| {
            ring.push_back(element);
            ring.pop_front()
        })
        .collect();
    given.expect((1..=10).map(Some).collect::<Vec<_>>(), taken);
    given.expect(("capacity", 4), ("capacity", ring.capacity()));
}

/// The capacity doubles when every place is taken and one more comes, and not before; an empty ring can begin with none.
pub fn grows_when_full() {
    let mut ring = Ring::default();
    let mut capacities = vec![ring.capacity()];
    for element in 1..=9 {
        ring.push_back(element);
        capacities.push(ring.capacity());
    }
    given("nothing, and then nine elements at the back: the capacity before and after each")
        .expect(vec![0, 4, 4, 4, 4, 8, 8, 8, 8, 16], capacities);
}

/// Growing keeps the order, also when the elements go around the end.
pub fn grows_around_the_end() {
    for place in 0..4 {
        let mut ring = ring_from(4, place, &[1, 2, 3, 4]);
        ring.push_back(5);
        given(format!("room for 4, with 1 to 4, the first at place {place}; 5 at the back"))
            .expect(vec![1, 2, 3, 4, 5], popped(&mut ring, Ring::pop_front));
        let mut ring = ring_from(4, place, &[1, 2, 3, 4]);
        ring.push_front(5);
        given(format!("room for 4, with 1 to 4, the first at place {place}; 5 at the front"))
            .expect(vec![5, 1, 2, 3, 4], popped(&mut ring, Ring::pop_front));
    }
}

/// An index counts from the first element, around the end; from the length on there is nothing.
pub fn by_index() {
    let ring = ring_from(4, 2, &[1, 2, 3]);
    let got: Vec<Option<u32>> = (0..8).map(|index| ring.get(index).copied()).collect();
    given("room for 4, with 1, 2 and 3, the first at place 2; the indices 0 to 7")
        .expect(vec![Some(1), Some(2), Some(3), None, None, None, None, None], got);
    let full = ring_from(4, 2, &[1, 2, 3, 4]);
    given("room for 4, with 1 to 4; index 4").expect(None, full.get(4).copied());
    given("an empty ring without a place; index 0").expect(None, Ring::<u32>::default().get(0).copied());
}

/// An empty ring has nothing to take at either end, and is as good as new.
pub fn empty() {
    for capacity in [0, 4] {
        let mut ring = if capacity == 0 { Ring::default() } else { Ring::with_capacity(capacity) };
        let given = given(format!("an empty ring with {capacity} places"));
        given.expect((None, None), (ring.pop_front(), ring.pop_back()));
        ring.push_front(7);
        given.expect(
            ("7 at the front, then pop_back", Some(7)),
            ("7 at the front, then pop_back", ring.pop_back()),
        );
        given.expect((None, None, 0), (ring.pop_back(), ring.pop_front(), ring.len()));
    }
}

/// Whatever is pushed and taken at whichever end, it holds what the standard library's deque holds.
pub fn as_the_standard_one() {
    for seed in 0..20 {
        let (mut random, mut ring, mut standard) = (Random::new(seed), Ring::default(), VecDeque::new());
        let mut story = Vec::new();
        for element in 0..60 {
            let (said, got, expected) = match random.below(6) {
                0 => ("pop_front", ring.pop_front(), standard.pop_front()),
                1 => ("pop_back", ring.pop_back(), standard.pop_back()),
                2 | 3 => {
                    ring.push_front(element);
                    standard.push_front(element);
                    ("push_front", None, None)
                }
                _ => {
                    ring.push_back(element);
                    standard.push_back(element);
                    ("push_back", None, None)
                }
            };
            story.push(said);
            let given = given(story.join(", "));
            given.expect(expected, got);
            let all: Vec<u32> = (0..ring.len()).filter_map(|index| ring.get(index).copied()).collect();
            given.expect(standard.iter().copied().collect::<Vec<u32>>(), all);
        }
    }
}

//! Six broken deques: write the test that finds them.
//!
//! A deque has two ends, borders between its blocks or a wrap-around in its ring, elements of no bytes and of many, and a count
//! that is kept rather than counted. Each is a place for a mistake that a hundred pushes and pops do not show.
//!
//! Write `test`. It is run on three correct sequences, built in three ways, and has to pass on each; and on six broken ones,
//! where it has to fail by an assertion. What a sequence promises is in the documentation of `Sequence`, and what that does
//! not promise (how much memory is taken exactly, and when it comes back) is no reason to fail.
//!
//! Only the standard library is at hand, so random numbers have to be made: for instance by
//! `state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)`, of which the upper bits (`state >> 33`) are good.
//!
//! Run `cargo learn broken-deques`.

use std::collections::VecDeque;

use heapwood_deques::End;

/// A sequence of byte strings with two ends. The default one is empty.
pub trait Sequence: Default {
    /// Adds an element of any length, 0 included, at one end.
    fn push(&mut self, end: End, element: &[u8]);
    /// Takes the element at one end; `None` when there is none.
    fn pop(&mut self, end: End) -> Option<Vec<u8>>;
    /// How many elements it holds.
    fn count(&self) -> usize;
    /// The memory that it takes: at least the bytes of its elements. How much more, and when memory is given back, is its own
    /// business.
    fn allocated_bytes(&self) -> usize;
}

/// The lengths of the elements that the test pushes.
const LENGTHS: [usize; 6] = [0, 1, 10, 127, 128, 300];

/// Panics by an assertion when an `S` does not keep a promise of [`Sequence`].
pub fn test<S: Sequence>() {
    let mut state = 6_u64;
    let mut below = move |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % end
    };
    for _ in 0..20 {
        let (mut sequence, mut plain) = (S::default(), VecDeque::<Vec<u8>>::new());
        for step in 0..300 {
            let end = if below(2) == 0 { End::Front } else { End::Back };
            // It grows for sixty steps, and shrinks for the next forty.
            let pushes = if step % 100 < 60 { 3 } else { 1 };
            if below(4) < pushes {
                let element = vec![step as u8; LENGTHS[below(LENGTHS.len())]];
                sequence.push(end, &element);
                match end {
                    End::Front => plain.push_front(element),
                    End::Back => plain.push_back(element),
                }
            } else {
                let expected = if end == End::Front { plain.pop_front() } else { plain.pop_back() };
                assert_eq!(sequence.pop(end), expected, "step {step}: a pop at the {end:?}");
            }
            assert_eq!(sequence.count(), plain.len(), "step {step}: the count");
            let payload: usize = plain.iter().map(Vec::len).sum();
            assert!(sequence.allocated_bytes() >= payload, "step {step}: less memory than {payload} bytes");
        }
    }
}

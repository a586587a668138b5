use heapwood_kit::{accepts, refuses};

use super::subject::test;

#[path = "correct/stage.rs"]
mod stage;
#[path = "correct/two_stacks.rs"]
mod two_stacks;
#[path = "correct/vec_deque.rs"]
mod vec_deque;

#[path = "mutants/block_border.rs"]
mod block_border;
#[path = "mutants/empty_element.rs"]
mod empty_element;
#[path = "mutants/long_element.rs"]
mod long_element;
#[path = "mutants/stale_count.rs"]
mod stale_count;
#[path = "mutants/unturned_ring.rs"]
mod unturned_ring;
#[path = "mutants/wrong_end.rs"]
mod wrong_end;

/// The test passes on the standard library's deque.
pub fn accepts_vec_deque() {
    accepts("a `VecDeque` of vectors, with room for 16 from the start", test::<vec_deque::Ring>);
}

/// The test passes on chapter 6's deque of blocks.
pub fn accepts_stage() {
    accepts("the stage's `Deque`, with `peek` and `discard` as one `pop`", test::<stage::Blocks>);
}

/// The test passes on two stacks, back to back.
pub fn accepts_two_stacks() {
    accepts(
        "two stacks; when one is empty, everything is moved over from the other one",
        test::<two_stacks::TwoStacks>,
    );
}

/// The test finds a pop at the wrong end.
pub fn refuses_wrong_end() {
    refuses("a pop at one of the ends takes from the other one", test::<wrong_end::Ring>);
}

/// The test finds a count that is not kept up.
pub fn refuses_stale_count() {
    refuses("the count is not always right after a pop", test::<stale_count::Ring>);
}

/// The test finds an element that is lost where a block begins.
pub fn refuses_block_border() {
    refuses("an element is lost between one block and the next", test::<block_border::Blocks>);
}

/// The test finds a ring that gets its elements out of order.
pub fn refuses_unturned_ring() {
    refuses("a ring that sometimes grows without keeping its order", test::<unturned_ring::Ring>);
}

/// The test finds out what becomes of an element without bytes.
pub fn refuses_empty_element() {
    refuses("an element of a certain length is taken for none", test::<empty_element::Ring>);
}

/// The test finds out what becomes of a long element.
pub fn refuses_long_element() {
    refuses("elements of certain lengths come back shorter", test::<long_element::Ring>);
}

use heapwood_kit::{accepts, refuses};

use super::subject::test;

#[path = "mutants/excluded_start.rs"]
mod excluded_start;
#[path = "mutants/length_first.rs"]
mod length_first;
#[path = "mutants/loses_replaced.rs"]
mod loses_replaced;
#[path = "mutants/loses_the_middle.rs"]
mod loses_the_middle;
#[path = "mutants/moves_on_removal.rs"]
mod moves_on_removal;
#[path = "correct/sorted_vec.rs"]
mod sorted_vec;
#[path = "correct/stage.rs"]
mod stage;
#[path = "mutants/stale_weights.rs"]
mod stale_weights;

/// The stage's own treap is an ordered map.
pub fn accepts_stage() {
    accepts("the treap of stage 2; a place is a slot, and free slots are used again", test::<stage::Stage>);
}

/// A sorted vector is an ordered map, too.
pub fn accepts_sorted_vec() {
    accepts(
        "a sorted vector; a place is the number of the insertion, so none is used twice",
        test::<sorted_vec::SortedVec>,
    );
}

/// A map that forgets something when a key is stored again is noticed.
pub fn refuses_loses_replaced() {
    refuses(
        "a map that does the wrong thing with a key it has already",
        test::<loses_replaced::LosesReplaced>,
    );
}

/// A map with another idea of what comes first is noticed (T1).
pub fn refuses_length_first() {
    refuses("a map whose order is not that of the keys' bytes", test::<length_first::LengthFirst>);
}

/// A map that takes one kind of bound for another is noticed.
pub fn refuses_excluded_start() {
    refuses("a map that mistakes a bound", test::<excluded_start::ExcludedStart>);
}

/// A map with weights that are not kept up is noticed (T3).
pub fn refuses_stale_weights() {
    refuses("a map that goes on counting something that is gone", test::<stale_weights::StaleWeights>);
}

/// A map whose rotations lose a subtree is noticed (T1).
pub fn refuses_loses_the_middle() {
    refuses("a treap with a rotation that is wrong on one side", test::<loses_the_middle::LosesTheMiddle>);
}

/// A map that moves a record while its key is there is noticed (T5).
pub fn refuses_moves_on_removal() {
    refuses("a map that does not leave a record in its place", test::<moves_on_removal::MovesOnRemoval>);
}

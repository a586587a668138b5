use heapwood_kit::{accepts, refuses};

use super::subject::test;

#[path = "mutants/believes_nothing_there.rs"]
mod believes_nothing_there;
#[path = "mutants/believes_the_slot.rs"]
mod believes_the_slot;
#[path = "correct/by_rank.rs"]
mod by_rank;
#[path = "mutants/half_a_key.rs"]
mod half_a_key;
#[path = "correct/never_twice.rs"]
mod never_twice;
#[path = "mutants/no_second_look.rs"]
mod no_second_look;
#[path = "mutants/once_only.rs"]
mod once_only;
#[path = "mutants/still_there.rs"]
mod still_there;
#[path = "correct/treap.rs"]
mod treap;

/// The test passes on a map that gives a free slot to the next key and compares whole keys.
pub fn accepts_treap() {
    accepts("stage 2's treap, which uses free slots again and asks `holds` of each hint", test::<treap::Map>);
}

/// The test passes on a map that never uses a slot twice.
pub fn accepts_never_twice() {
    accepts("a list of slots of which none is used for a second key", test::<never_twice::Map>);
}

/// The test passes on a map whose keys move when others come and go.
pub fn accepts_by_rank() {
    accepts("a sorted list, where a hint is a position and is checked", test::<by_rank::Map>);
}

/// The test finds a map that gives one key's number for another.
pub fn refuses_believes_the_slot() {
    refuses("a hint is believed if there is anything in its slot", test::<believes_the_slot::Map>);
}

/// The test finds a map that takes keys for equal that are not.
pub fn refuses_half_a_key() {
    refuses("of the key in the slot, not every byte is compared", test::<half_a_key::Map>);
}

/// The test finds a map that gives what was removed.
pub fn refuses_still_there() {
    refuses("a removal leaves the slot as it was, and the hint leads there", test::<still_there::Map>);
}

/// The test finds a map that gives nothing where the hint is old.
pub fn refuses_no_second_look() {
    refuses("a hint that is no good ends the matter", test::<no_second_look::Map>);
}

/// The test finds a map that believes that a key is not there.
pub fn refuses_believes_nothing_there() {
    refuses("no hint is taken for no key", test::<believes_nothing_there::Map>);
}

/// The test finds a map whose hints are used up.
pub fn refuses_once_only() {
    refuses("the same hint does not work at every use", test::<once_only::Map>);
}

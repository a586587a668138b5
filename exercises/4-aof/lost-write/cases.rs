use heapwood_kit::{accepts, refuses};

use super::subject::test;

#[path = "mutants/acknowledges_first.rs"]
mod acknowledges_first;
#[path = "correct/as_they_come.rs"]
mod as_they_come;
#[path = "correct/each_round.rs"]
mod each_round;
#[path = "mutants/forgets_the_last.rs"]
mod forgets_the_last;
#[path = "mutants/half_a_round.rs"]
mod half_a_round;
#[path = "correct/in_groups.rs"]
mod in_groups;
#[path = "mutants/keeps_the_torn_tail.rs"]
mod keeps_the_torn_tail;
#[path = "mutants/stops_one_early.rs"]
mod stops_one_early;
#[path = "mutants/syncs_first.rs"]
mod syncs_first;

/// The test passes on a log that writes and syncs each round.
pub fn accepts_each_round() {
    accepts("it writes and syncs in each commit, and acknowledges all", test::<each_round::EachRound>);
}

/// The test passes on a log that syncs two rounds together.
pub fn accepts_in_groups() {
    accepts(
        "it syncs in every second commit, and acknowledges what it has synced",
        test::<in_groups::InGroups>,
    );
}

/// The test passes on a log that writes records before their round is committed.
pub fn accepts_as_they_come() {
    accepts(
        "it writes each record at once, and in the commit a mark that ends the round, and syncs",
        test::<as_they_come::AsTheyCome>,
    );
}

/// The test fails on a log that does not give all its records back.
pub fn refuses_stops_one_early() {
    refuses("it reads less than it has written", test::<stops_one_early::InGroups>);
}

/// The test fails on a log that does not write all its records.
pub fn refuses_forgets_the_last() {
    refuses("it writes less than was recorded", test::<forgets_the_last::EachRound>);
}

/// The test fails on a log that syncs too early (L3).
pub fn refuses_syncs_first() {
    refuses("it does a commit's steps in the wrong order", test::<syncs_first::EachRound>);
}

/// The test fails on a log that acknowledges what is not durable (L3).
pub fn refuses_acknowledges_first() {
    refuses("it counts what it has written, and not what is durable", test::<acknowledges_first::InGroups>);
}

/// The test fails on a log that gives a part of a round (L1).
pub fn refuses_half_a_round() {
    refuses("it does not treat a round as a whole", test::<half_a_round::InGroups>);
}

/// The test fails on a log that cannot go on after a power cut.
pub fn refuses_keeps_the_torn_tail() {
    refuses("it leaves something behind when it opens a log", test::<keeps_the_torn_tail::InGroups>);
}

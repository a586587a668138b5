use heapwood_kit::{accepts, refuses};

use super::subject::test;

#[path = "correct/asks_first.rs"]
mod asks_first;
#[path = "mutants/asks_once.rs"]
mod asks_once;
#[path = "mutants/drops_the_rest.rs"]
mod drops_the_rest;
#[path = "correct/in_small_blocks.rs"]
mod in_small_blocks;
#[path = "mutants/keeps_asking.rs"]
mod keeps_asking;
#[path = "mutants/never_asks.rs"]
mod never_asks;
#[path = "mutants/overtakes.rs"]
mod overtakes;
#[path = "mutants/repeats_a_piece.rs"]
mod repeats_a_piece;
#[path = "correct/tries_first.rs"]
mod tries_first;

/// Trying to write at once, and asking only for the rest, is correct.
pub fn accepts_tries_first() {
    accepts(
        "it writes in send, and asks for room only if something is left (as the stage does at a round's end)",
        test::<tries_first::TriesFirst>,
    );
}

/// Asking first, and writing only when the poller reports room, is correct.
pub fn accepts_asks_first() {
    accepts(
        "send only keeps the bytes and asks for room; writable writes all there is room for",
        test::<asks_first::AsksFirst>,
    );
}

/// Writing a little at a time, to leave others their turn, is correct.
pub fn accepts_in_small_blocks() {
    accepts(
        "send only keeps the bytes and asks for room; writable writes at most 3 bytes a call, and goes on asking",
        test::<in_small_blocks::InSmallBlocks>,
    );
}

/// A partial write is not a whole one.
pub fn refuses_drops_the_rest() {
    refuses("bytes that the socket had no room for are gone", test::<drops_the_rest::DropsTheRest>);
}

/// What is left over has to be asked for.
pub fn refuses_never_asks() {
    refuses("what is left over waits for ever", test::<never_asks::NeverAsks>);
}

/// When nothing is left, nothing may be asked for: the loop would never sleep (P1).
pub fn refuses_keeps_asking() {
    refuses("once it has asked for room, it is never again satisfied", test::<keeps_asking::KeepsAsking>);
}

/// What is left over after the second piece has to be asked for, too.
pub fn refuses_asks_once() {
    refuses("a reply in two pieces arrives, a longer one does not", test::<asks_once::AsksOnce>);
}

/// No piece leaves twice.
pub fn refuses_repeats_a_piece() {
    refuses(
        "a reply in two pieces arrives as it was, a longer one does not",
        test::<repeats_a_piece::RepeatsAPiece>,
    );
}

/// Replies leave in order.
pub fn refuses_overtakes() {
    refuses(
        "one reply arrives as it was, in any number of pieces; with two it depends",
        test::<overtakes::Overtakes>,
    );
}

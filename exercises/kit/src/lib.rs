//! What the cases of the exercises are written with.
//!
//! A case is a public function that takes nothing. It says what it gives to the learner's code, what it expects, and what it
//! got: [`given`]. In *write the test* the learner's code is a test itself, and a case gives it something correct or
//! something broken: [`accepts`], [`refuses`]. [`Pieces`] and [`Random`] are input that is the same in every run.
#![forbid(unsafe_code)]

mod judge;
mod outcome;
mod random;
mod streams;

pub use judge::{Given, accepts, given, refuses};
pub use outcome::{Outcome, main, read_begun};
pub use random::Random;
pub use streams::{Pieces, Step};

//! `cargo learn`: the exercises of the course, from the learner's side.
#![forbid(unsafe_code)]

pub mod audit;
pub mod runner;

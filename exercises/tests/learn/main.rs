//! `cargo learn` as a learner meets it: the command, run in a folder of its own.
#![allow(clippy::unwrap_used)]

mod bench;
mod commands;
mod folder;
mod judging;
mod looks;

//! The book's builder: what mdBook does not do by itself.
//!
//! In the order in which a page meets them:
//!
//! - [`page`]: a page taken apart into text and what it asks for;
//! - [`heapwood_course::source`], [`library`]: the stages' items, found by parsing; [`parts`] divides long ones;
//! - [`listing`]: source code as a page shows it;
//! - [`pictures`]: recorded from the stages' code;
//! - `exercise`: what a reader is asked to write, and the listings that stay folded until then;
//! - [`transcript`]: consoles, executed; [`mutant`]: mistakes, and the tests that find them;
//! - [`assemble`]: all of that put in its place; [`building`]: mdBook around it; [`serving`]: on loopback.
//!
//! And what keeps book and code in step: [`coverage`], [`invariants`], [`links`], and [`check`], which runs everything.
#![forbid(unsafe_code)]

pub mod assemble;
pub mod building;
pub mod check;
pub mod coverage;
mod exercise;
pub mod invariants;
pub mod library;
pub mod links;
pub mod listing;
pub mod mutant;
pub mod page;
pub mod parts;
pub mod pictures;
pub mod serving;
pub mod transcript;

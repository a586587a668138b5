//! The book's builder: what mdBook does not do by itself.
//!
//! Listings come from the stages' source files by path and item name, pictures are recorded from the stages' code, console
//! transcripts are executed, and a check keeps book and code in step.
#![forbid(unsafe_code)]

pub mod pictures;

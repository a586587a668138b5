//! `cargo learn`: the exercises of the course, from the learner's side.
//!
//! - [`options`]: the command line; [`places`], [`state`]: where everything is, and what is remembered in `mine/.learn/`;
//! - [`mine`]: the learner's folder, made and brought up to date;
//! - [`check`]: an exercise tried: [`harness`] builds the learner's file with the cases, [`runner`] runs them one by one;
//! - [`progress`], [`helping`], [`watching`], [`doctor`], [`report`]: the other commands around it;
//! - [`conformance`], [`conforming`]: which stage's behaviour a server has;
//! - [`crash`]: a log with every damage that a crash can do, and what survives;
//! - [`measuring`]: the learner's code beside the reference and the standard library;
//! - [`yours`]: a stage with the learner's functions in it;
//! - [`audit`], [`auditing`]: what holds of the exercises themselves;
//! - [`paper`], [`failure`], [`hash`]: printing, ends, fingerprints.
#![forbid(unsafe_code)]

pub mod audit;
pub mod auditing;
pub mod check;
pub mod conformance;
pub mod conforming;
pub mod crash;
pub mod doctor;
pub mod failure;
pub mod harness;
pub mod hash;
pub mod helping;
pub mod measuring;
pub mod mine;
pub mod options;
pub mod paper;
pub mod places;
pub mod progress;
pub mod report;
pub mod runner;
pub mod state;
pub mod watching;
pub mod yours;

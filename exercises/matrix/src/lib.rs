//! Every solution, starter and mutant of the exercises, each compiled beside the cases. The audit runs them.
#![forbid(unsafe_code)]
#![allow(missing_docs, unreachable_pub, dead_code, clippy::unwrap_used)]

include!(concat!(env!("OUT_DIR"), "/modules.rs"));

//! The engine: one thread, one table of commands, one log.

pub mod pollers;
pub mod table;

use std::process::ExitCode;

use crate::options::EngineOptions;

/// Runs `heapwood server` until a signal ends it.
pub fn run(_options: &EngineOptions) -> ExitCode {
    eprintln!("heapwood: this part is not there yet");
    ExitCode::FAILURE
}

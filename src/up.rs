//! Starts everything.

use std::process::ExitCode;

use crate::options::UpOptions;

/// Starts everything and tells how it went.
pub fn run(_options: &UpOptions) -> ExitCode {
    eprintln!("heapwood: this part is not there yet");
    ExitCode::FAILURE
}

/// Runs `heapwood bridge`: the HTTP side for an engine that runs elsewhere.
pub fn run_bridge(_options: &crate::options::BridgeOptions) -> ExitCode {
    eprintln!("heapwood: this part is not there yet");
    ExitCode::FAILURE
}

//! Runs the load.

use std::process::ExitCode;

use crate::options::LoadOptions;

/// Runs the load and tells how it went.
pub fn run(_options: &LoadOptions) -> ExitCode {
    eprintln!("heapwood: this part is not there yet");
    ExitCode::FAILURE
}

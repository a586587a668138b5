//! Runs one command or the prompt.

use std::process::ExitCode;

use crate::options::CliOptions;

/// Runs one command or the prompt and tells how it went.
pub fn run(_options: &CliOptions) -> ExitCode {
    eprintln!("heapwood: this part is not there yet");
    ExitCode::FAILURE
}

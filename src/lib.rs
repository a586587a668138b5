//! The complete server, assembled from its stages, in the order in which a reader meets it:
//!
//! - [`options`]: what the command line and `HEAPWOOD_*` variables say.
//! - [`engine`]: the key-value engine: commands, log, statistics, start and stop.
//! - [`race`] and [`bridge`]: the disk-bound database beside the engine, and the HTTP interface.
//! - [`up`]: everything at once, on embedded defaults.
//! - [`cli`], [`check_aof`], [`load`]: the client, the log's inspector, the load generator.
//! - `mem`: the allocator, counted.
#![deny(unsafe_code)]

#[cfg(windows)]
compile_error!("Heapwood runs on Linux and macOS; on Windows, build and run it inside WSL 2.");

pub mod bridge;
pub mod check_aof;
pub mod cli;
pub mod engine;
pub mod load;
#[allow(unsafe_code)]
mod mem;
pub mod options;
pub mod race;
pub mod up;

/// The server's version, as `INFO` and `--version` tell it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Exit code of a start that could not happen as asked: a bad option, a port in use, a directory
/// that cannot be written or is open in another server.
pub const EXIT_BAD_USE: u8 = 2;

/// What to type to run this program again: its path as it was given, such as `target/release/heapwood`, or its name.
pub fn program() -> String {
    let path = std::env::args().next().unwrap_or_default();
    if path.contains('/') { path } else { String::from("heapwood") }
}

/// Tells the operator what is wrong. Where nothing can be written, as on a full disk, that is no
/// reason to end, which `eprintln!` would.
pub fn complain(line: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints lines for whoever started the program. That nobody reads them any more is no failure.
pub fn say(text: &str) {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{text}").and_then(|()| output.flush());
}

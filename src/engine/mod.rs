//! The engine: one thread, one table of commands, one log.
//!
//! In the order in which a start and then a request meet them:
//!
//! - [`mod@start`]: lock, port, log, thread; [`lock`], [`secret`] and [`descriptors`] are parts of it.
//! - [`pollers`]: ways to wait for sockets beyond the portable one.
//! - [`wire`]: which protocol a connection speaks.
//! - [`service`]: what the event loop drives; [`access`] says who may do what.
//! - [`table`]: every command; [`hints`]: their keys, looked up together.
//! - [`store`], [`arguments`], [`refusal`]: what a command works on and answers with.
//! - [`commands`]: what they do, one file a group; [`glob`] for their patterns.
//! - [`persistence`] and [`replay`]: to the log and back; [`foreign`]: from the logs of other programs.
//! - [`statistics`] and `sys`: figures.

pub mod access;
pub mod arguments;
pub mod commands;
pub mod descriptors;
pub mod foreign;
pub mod glob;
pub mod hints;
pub mod lock;
pub mod persistence;
pub mod pollers;
pub mod refusal;
pub mod replay;
pub mod secret;
pub mod service;
pub mod start;
pub mod statistics;
pub mod store;
#[allow(unsafe_code)]
mod sys;
pub mod table;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
pub mod wire;

use std::process::ExitCode;

pub use start::{RunningEngine, StartError, start};

use crate::options::EngineOptions;

/// Runs `heapwood server` until a signal ends it: exit code 0 after an orderly end, 2 when it
/// cannot start as asked, 1 for a damaged log or a failure on the way.
pub fn run(options: &EngineOptions) -> ExitCode {
    let engine = match start(options) {
        Ok(engine) => engine,
        Err(error) => return error.report(),
    };
    if let Err(error) = engine.stop_on_signals() {
        crate::complain(format_args!("heapwood: signals will not stop this server in order: {error}"));
    }
    crate::say(&engine.banner());
    match engine.join() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            crate::complain(format_args!("heapwood: {reason}"));
            ExitCode::FAILURE
        }
    }
}

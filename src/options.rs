//! The command line: one struct a subcommand, every limit an option with its default, and a
//! `HEAPWOOD_*` variable for each flag.
//!
//! What cannot be understood is told in one line and ends with exit code 2.

mod client;
mod engine;
mod quantity;
mod serving;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

pub use client::{CheckAofOptions, CliOptions, LoadOptions, Server};
pub use engine::{EngineOptions, FsyncChoice, LimitOptions, PollerChoice, SecretOptions};
pub use quantity::parse_bytes;
pub use serving::{BridgeLimits, BridgeOptions, UpOptions};

const EXAMPLES: &str = "\
Examples:
  heapwood                              everything: engine, HTTP bridge and dashboard
  heapwood --port 0 --http 127.0.0.1:0  the same on ports that the system chooses
  heapwood server --fsync always        the engine alone, each write on disk before its reply
  heapwood cli                          talk to it: history, completion, argument hints
  heapwood cli SET greeting hello       one command, for scripts
  heapwood check-aof data/database.aof  is the log sound?

Without a command `up` is meant; `heapwood up --help` tells its options.
Those of up, server and bridge can be variables: --max-clients is HEAPWOOD_MAX_CLIENTS.";

/// An ordered in-memory key-value server: Redis-like commands, and keys in order.
#[derive(Debug, Parser)]
#[command(name = "heapwood", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(override_usage = "heapwood [COMMAND] [OPTIONS]")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// What the command line asks for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything: the engine, the HTTP bridge and the dashboard.
    Up(Box<UpOptions>),
    /// Start the engine alone.
    Server(Box<EngineOptions>),
    /// Start the HTTP bridge and the dashboard for an engine that runs elsewhere.
    Bridge(Box<BridgeOptions>),
    /// Talk to a server: one command, or a prompt when none is given.
    Cli(CliOptions),
    /// Tell what is in a log and what is wrong with it; repair it with --fix.
    CheckAof(CheckAofOptions),
    /// Put load on a server; tell percentiles and the server's CPU time per request.
    Bench(LoadOptions),
}

/// Why there is no [`Command`]: help was asked for, or something cannot be understood.
#[derive(Debug)]
pub struct Answer {
    error: clap::Error,
    /// What to type to read more.
    more: String,
}

impl Answer {
    /// Prints help to standard output, or the mistake in one line to standard error.
    pub fn print(&self) -> ExitCode {
        if self.is_help() {
            // A closed standard output (`heapwood --help | head -1`) is no failure.
            let _ = self.error.print();
            return ExitCode::SUCCESS;
        }
        crate::complain(format_args!("heapwood: {}", self.line()));
        ExitCode::from(crate::EXIT_BAD_USE)
    }

    fn is_help(&self) -> bool {
        matches!(self.error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
    }

    /// The mistake on one line: what, why, and what to do.
    pub fn line(&self) -> String {
        let rendered = self.error.render().to_string();
        let mut line = String::new();
        for part in rendered.lines().map(str::trim) {
            if part.is_empty() || part.starts_with("Usage:") || part.starts_with("For more information") {
                continue;
            }
            let part = part.strip_prefix("error: ").unwrap_or(part);
            if !line.is_empty() {
                let goes_on = part.starts_with('[') || line.ends_with(':');
                line.push_str(if goes_on { " " } else { "; " });
            }
            line.push_str(part);
        }
        format!("{line}; see `{}`", self.more)
    }
}

/// Reads a command line whose first element is the program's name.
///
/// # Errors
///
/// An [`Answer`] to print: help, the version, or what is wrong with the line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Answer> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if means_up(arguments.get(1)) {
        arguments.insert(arguments.len().min(1), OsString::from("up"));
    }
    let more = help_about(arguments.get(1));
    CommandLine::try_parse_from(arguments).map(|line| line.command).map_err(|error| Answer { error, more })
}

fn help_about(first: Option<&OsString>) -> String {
    let name = first.map(|name| name.to_string_lossy()).unwrap_or_default();
    match CommandLine::command().find_subcommand(name.as_ref()) {
        Some(command) => format!("heapwood {} --help", command.get_name()),
        None => String::from("heapwood --help"),
    }
}

/// `heapwood` alone, or with flags only, starts everything.
fn means_up(first: Option<&OsString>) -> bool {
    let Some(first) = first else { return true };
    let about_the_program = ["-h", "--help", "-V", "--version"];
    first.to_string_lossy().starts_with('-') && !about_the_program.iter().any(|flag| first == flag)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn parse_line(line: &str) -> Result<Command, Answer> {
        let words = std::iter::once("heapwood").chain(line.split_whitespace());
        parse(words.map(OsString::from))
    }

    #[test]
    fn no_arguments_start_everything_on_the_defaults() {
        let Command::Up(options) = parse_line("").unwrap() else {
            panic!("not up");
        };
        assert_eq!(options.engine.port, 7379);
        assert_eq!(options.http.to_string(), "127.0.0.1:8080");
        assert_eq!(options.engine.dir.to_string_lossy(), "./data");
        assert_eq!(options.engine.limits.max_clients, 10_000);
    }

    #[test]
    fn flags_alone_mean_up() {
        let Command::Up(options) = parse_line("--port 0 --no-aof").unwrap() else {
            panic!("not up");
        };
        assert_eq!((options.engine.port, options.engine.no_aof), (0, true));
    }

    #[test]
    fn a_mistake_is_one_line_with_what_and_what_to_do() {
        for line in [
            "server --fsync sometimes",
            "server --prot 1",
            "serve",
            "server --port 70000",
            "server --max-clients 0",
            "server --soft-output-bytes 12parsecs",
            "check-aof",
        ] {
            let answer = parse_line(line).unwrap_err();
            assert!(!answer.is_help(), "{line}");
            let text = answer.line();
            assert!(!text.contains('\n'), "{text}");
            assert!(text.contains("--help"), "{text}");
        }
    }

    #[test]
    fn a_mistake_names_the_help_of_its_own_command() {
        let told = |line| parse_line(line).unwrap_err().line();
        assert_eq!(
            told("--port x"),
            "invalid value 'x' for '--port <PORT>': a port is a number from 0 to 65535; see `heapwood up --help`"
        );
        assert_eq!(
            told("check-aof"),
            "the following required arguments were not provided: <FILE>; see `heapwood check-aof --help`"
        );
        assert!(told("serve").ends_with("see `heapwood --help`"));
    }

    #[test]
    fn a_commands_own_dashes_reach_the_server() {
        let Command::Cli(options) = parse_line("cli --json INCRBY a -5").unwrap() else {
            panic!("not cli");
        };
        assert!(options.json);
        assert_eq!(options.command, ["INCRBY", "a", "-5"]);
    }

    #[test]
    fn the_description_is_consistent() {
        CommandLine::command().debug_assert();
    }
}

//! The `heapwood` command: reads the command line and hands over to the part it names.

use std::process::ExitCode;

use heapwood::options::{self, Command};

fn main() -> ExitCode {
    let command = match options::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(answer) => return answer.print(),
    };
    match command {
        Command::Up(options) => heapwood::up::run(&options),
        Command::Server(options) => heapwood::engine::run(&options),
        Command::Bridge(options) => heapwood::up::run_bridge(&options),
        Command::Cli(options) => heapwood::cli::run(&options),
        Command::CheckAof(options) => heapwood::check_aof::run(&options),
        Command::Bench(options) => heapwood::load::run(&options),
    }
}

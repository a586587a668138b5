//! `heapwood cli`: talks to a server, for people and for scripts.
//!
//! - `connection` holds the connection and makes it again when it was lost.
//! - `quoting` turns a line into arguments and bytes into text; `readable` and `bare` write
//!   replies, `output` chooses between them.
//! - `script` runs one command, or each line of standard input; `prompt` reads lines from a
//!   terminal, with `completion`, `hints`, `help` and `history`.
//! - `sys` notes Ctrl-C.

mod bare;
mod completion;
mod connection;
mod help;
mod hints;
mod history;
mod output;
mod prompt;
mod quoting;
mod readable;
mod script;
#[allow(unsafe_code, reason = "a signal handler")]
mod sys;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use crate::options::CliOptions;
use connection::Connection;
use output::Output;

/// How wide help is where there is no prompt that knows its terminal.
const PLAIN_COLUMNS: usize = 100;

/// Exit code after an error reply.
const EXIT_ERROR_REPLY: u8 = 1;

/// Exit code of a command line or an input that cannot be understood.
const EXIT_BAD_USE: u8 = crate::EXIT_BAD_USE;

/// Exit code when there is no server, or no reply from it.
const EXIT_NO_SERVER: u8 = 3;

/// Runs one command, the lines of standard input, or the prompt, and tells how it went.
pub fn run(options: &CliOptions) -> ExitCode {
    let password = match options.server.secret() {
        Ok(password) => password,
        Err(error) => return refuse(&error.to_string()),
    };
    let timeout = (options.timeout > 0).then(|| Duration::from_secs(options.timeout));
    let server = &options.server;
    if let Some((host, port)) = server.host.split_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()) {
        return refuse(&format!("--host takes no port; say --host {host} --port {port}"));
    }
    let mut connection = Connection::new(server.host.clone(), server.port, password, timeout);
    let output = Output::new(options);
    let command = options.command.iter().map(|argument| argument.as_encoded_bytes().to_vec());
    let command: Vec<Vec<u8>> = command.collect();
    let code = match command.first() {
        Some(name) if name.starts_with(b"--") => {
            let name = String::from_utf8_lossy(name);
            return refuse(&format!("there is no option {name}; see `heapwood cli --help`"));
        }
        Some(name) if name.eq_ignore_ascii_case(b"help") && !options.stdin => {
            output.print(help::answer(&command[1..], PLAIN_COLUMNS).as_bytes())
        }
        Some(_) => script::one(&mut connection, output, command, options.stdin),
        None if options.stdin => return refuse("-x needs a command to add standard input to"),
        None if std::io::stdin().is_terminal() => prompt::run(connection, output),
        None => script::lines(&mut connection, output),
    };
    ExitCode::from(code)
}

fn refuse(message: &str) -> ExitCode {
    crate::complain(format_args!("heapwood: {message}"));
    ExitCode::from(EXIT_BAD_USE)
}

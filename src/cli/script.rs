//! For scripts: one command from the command line, or one from each line of standard input.

use std::io::{self, BufRead, Read};

use heapwood_sockets::{MAX_BODY_BYTES, Value};

use super::connection::{Connection, Trouble};
use super::output::Output;
use super::{EXIT_BAD_USE, EXIT_NO_SERVER, quoting};

/// Runs one command; `stdin` adds standard input as its last argument. Gives the exit code.
pub(super) fn one(connection: &mut Connection, output: Output, mut command: Vec<Vec<u8>>, stdin: bool) -> u8 {
    if stdin {
        let mut argument = Vec::new();
        // What is longer fits into no request, and is refused as such.
        let most = MAX_BODY_BYTES as u64 + 1;
        if let Err(error) = io::stdin().lock().take(most).read_to_end(&mut argument) {
            return tell(EXIT_BAD_USE, &format!("cannot read standard input: {error}"));
        }
        command.push(argument);
    }
    match connection.call(&command) {
        Ok(reply) => answer(output, &command, &reply),
        Err(trouble) => fail(&trouble),
    }
}

/// Runs the command of each line of standard input, until there is no server. Gives the exit code
/// of the worst.
pub(super) fn lines(connection: &mut Connection, output: Output) -> u8 {
    let mut input = io::stdin().lock();
    let mut worst = 0;
    for number in 1_u64.. {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                return tell(EXIT_BAD_USE, &format!("cannot read standard input: {error}"));
            }
        }
        let code = run_line(connection, output, &line, number);
        if code == EXIT_NO_SERVER {
            return code;
        }
        worst = worst.max(code);
    }
    worst
}

fn run_line(connection: &mut Connection, output: Output, line: &[u8], number: u64) -> u8 {
    let command = match quoting::split(line) {
        Ok(command) if command.is_empty() => return 0,
        Ok(command) => command,
        Err(error) => return tell(EXIT_BAD_USE, &format!("line {number}: {error}")),
    };
    match connection.call(&command) {
        Ok(reply) => answer(output, &command, &reply),
        Err(trouble) => fail(&trouble),
    }
}

fn answer(output: Output, command: &[Vec<u8>], reply: &Value) -> u8 {
    let code = output.reply(command, reply);
    if needs_password(reply) {
        crate::complain(format_args!("heapwood: {PASSWORD_ADVICE}"));
    }
    code
}

/// How to give the password.
pub(super) const PASSWORD_ADVICE: &str =
    "this server wants a password: set HEAPWOOD_PASSWORD, or give --password-file";

/// Whether the reply asks for a password.
pub(super) fn needs_password(reply: &Value) -> bool {
    matches!(reply, Value::Error(text) if text.starts_with("NOAUTH"))
}

fn fail(trouble: &Trouble) -> u8 {
    let code = match trouble {
        Trouble::BadRequest(_) => EXIT_BAD_USE,
        _ => EXIT_NO_SERVER,
    };
    tell(code, &trouble.to_string())
}

fn tell(code: u8, message: &str) -> u8 {
    crate::complain(format_args!("heapwood: {message}"));
    code
}

//! Which way replies are printed, and the printing.

use std::io::{self, IsTerminal, Write};

use heapwood_sockets::Value;

use super::readable::{self, Shape};
use super::sys::take_interrupt;
use super::{EXIT_ERROR_REPLY, bare};
use crate::options::CliOptions;

/// How much is printed before Ctrl-C is looked for.
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Readable,
    Raw,
    Json,
}

/// Standard output, and the form that replies take on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    form: Form,
    newline: bool,
}

impl Output {
    /// With types for people, as bare bytes for programs, unless the options say otherwise.
    pub(super) fn new(options: &CliOptions) -> Self {
        let form = if options.json {
            Form::Json
        } else if options.raw || (!options.no_raw && !io::stdout().is_terminal()) {
            Form::Raw
        } else {
            Form::Readable
        };
        Self { form, newline: !options.no_newline }
    }

    /// Prints the reply to a command. Gives its exit code.
    ///
    /// An error among bare replies goes to standard error, so that no script takes it for a value.
    pub(super) fn reply(self, command: &[Vec<u8>], reply: &Value) -> u8 {
        let mut out = Vec::new();
        match (self.form, reply) {
            (Form::Readable, _) => readable::write(reply, Shape::of(command), &mut out),
            (Form::Raw, Value::Error(text)) => crate::complain(format_args!("{}", readable::printable(text))),
            (Form::Raw, _) => bare::write_raw(reply, &mut out),
            (Form::Json, _) => bare::write_json(reply, &mut out),
        }
        let ends_line = match self.form {
            Form::Readable => false,
            Form::Raw => self.newline && !matches!(reply, Value::Error(_)),
            Form::Json => true,
        };
        if ends_line {
            out.push(b'\n');
        }
        self.print(&out);
        match reply {
            Value::Error(_) => EXIT_ERROR_REPLY,
            _ => 0,
        }
    }

    /// Prints bytes until Ctrl-C. A standard output that nobody reads any more is no failure:
    /// `heapwood cli KEYS '*' | head -1`.
    pub(super) fn print(self, bytes: &[u8]) -> u8 {
        let mut stdout = io::stdout().lock();
        for chunk in bytes.chunks(CHUNK_BYTES) {
            if stdout.write_all(chunk).is_err() {
                return 0;
            }
            if take_interrupt() {
                let _ = stdout.write_all(b"\n");
                break;
            }
        }
        let _ = stdout.flush();
        0
    }
}

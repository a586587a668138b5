//! Console transcripts: what a reader types and sees, run against the built binaries and compared.
//!
//! A page shows them as fenced blocks:
//!
//! ````text
//! ```console stays=server
//! $ cargo run -q -p heapwood-treap -- --port 7402
//! heapwood-treap: keys in order behind frames, …
//! ```
//! ```console stays=client
//! $ cargo run -q -- cli --port 7402
//! 127.0.0.1:7402> SET apple red
//! OK
//! ```
//! ```console on=server
//! ^C
//! ```
//! ````
//!
//! - `$ ` begins a shell's command, `127.0.0.1:7402> ` a line for `heapwood cli`; other lines are what is shown.
//! - `‹…›` stands for any text within a line, a line `…` for any number of lines.
//! - `stays=NAME`: the last command goes on in a terminal of that name, until a block `on=NAME` presses `^C` or `^D` there,
//!   or shows its last output, or the chapter ends. In other blocks every command is run to its end, and what it left in
//!   the background ends with it.
//! - What another terminal killed shows `Killed` as its last line; a block that waits for it is sure of the end.
//! - A block `measured` is shown, not run.
//!
//! A chapter's blocks are run in order, in an empty folder, with free ports in place of the book's (7400 to 7499, 8080 to
//! 8089), so that chapters can run side by side.

mod html;
mod lines;
mod ports;
mod shell;
mod steps;
mod terminal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use tempfile::TempDir;

pub use html::render;
use ports::Ports;
use steps::{Action, Key, Step, steps};
use terminal::{Terminal, Until};

/// A console block of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The chapter whose blocks are run together.
    pub chapter: String,
    /// The page's path in the book's `src`.
    pub page: String,
    /// The line of the page on which the block's fence opens, from 1.
    pub line: usize,
    /// The fence's info string, such as `console stays=server`.
    pub info: String,
    /// The lines inside.
    pub body: String,
}

/// What was run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Blocks that were run.
    pub blocks: usize,
    /// Commands and lines typed.
    pub commands: usize,
    /// Lines of the page that were compared with what came.
    pub lines: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { blocks, commands, lines } = self;
        write!(f, "{blocks} blocks, {commands} commands, {lines} lines compared")
    }
}

/// A transcript that is not what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The page's path in the book's `src`.
    pub page: String,
    /// The line of the page, from 1.
    pub line: usize,
    /// What was typed, or `^C` and the like.
    pub command: String,
    /// What is wrong; where output differs, a line for each line of it.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "book/src/{}:{}: {}\n{}", self.page, self.line, self.command, self.reason)
    }
}

impl std::error::Error for Failure {}

/// Runs a chapter's blocks in order, with the binaries of this folder.
///
/// # Errors
/// The first step that does not do what the page says.
pub fn run_chapter(blocks: &[Block], binaries: &Path) -> Result<Figures, Failure> {
    let Some(first) = blocks.first() else { return Ok(Figures::default()) };
    let in_first =
        |error: io::Error| failure(first, first.line, "(beginning the chapter)", &error.to_string());
    let mut chapter = Chapter {
        terminals: BTreeMap::new(),
        folder: TempDir::with_prefix("heapwood-book-").map_err(in_first)?,
        binaries: std::path::absolute(binaries).map_err(in_first)?,
        ports: Ports::default(),
        figures: Figures::default(),
    };
    for block in blocks {
        let info = Info::parse(&block.info).map_err(|reason| failure(block, block.line, "", &reason))?;
        if !info.is_measured {
            chapter.run(block, &info)?;
        }
    }
    chapter.end()
}

fn failure(block: &Block, line: usize, command: &str, reason: &str) -> Failure {
    Failure { page: block.page.clone(), line, command: command.to_owned(), reason: reason.to_owned() }
}

/// What a fence's info string says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Info<'a> {
    is_measured: bool,
    /// The terminal's name; without one it is gone after the block.
    terminal: Option<&'a str>,
    /// `on=`: an earlier block has begun the terminal.
    is_begun: bool,
}

impl<'a> Info<'a> {
    fn parse(info: &'a str) -> Result<Self, String> {
        let mut parsed = Self::default();
        for word in info.split_whitespace().skip(1) {
            match word.split_once('=') {
                Some(("stays", name)) => parsed.terminal = Some(name),
                Some(("on", name)) => (parsed.terminal, parsed.is_begun) = (Some(name), true),
                None if word == "measured" => parsed.is_measured = true,
                _ => return Err(format!("{word:?} is none of stays=NAME, on=NAME and measured")),
            }
        }
        Ok(parsed)
    }
}

/// A chapter that is run.
struct Chapter {
    /// In front of the folder, so that all programs have ended when it is removed. The name is empty for the terminal
    /// of a block that names none.
    terminals: BTreeMap<String, NamedTerminal>,
    folder: TempDir,
    binaries: PathBuf,
    ports: Ports,
    figures: Figures,
}

/// A terminal, and where the page last used it.
struct NamedTerminal {
    terminal: Terminal,
    last: Failure,
}

impl Chapter {
    fn run(&mut self, block: &Block, info: &Info<'_>) -> Result<(), Failure> {
        let name = info.terminal.unwrap_or_default();
        if info.is_begun && !self.terminals.contains_key(name) {
            let reason = format!("no earlier block of the chapter says stays={name}");
            return Err(failure(block, block.line, "", &reason));
        }
        let steps = steps(block);
        for (index, step) in steps.iter().enumerate() {
            let ends = match steps.get(index + 1) {
                Some(next) => matches!(next.action, Action::Command(_)),
                None => info.terminal.is_none() || matches!(step.action, Action::Key(_)),
            };
            let until = if ends { Until::Ended } else { Until::Shown };
            let place = failure(block, step.line, &step.action.shown(), "");
            self.step(name, step, until, &place).map_err(|reason| Failure { reason, ..place })?;
            self.figures.lines += step.expected.len();
        }
        if info.terminal.is_none() {
            self.terminals.remove(name);
        }
        self.figures.blocks += 1;
        Ok(())
    }

    /// Does a step in a terminal. Gives why it does not do what the page says.
    fn step(&mut self, name: &str, step: &Step, until: Until, place: &Failure) -> Result<(), String> {
        if let Action::Command(command) = &step.action {
            self.start(name, command, place)?;
        }
        let Some(NamedTerminal { terminal, last }) = self.terminals.get_mut(name) else {
            return Err("nothing runs in this terminal; a block begins with a command".into());
        };
        last.clone_from(place);
        match &step.action {
            Action::Wait => {}
            Action::Command(_) => self.figures.commands += 1,
            Action::Input(text) => {
                self.figures.commands += 1;
                terminal.type_line(text).map_err(|error| format!("the program takes no input: {error}"))?;
            }
            Action::Key(Key::Interrupt) => terminal.interrupt(),
            Action::Key(Key::EndOfInput) => terminal.close_input(),
        }
        let expected: Vec<String> = step.expected.iter().filter(|line| !is_greeting(line)).cloned().collect();
        if until == Until::Ended {
            terminal.close_input();
        }
        terminal.expect(&expected, until)
    }

    fn start(&mut self, name: &str, command: &str, place: &Failure) -> Result<(), String> {
        if let Some(earlier) = self.terminals.get_mut(name) {
            earlier.terminal.finish().map_err(|reason| {
                format!(
                    "what runs in this terminal, {}, has not ended as shown: {reason}",
                    earlier.last.command
                )
            })?;
        }
        let script = shell::script(command, &self.binaries)?;
        let script = self.ports.for_programs(&script).map_err(|error| error.to_string())?;
        let terminal = Terminal::start(&script, self.ports.clone(), self.folder.path())
            .map_err(|error| format!("bash cannot be started: {error}"))?;
        self.terminals.insert(name.to_owned(), NamedTerminal { terminal, last: place.clone() });
        Ok(())
    }

    /// Ends what still runs, and demands that the page shows all that it wrote.
    fn end(self) -> Result<Figures, Failure> {
        for NamedTerminal { terminal, last } in self.terminals.into_values() {
            terminal.end().map_err(|reason| Failure { reason, ..last })?;
        }
        Ok(self.figures)
    }
}

/// What `heapwood cli` says above its first prompt. Without a terminal it has no prompt, and does not say it.
fn is_greeting(line: &str) -> bool {
    line.starts_with("Heapwood at 127.0.0.1:") && line.ends_with("Ctrl-D leaves.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

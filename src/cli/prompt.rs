//! The prompt: reads lines from a terminal, with history, completion and hints.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use heapwood_sockets::Value;
use rustyline::completion::{Completer, Pair};
use rustyline::config::{ColorMode, CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter};
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};

use super::connection::{Connection, Trouble};
use super::output::Output;
use super::script::{PASSWORD_ADVICE, needs_password};
use super::{EXIT_BAD_USE, completion, help, hints, history, quoting, sys};

/// From which time on a reply tells how long it took.
const SLOW: Duration = Duration::from_millis(500);

/// Reads and runs commands until Ctrl-D or `quit`. Gives the exit code.
pub(super) fn run(mut connection: Connection, output: Output) -> u8 {
    match connection.connect() {
        Ok(()) => crate::say(&format!(
            "Heapwood at {}; `help` tells more, Tab completes, Ctrl-D leaves.",
            connection.address()
        )),
        Err(trouble) => crate::complain(format_args!("heapwood: {trouble}")),
    }
    match Prompt::new(connection, output) {
        Ok(mut prompt) => {
            // Behind the editor's own handler, which tells nobody about a Ctrl-C between lines.
            sys::catch_interrupts();
            prompt.run()
        }
        Err(error) => {
            crate::complain(format_args!("heapwood: cannot read from this terminal: {error}"));
            EXIT_BAD_USE
        }
    }
}

struct Prompt {
    editor: Editor<Typing, FileHistory>,
    connection: Rc<RefCell<Connection>>,
    output: Output,
    history: Option<PathBuf>,
}

/// Whether the prompt comes again.
#[derive(PartialEq, Eq)]
enum Next {
    Again,
    Leave,
}

impl Prompt {
    fn new(connection: Connection, output: Output) -> rustyline::Result<Self> {
        let color = match std::env::var_os("NO_COLOR") {
            Some(value) if !value.is_empty() => ColorMode::Disabled,
            _ => ColorMode::Enabled,
        };
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .max_history_size(history::MAX_LINES)?
            .history_ignore_space(true)
            .color_mode(color)
            .build();
        let connection = Rc::new(RefCell::new(connection));
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Typing {
            connection: Rc::clone(&connection),
            room: Cell::new(0),
            is_empty: Cell::new(true),
        }));
        let history = history::path();
        if let Some(path) = &history {
            // There is none before the first session.
            let _ = editor.load_history(path);
        }
        Ok(Self { editor, connection, output, history })
    }

    fn run(&mut self) -> u8 {
        loop {
            let text = self.text();
            self.prepare(&text);
            match self.editor.readline(&text) {
                Ok(line) => {
                    if self.lines(&line) == Next::Leave {
                        return 0;
                    }
                }
                Err(ReadlineError::Interrupted) => self.advise(),
                Err(ReadlineError::Eof) => return 0,
                Err(error) => {
                    crate::complain(format_args!("heapwood: cannot read from this terminal: {error}"));
                    return EXIT_BAD_USE;
                }
            }
        }
    }

    fn text(&self) -> String {
        let mut connection = self.connection.borrow_mut();
        if connection.is_alive() {
            format!("{}> ", connection.address())
        } else {
            "not connected> ".to_owned()
        }
    }

    /// How wide the terminal is.
    fn columns(&mut self) -> usize {
        self.editor.dimensions().map_or(80, |(columns, _)| usize::from(columns))
    }

    /// Tells the hints how much room there is, since they should not run over the line's end.
    fn prepare(&mut self, text: &str) {
        let columns = self.columns();
        if let Some(typing) = self.editor.helper() {
            let room = columns.saturating_sub(text.chars().count() + 1);
            typing.room.set(room);
            typing.is_empty.set(true);
        }
    }

    /// Ctrl-C drops a line; where there was none, it may have been meant to leave.
    fn advise(&self) {
        if self.editor.helper().is_some_and(|typing| typing.is_empty.get()) {
            crate::say("(Ctrl-D or `quit` leaves)");
        }
    }

    /// Runs what was entered; it has several lines when that was pasted.
    fn lines(&mut self, entered: &str) -> Next {
        for line in entered.lines() {
            let command = match quoting::split(line.as_bytes()) {
                Ok(command) if command.is_empty() => continue,
                Ok(command) => command,
                Err(error) => {
                    self.keep(line);
                    crate::complain(format_args!("heapwood: {error}"));
                    continue;
                }
            };
            if history::may_keep(&command) {
                self.keep(line);
            }
            if self.command(&command) == Next::Leave {
                return Next::Leave;
            }
        }
        Next::Again
    }

    /// Adds a line to the history, and to its file at once, so that several prompts share it.
    fn keep(&mut self, line: &str) {
        let added = self.editor.add_history_entry(line);
        let (Ok(true), Some(path)) = (added, &self.history) else {
            return;
        };
        if let Some(folder) = path.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        if let Err(error) = self.editor.append_history(path) {
            crate::complain(format_args!("heapwood: cannot keep the history in {}: {error}", path.display()));
            self.history = None;
        }
    }

    fn command(&mut self, command: &[Vec<u8>]) -> Next {
        match command[0].to_ascii_lowercase().as_slice() {
            b"quit" | b"exit" => return Next::Leave,
            b"help" | b"?" => crate::say(help::answer(&command[1..], self.columns()).trim_end()),
            b"clear" => {
                let _ = self.editor.clear_screen();
            }
            _ => self.call(command),
        }
        Next::Again
    }

    fn call(&mut self, command: &[Vec<u8>]) {
        let mut connection = self.connection.borrow_mut();
        let was_connected = connection.is_alive();
        let started = Instant::now();
        let result = connection.call(command);
        let took = started.elapsed();
        match result {
            Ok(reply) => {
                if !was_connected {
                    crate::say(&format!("(connected to {})", connection.address()));
                }
                self.output.reply(command, &reply);
                if needs_password(&reply) {
                    crate::say(&format!("({PASSWORD_ADVICE}, or say AUTH password)"));
                }
                if let Value::Error(error) = &reply
                    && let Some(advice) = help::advice(command, error)
                {
                    crate::say(&format!("({advice})"));
                }
                if took >= SLOW {
                    crate::say(&format!("({:.1} s)", took.as_secs_f64()));
                }
            }
            Err(trouble) => {
                if matches!(trouble, Trouble::Interrupted) {
                    // The terminal wrote ^C into this line. The server is there as it was.
                    crate::say("");
                    let _ = connection.connect();
                }
                crate::complain(format_args!("heapwood: {trouble}"));
            }
        }
    }
}

/// What happens while a line is being typed.
struct Typing {
    connection: Rc<RefCell<Connection>>,
    /// How many characters the line and its hint may have.
    room: Cell<usize>,
    /// Whether nothing has been typed.
    is_empty: Cell<bool>,
}

impl Helper for Typing {}

impl Validator for Typing {}

impl Completer for Typing {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let text = line.get(..pos).unwrap_or(line);
        let (start, candidates) = completion::complete(text, &self.connection);
        let pairs = candidates
            .into_iter()
            .map(|candidate| Pair { display: candidate.shown, replacement: candidate.typed });
        Ok((start, pairs.collect()))
    }
}

/// The missing arguments; they are shown, and never put into the line.
struct Missing(String);

impl Hint for Missing {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Typing {
    type Hint = Missing;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Missing> {
        self.is_empty.set(line.is_empty());
        if pos < line.len() {
            return None;
        }
        let partial = quoting::split_partial(line.as_bytes())?;
        let (name, arguments) = partial.before.split_first()?;
        let mut arguments = arguments.to_vec();
        let typing = partial.start < line.len();
        if typing {
            arguments.push(partial.current);
        }
        let rest = hints::rest(name, &arguments)?;
        let hint = if typing { format!(" {rest}") } else { rest };
        Some(Missing(cut(&hint, self.room.get().saturating_sub(line.chars().count()))))
    }
}

/// The hint, cut to as many characters as there is room for.
fn cut(hint: &str, room: usize) -> String {
    if hint.chars().count() <= room {
        return hint.to_owned();
    }
    let kept: String = hint.chars().take(room.saturating_sub(2)).collect();
    kept + " \u{2026}"
}

impl Highlighter for Typing {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }
}

//! What a block says, line by line, and what is to be done and expected.

use super::Block;

/// A line of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// `$ …`, or what continues it after a line that ends in a backslash.
    Command {
        /// `$ `; empty in front of what continues.
        prompt: &'a str,
        /// What is typed.
        text: &'a str,
    },
    /// A line typed at the prompt of `heapwood cli`.
    Input {
        /// With its blank.
        prompt: &'a str,
        /// What is typed; may be empty.
        text: &'a str,
    },
    /// `^C` or `^D`, at a prompt or on its own.
    Key {
        /// In front of the key; may be empty.
        prompt: &'a str,
        /// Which one.
        key: Key,
    },
    /// What a program wrote.
    Output(&'a str),
}

/// A key that ends something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Ctrl-C: an interrupt.
    Interrupt,
    /// Ctrl-D: the end of what is typed.
    EndOfInput,
}

/// The lines of a block's body.
pub(super) fn lines(body: &str) -> impl Iterator<Item = Line<'_>> {
    let mut continues = false;
    body.lines().map(move |text| {
        let line = if continues { Line::Command { prompt: "", text } } else { line(text) };
        continues = matches!(line, Line::Command { text, .. } if text.ends_with('\\'));
        line
    })
}

fn line(text: &str) -> Line<'_> {
    if let Some(key) = key(text) {
        return Line::Key { prompt: "", key };
    }
    if let Some(command) = text.strip_prefix("$ ") {
        return Line::Command { prompt: "$ ", text: command };
    }
    match split_prompt(text) {
        Some((prompt, text)) => {
            key(text).map_or(Line::Input { prompt, text }, |key| Line::Key { prompt, key })
        }
        None => Line::Output(text),
    }
}

fn key(text: &str) -> Option<Key> {
    match text.trim() {
        "^C" => Some(Key::Interrupt),
        "^D" => Some(Key::EndOfInput),
        _ => None,
    }
}

/// The prompt of `heapwood cli`, `127.0.0.1:7402> `, and what is typed at it.
fn split_prompt(line: &str) -> Option<(&str, &str)> {
    let (prompt, text) = line.split_at_checked(line.find('>')? + 1)?;
    let port = prompt.strip_prefix("127.0.0.1:")?.strip_suffix('>')?;
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match text.strip_prefix(' ') {
        Some(typed) => Some((&line[..prompt.len() + 1], typed)),
        None => text.is_empty().then_some((prompt, "")),
    }
}

/// Something to do in a terminal, and what it then shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The line of the page.
    pub(super) line: usize,
    pub(super) action: Action,
    pub(super) expected: Vec<String>,
}

/// What is done in a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: what an earlier step began has more to show.
    Wait,
    /// A shell's command.
    Command(String),
    /// A line for the program that runs.
    Input(String),
    /// A key for the program that runs.
    Key(Key),
}

impl Action {
    /// How the page shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Wait => "(waiting for output)".into(),
            Self::Command(text) => format!("$ {text}"),
            Self::Input(text) => format!("> {text}"),
            Self::Key(Key::Interrupt) => "^C".into(),
            Self::Key(Key::EndOfInput) => "^D".into(),
        }
    }
}

/// A block's steps, each with the output that follows it.
pub(super) fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (line, number) in lines(&block.body).zip(block.line + 1..) {
        let action = match (line, steps.last_mut()) {
            (Line::Command { prompt: "", text }, Some(Step { action: Action::Command(command), .. })) => {
                command.push('\n');
                command.push_str(text);
                continue;
            }
            (Line::Output(text), Some(step)) => {
                step.expected.push(text.to_owned());
                continue;
            }
            (Line::Output(text), None) => {
                steps.push(Step { line: number, action: Action::Wait, expected: vec![text.to_owned()] });
                continue;
            }
            // A prompt at which nothing is typed yet.
            (Line::Input { text: "", .. }, _) => continue,
            (Line::Command { text, .. }, _) => Action::Command(text.to_owned()),
            (Line::Input { text, .. }, _) => Action::Input(text.to_owned()),
            (Line::Key { key, .. }, _) => Action::Key(key),
        };
        steps.push(Step { line: number, action, expected: Vec::new() });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_block_is_taken_apart_into_steps() {
        let body = "late\n$ cat \\\n  file\nred\n127.0.0.1:7402> GET a\n\"red\"\n127.0.0.1:7402>\n127.0.0.1:7402> ^D";
        let block = Block { line: 10, body: body.into(), ..Block::default() };
        let step = |line, action, expected: &[&str]| Step {
            line,
            action,
            expected: expected.iter().map(|text| (*text).to_owned()).collect(),
        };
        assert_eq!(
            steps(&block),
            [
                step(11, Action::Wait, &["late"]),
                step(12, Action::Command("cat \\\n  file".into()), &["red"]),
                step(15, Action::Input("GET a".into()), &["\"red\""]),
                step(18, Action::Key(Key::EndOfInput), &[]),
            ]
        );
    }

    #[test]
    fn only_the_prompt_of_the_cli_is_a_prompt() {
        assert_eq!(line("127.0.0.1:7402> GET a"), Line::Input { prompt: "127.0.0.1:7402> ", text: "GET a" });
        for text in ["127.0.0.1:7402>GET", "127.0.0.1:> a", "a> b", "> b", "$"] {
            assert_eq!(line(text), Line::Output(text));
        }
    }
}

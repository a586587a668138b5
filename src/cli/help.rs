//! What `help` tells.

use std::fmt::Write;

use crate::engine::table::{Command, Flags, Group, TABLE};

/// The words that the prompt understands itself, with what they do.
pub(super) const LOCAL_WORDS: &[(&str, &str)] = &[
    ("help", "tells the commands; `help COMMAND` tells one"),
    ("clear", "clears the screen"),
    ("quit", "leaves, as Ctrl-D does"),
];

const QUOTING: &str = "\
Arguments are separated by blanks. \"double quotes\" take \\n \\r \\t \\\" \\\\ and \\xHH for any byte,
'single quotes' take everything as it is. Tab completes commands, options and keys.";

/// The help for nothing, a command, or a group of commands.
pub(super) fn answer(words: &[Vec<u8>]) -> String {
    let Some(word) = words.first() else {
        return overview();
    };
    let named = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if let Some(command) = TABLE.iter().find(|command| named(command.name)) {
        return describe(command);
    }
    if let Some((name, summary)) = LOCAL_WORDS.iter().find(|(name, _)| named(name)) {
        return format!("{name}\n  {summary}\n");
    }
    let group: Vec<&Command> = TABLE.iter().filter(|command| named(command.group.name())).collect();
    if group.is_empty() {
        let word = word.escape_ascii();
        return format!("There is no command \"{word}\"; `help` tells those there are.\n");
    }
    group.iter().fold(String::new(), |mut text, command| {
        let _ = writeln!(text, "{:<10} {}", command.name, command.summary);
        text
    })
}

fn overview() -> String {
    let mut text = String::new();
    for group in groups() {
        let _ = write!(text, "{:<11}", group.name());
        let names = TABLE.iter().filter(|command| command.group == group);
        for name in names.map(|command| command.name) {
            let _ = write!(text, " {name}");
        }
        text.push('\n');
    }
    let words: Vec<&str> = LOCAL_WORDS.iter().map(|(word, _)| *word).collect();
    let _ = writeln!(text, "{:<11} {}", "here", words.join(" "));
    let _ = writeln!(text, "\n`help SET` tells one, `help order` a group.\n{QUOTING}");
    text
}

/// The groups in the order in which the table first names them.
fn groups() -> Vec<Group> {
    let mut groups = Vec::new();
    for command in TABLE {
        if !groups.contains(&command.group) {
            groups.push(command.group);
        }
    }
    groups
}

fn describe(command: &Command) -> String {
    let usage = format!("{} {}", command.name, command.syntax);
    let mut text = format!("{}\n  {}.", usage.trim_end(), command.summary);
    for (flag, note) in [
        (Flags::WRITES, "It may change keys."),
        (Flags::BLOCKS, "It may wait; Ctrl-C gives up."),
        (Flags::CONNECTION, "It is about the connection."),
    ] {
        if command.flags.has(flag) {
            let _ = write!(text, " {note}");
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(word: &str) -> String {
        answer(&[word.as_bytes().to_vec()])
    }

    #[test]
    fn every_command_is_named_and_described() {
        let overview = answer(&[]);
        for command in TABLE {
            assert!(overview.contains(command.name));
            let text = help(&command.name.to_lowercase());
            assert!(text.contains(command.syntax) && text.contains(command.summary));
        }
    }

    #[test]
    fn a_group_tells_its_commands_and_an_unknown_word_what_to_do() {
        assert!(help("order").contains("RANK"));
        assert!(help("nonsense\x1b").contains("\"nonsense\\x1b\"; `help`"));
        assert!(help("clear").contains("clears the screen"));
    }
}

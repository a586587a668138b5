//! What `help` tells.

use std::fmt::Write;

use crate::engine::table::{self, Command, Flags, Group, TABLE};

/// The words that the prompt understands itself, with what they do.
pub(super) const LOCAL_WORDS: &[(&str, &str)] = &[
    ("help", "tells the commands; `help COMMAND` tells one"),
    ("clear", "clears the screen"),
    ("quit", "leaves, as Ctrl-D does"),
];

const QUOTING: &str = "\
Arguments are separated by blanks. \"Double quotes\" take \\n \\r \\t \\\" \\\\ and \\xHH
for any byte, 'single quotes' take everything as it is.
Tab completes commands, options and keys.";

/// The help for nothing, a command, or a group of commands, in lines of at most `columns` characters.
pub(super) fn answer(words: &[Vec<u8>], columns: usize) -> String {
    let Some(word) = words.first() else {
        return overview(columns);
    };
    let named = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if let Some(command) = TABLE.iter().find(|command| named(command.name)) {
        return describe(command, columns);
    }
    if let Some((name, summary)) = LOCAL_WORDS.iter().find(|(name, _)| named(name)) {
        return format!("{name}\n  {summary}\n");
    }
    let group: Vec<&Command> = TABLE.iter().filter(|command| named(command.group.name())).collect();
    if group.is_empty() {
        let word = word.escape_ascii();
        return format!("There is no command \"{word}\"; `help` tells those there are.\n");
    }
    let lines = group.iter().map(|command| {
        let name = format!("{:<10}", command.name);
        wrapped(&name, command.summary.split(' '), columns)
    });
    lines.collect()
}

fn overview(columns: usize) -> String {
    let mut text = String::new();
    for group in groups() {
        let names = TABLE.iter().filter(|command| command.group == group);
        let title = format!("{:<11}", group.name());
        text += &wrapped(&title, names.map(|command| command.name), columns);
    }
    let words = LOCAL_WORDS.iter().map(|(word, _)| *word);
    text += &wrapped("here       ", words, columns);
    text + "\n`help SET` tells one, `help order` a group.\n" + QUOTING + "\n"
}

/// A title and words after it, broken between words; lines after the first begin below the first word.
fn wrapped<'a>(title: &str, words: impl Iterator<Item = &'a str>, columns: usize) -> String {
    let indent = title.chars().count() + 1;
    let (mut text, mut column) = (title.to_owned(), indent - 1);
    for word in words {
        let length = word.chars().count();
        if column + 1 + length > columns && column >= indent {
            text.push('\n');
            text.push_str(&" ".repeat(indent - 1));
            column = indent - 1;
        }
        text.push(' ');
        text.push_str(word);
        column += 1 + length;
    }
    text.push('\n');
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

fn describe(command: &Command, columns: usize) -> String {
    let usage = match command.syntax {
        "" => format!("{}\n", command.name),
        syntax => wrapped(command.name, syntax.split(' '), columns),
    };
    let mut summary = format!("{}.", command.summary);
    for (flag, note) in [
        (Flags::WRITES, "It may change keys."),
        (Flags::BLOCKS, "It may wait; Ctrl-C gives up."),
        (Flags::CONNECTION, "It is about the connection."),
    ] {
        if command.flags.has(flag) {
            let _ = write!(summary, " {note}");
        }
    }
    usage + &wrapped(" ", summary.split(' '), columns)
}

/// What to add to an error reply about the command's name or arguments; `None` for other errors.
pub(super) fn advice(command: &[Vec<u8>], error: &str) -> Option<String> {
    if error.starts_with("ERR unknown command") {
        return Some(String::from("`help` tells the commands there are"));
    }
    if !error.starts_with("ERR wrong number of arguments") && !error.starts_with("ERR syntax error") {
        return None;
    }
    let known = table::find(command.first()?)?;
    Some(format!("{} {}", known.name, known.syntax).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(word: &str) -> String {
        answer(&[word.as_bytes().to_vec()], usize::MAX)
    }

    #[test]
    fn every_command_is_named_and_described() {
        let overview = answer(&[], usize::MAX);
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

    #[test]
    fn no_line_is_wider_than_the_terminal_and_none_breaks_a_word() {
        for (words, columns) in [(vec![], 60), (vec![b"SET".to_vec()], 60), (vec![b"string".to_vec()], 40)] {
            let (narrow, wide) = (answer(&words, columns), answer(&words, usize::MAX));
            let unquoted = narrow.lines().take_while(|line| !line.starts_with("Arguments"));
            for line in unquoted {
                assert!(line.chars().count() <= columns, "{line:?}");
            }
            assert!(narrow.split_whitespace().eq(wide.split_whitespace()));
        }
    }

    #[test]
    fn an_error_about_the_words_tells_the_right_ones() {
        let told = |line: &str, error| {
            let words: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            advice(&words, error)
        };
        assert_eq!(
            told("get", "ERR wrong number of arguments for 'get' command").as_deref(),
            Some("GET key")
        );
        assert!(told("foo", "ERR unknown command 'foo'").is_some_and(|text| text.contains("`help`")));
        assert_eq!(told("incr a", "WRONGTYPE Operation against a key"), None);
    }
}

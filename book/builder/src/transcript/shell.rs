//! The command that the test runs for one that a reader types.

use std::path::Path;

/// What a terminal does by itself, and has to be said where there is none: curl shows how far it is unless it writes to
/// a terminal.
const PRELUDE: &str = "curl() { command curl --no-progress-meter \"$@\"; }\n";

/// What bash reads to run the command: built binaries in place of `cargo run`, and replies of `heapwood cli` as on a
/// terminal.
///
/// # Errors
/// A program is not built, or cargo is to do something else than to run one.
pub(super) fn script(command: &str, binaries: &Path) -> Result<String, String> {
    let mut script = String::from(PRELUDE);
    // In place of bash: nothing then reports that the program was killed but the terminal.
    if command.starts_with("cargo run") && !command.contains(['|', ';', '&', '\n']) {
        script.push_str("exec ");
    }
    let mut rest = command;
    while let Some((before, behind)) = split_at_word(rest, "cargo") {
        let call = CargoRun::parse(behind)?;
        let program = call.path(binaries)?;
        script.push_str(&format!("{before}'{program}'"));
        rest = call.arguments;
        if let Some(arguments) = rest.strip_prefix(" cli").filter(|_| call.is_heapwood()) {
            script.push_str(" cli");
            script.push_str(if wants_types(arguments) { " --no-raw" } else { "" });
            rest = arguments;
        }
    }
    Ok(script + rest + "\n")
}

/// The text before and behind the first place where the word stands as a word.
fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let is_part = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    text.match_indices(word)
        .map(|(at, word)| (&text[..at], &text[at + word.len()..]))
        .find(|(before, behind)| !before.ends_with(is_part) && !behind.starts_with(is_part))
}

/// `cargo run …` up to the program's own arguments.
struct CargoRun<'a> {
    package: Option<&'a str>,
    example: Option<&'a str>,
    /// The rest of the line, beginning with a blank unless empty.
    arguments: &'a str,
}

impl<'a> CargoRun<'a> {
    fn parse(behind_cargo: &'a str) -> Result<Self, String> {
        let (first, mut rest) = next_word(behind_cargo);
        if first != "run" {
            return Err(format!("cargo {first} is not run by the test; mark the block as measured"));
        }
        let (mut package, mut example) = (None, None);
        loop {
            let (word, behind) = next_word(rest);
            let (value, behind_value) = next_word(behind);
            rest = match word {
                "-q" | "--quiet" | "-r" | "--release" => behind,
                "-p" | "--package" => {
                    package = Some(value);
                    behind_value
                }
                "--example" => {
                    example = Some(value);
                    behind_value
                }
                "--" => return Ok(Self { package, example, arguments: behind }),
                _ => return Ok(Self { package, example, arguments: rest }),
            };
        }
    }

    fn is_heapwood(&self) -> bool {
        self.package.is_none() && self.example.is_none()
    }

    fn path(&self, binaries: &Path) -> Result<String, String> {
        let package = self.package.unwrap_or("heapwood");
        let path = match self.example {
            Some(example) => binaries.join("examples").join(example),
            None => binaries.join(package),
        };
        if !path.is_file() {
            let example = self.example.map(|name| format!(" --example {name}")).unwrap_or_default();
            let path = path.display();
            return Err(format!("{path} is not there; `cargo build -p {package}{example}` builds it"));
        }
        Ok(path.display().to_string())
    }
}

fn next_word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(' ');
    text.split_at(text.find(|c: char| " |;&<>()\n".contains(c)).unwrap_or(text.len()))
}

/// Whether `heapwood cli` with these arguments, and what follows on the line, would show types on a reader's terminal.
fn wants_types(line: &str) -> bool {
    let (arguments, reaches_terminal) = simple_command(line);
    let chosen = ["--raw", "--no-raw", "--json"];
    reaches_terminal && !arguments.split(' ').any(|word| chosen.contains(&word))
}

/// The arguments up to the end of this command of the line, and whether its output goes to the terminal.
fn simple_command(line: &str) -> (&str, bool) {
    let mut quote = None;
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            // What goes to standard error is redirected, or both are joined.
            (None, '>') if previous == '2' => {}
            (None, '&') if previous == '>' => {}
            (None, '|') => return (&line[..at], line[at..].starts_with("||")),
            (None, '>' | ')' | '`') => return (&line[..at], false),
            (None, ';' | '&' | '\n') => return (&line[..at], true),
            (None, _) => {}
        }
        previous = c;
    }
    (line, true)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use tempfile::TempDir;

    fn binaries() -> TempDir {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("examples")).unwrap();
        for name in ["heapwood", "heapwood-aof", "examples/damage"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    fn told(command: &str) -> String {
        let folder = binaries();
        let script = script(command, folder.path()).unwrap();
        script[PRELUDE.len()..].trim_end().replace(folder.path().to_str().unwrap(), "BIN")
    }

    #[test]
    fn cargo_run_becomes_the_built_binary() {
        for (typed, run) in [
            ("cargo run -q -p heapwood-aof -- --port 7404", "exec 'BIN/heapwood-aof' --port 7404"),
            ("cargo run -q --release -p heapwood-aof", "exec 'BIN/heapwood-aof'"),
            ("cargo run -p heapwood-aof --example damage -- a", "exec 'BIN/examples/damage' a"),
            ("X=1 cargo run -- load -n 5 | tail -1", "X=1 'BIN/heapwood' load -n 5 | tail -1"),
            ("echo a/cargo cargo-run", "echo a/cargo cargo-run"),
        ] {
            assert_eq!(told(typed), run);
        }
    }

    #[test]
    fn replies_have_their_types_where_a_terminal_would_show_them() {
        for (typed, run) in [
            ("cargo run -q -- cli GET k", "exec 'BIN/heapwood' cli --no-raw GET k"),
            ("cargo run -q -- cli --no-raw GET k", "exec 'BIN/heapwood' cli --no-raw GET k"),
            ("cargo run -q -- cli --json GET k", "exec 'BIN/heapwood' cli --json GET k"),
            ("printf x | cargo run -q -- cli -x SET k", "printf x | 'BIN/heapwood' cli --no-raw -x SET k"),
            ("cargo run -q -- cli GET 'a|b' 2>&1", "'BIN/heapwood' cli --no-raw GET 'a|b' 2>&1"),
            ("cargo run -q -- cli GET k | wc -c", "'BIN/heapwood' cli GET k | wc -c"),
            ("cargo run -q -- cli GET k > file", "exec 'BIN/heapwood' cli GET k > file"),
            (
                "cargo run -- cli A; cargo run -- cli B",
                "'BIN/heapwood' cli --no-raw A; 'BIN/heapwood' cli --no-raw B",
            ),
        ] {
            assert_eq!(told(typed), run);
        }
    }

    #[test]
    fn what_cannot_be_run_is_told() {
        let folder = binaries();
        let told = |command| script(command, folder.path()).unwrap_err();
        assert_eq!(told("cargo test -q"), "cargo test is not run by the test; mark the block as measured");
        assert!(told("cargo run -p heapwood-none").contains("`cargo build -p heapwood-none` builds it"));
    }
}

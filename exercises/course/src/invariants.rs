//! Numbered invariants, as the code defines them: list items of documentation comments, `- **T1, order**: left of a node …`.

use std::path::Path;

use crate::STAGES;
use crate::source;

/// An invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// A letter and a digit.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What holds.
    pub says: String,
}

/// The invariants of all stages of the repository at `root`.
///
/// # Errors
/// A file cannot be read, or is no Rust.
pub fn read(root: &Path) -> Result<Vec<Invariant>, String> {
    let mut found = Vec::new();
    for stage in STAGES {
        for file in source::reachable(root, &format!("stages/{stage}/src/lib.rs"))? {
            found.extend(defined_in(&file.lines));
        }
    }
    Ok(found)
}

/// The invariants that the lines of a file define.
fn defined_in(lines: &[String]) -> Vec<Invariant> {
    let mut found: Vec<Invariant> = Vec::new();
    let mut is_open = false;
    for line in lines {
        if let Some((id, name)) = definition(line) {
            let says = line.split_once("**:").map_or("", |(_, says)| says.trim()).to_owned();
            found.push(Invariant { id, name, says });
            is_open = true;
            continue;
        }
        let more = comment(line).map(str::trim).filter(|text| !text.is_empty() && !text.starts_with("- "));
        match (found.last_mut(), more) {
            (Some(last), Some(more)) if is_open => {
                last.says.push(' ');
                last.says.push_str(more);
            }
            _ => is_open = false,
        }
    }
    found
}

/// The id and the name in a line that defines an invariant.
pub fn definition(line: &str) -> Option<(String, String)> {
    let (bold, _) = comment(line)?.trim_start().strip_prefix("- **")?.split_once("**")?;
    let (id, name) = bold.split_once(", ")?;
    is_id(id).then(|| (id.to_owned(), name.to_owned()))
}

/// Whether a word is the id of an invariant: a letter and a digit.
pub fn is_id(word: &str) -> bool {
    matches!(word.as_bytes(), [b'A'..=b'Z', b'1'..=b'9'])
}

/// The first invariant that a text names: a letter and a digit, alone.
pub fn named(text: &str) -> Option<String> {
    let mut words = text.split(|it: char| !it.is_ascii_alphanumeric());
    words.find(|word| is_id(word)).map(str::to_owned)
}

fn comment(line: &str) -> Option<&str> {
    Some(line.trim_start().strip_prefix("//")?.trim_start_matches(['/', '!']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_definition_goes_on_over_lines_until_something_else_begins() {
        let text = "/// - **T1, order**: left are\n///   smaller keys.\n/// - **T2, heap**: above.\n///\n/// More.\nfn a() {}";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let invariant = |id: &str, name: &str, says: &str| Invariant {
            id: id.into(),
            name: name.into(),
            says: says.into(),
        };
        let expected =
            [invariant("T1", "order", "left are smaller keys."), invariant("T2", "heap", "above.")];
        assert_eq!(defined_in(&lines), expected);
    }
}

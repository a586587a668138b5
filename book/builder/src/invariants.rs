//! Numbered invariants: defined once in the code, kept by items that the book walks through, named by tests and chapters.
//!
//! A definition is a list item of a documentation comment: `- **T1, order**: left of a node are smaller keys …`.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use heapwood_course::invariants::{definition, is_id};

use crate::assemble::{How, Ledger};
use crate::library::{Library, Stage};
use crate::page::{Kind, Page};

/// An invariant as the code defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// A letter and a digit.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The file that defines it.
    pub path: String,
    /// Its stage.
    pub stage: u32,
}

/// Finds the invariants, and what is wrong with them.
///
/// # Errors
/// A test cannot be read.
pub fn check(
    library: &Library,
    ledger: &Ledger,
    is_wanted: &dyn Fn(u32) -> bool,
) -> Result<(Vec<Invariant>, Vec<String>), String> {
    let (found, mut wrong) = definitions(library);
    let tests = tests(library)?;
    let walked: HashSet<(&str, &str)> = ledger
        .showings
        .iter()
        .filter(|showing| showing.how == How::Walked)
        .map(|showing| (showing.excerpt.path.as_str(), showing.excerpt.name.as_str()))
        .collect();
    let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
    for stage in library.stages.iter().filter(|stage| is_wanted(stage.number)) {
        let paths = stage.library.iter().filter_map(|path| library.known(path));
        for file in paths {
            for item in file.items.iter().filter(|item| !item.is_part_of_trait) {
                let text = file.lines[item.lines.clone()].join("\n");
                for invariant in found.iter().filter(|it| names(&text, &it.id) && !defines(&text, &it.id)) {
                    *kept.entry(&invariant.id).or_default() += 1;
                    if !walked.contains(&(file.path.as_str(), item.name.as_str())) {
                        wrong.push(format!(
                            "{}: {} names {} and is not walked through",
                            file.path, item.name, invariant.id
                        ));
                    }
                }
            }
        }
    }
    for it in found.iter().filter(|it| is_wanted(it.stage)) {
        let mut refuse = |what: &str| wrong.push(format!("{}: {}, {}: {what}", it.path, it.id, it.name));
        if !kept.contains_key(it.id.as_str()) {
            refuse("no item names it");
        }
        if !tests.iter().any(|text| names(text, &it.id)) {
            refuse("no test names it");
        }
        let bold = format!("**{}, {}**", it.id, it.name);
        if !ledger.pages.iter().any(|page| says(page, &bold)) {
            refuse(&format!("no page says {bold}"));
        }
    }
    wrong.extend(unknown(ledger, &found));
    Ok((found, wrong))
}

fn definitions(library: &Library) -> (Vec<Invariant>, Vec<String>) {
    let (mut found, mut wrong): (Vec<Invariant>, _) = (Vec::new(), Vec::new());
    for stage in &library.stages {
        for file in stage.library.iter().filter_map(|path| library.known(path)) {
            for (id, name) in file.lines.iter().filter_map(|line| definition(line)) {
                if let Some(other) = found.iter().find(|other| other.id == id) {
                    wrong.push(format!("{}: {id} is defined in {} too", file.path, other.path));
                }
                found.push(Invariant { id, name, path: file.path.clone(), stage: stage.number });
            }
        }
    }
    (found, wrong)
}

fn defines(text: &str, id: &str) -> bool {
    text.lines().filter_map(definition).any(|(defined, _)| defined == id)
}

/// Whether a text has the id as a word.
fn names(text: &str, id: &str) -> bool {
    text.split(|it: char| !it.is_alphanumeric() && it != '_').any(|word| word == id)
}

fn says(page: &Page, bold: &str) -> bool {
    page.pieces.iter().any(|piece| matches!(&piece.kind, Kind::Text(text) if text.contains(bold)))
}

/// Invariants that pages define, and the code does not.
fn unknown(ledger: &Ledger, found: &[Invariant]) -> Vec<String> {
    let mut wrong = Vec::new();
    for page in &ledger.pages {
        for piece in &page.pieces {
            let Kind::Text(text) = &piece.kind else { continue };
            for bold in text.split("**").skip(1).step_by(2) {
                let Some((id, name)) = bold.split_once(", ").filter(|(id, _)| is_id(id)) else { continue };
                if !found.iter().any(|it| it.id == id && it.name == name) {
                    wrong.push(format!(
                        "book/src/{}:{}: the code defines no invariant {id}, {name}",
                        page.path, piece.line
                    ));
                }
            }
        }
    }
    wrong
}

/// The text of every test of the stages: their `tests/` folders, and the test modules of their libraries.
fn tests(library: &Library) -> Result<Vec<String>, String> {
    let mut texts = Vec::new();
    for stage in &library.stages {
        let Stage { folder, library: files, .. } = stage;
        for file in files.iter().filter_map(|path| library.known(path)) {
            texts.extend(file.tests.iter().map(|lines| file.lines[lines.clone()].join("\n")));
        }
        let mut folders = vec![library.root().join(folder).join("tests")];
        folders.push(library.root().join(folder).join("src"));
        while let Some(folder) = folders.pop() {
            for path in entries(&folder)? {
                let is_test = path.components().any(|part| part.as_os_str() == "tests")
                    || path.file_name().is_some_and(|name| name == "tests.rs");
                if path.is_dir() {
                    folders.push(path);
                } else if is_test {
                    texts.push(
                        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?,
                    );
                }
            }
        }
    }
    Ok(texts)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let listed = fs::read_dir(folder).map_err(wrong)?;
    listed.map(|entry| entry.map(|entry| entry.path()).map_err(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_has_an_id_and_a_name() {
        let line = "    /// - **T1, order**: left of a node are smaller keys.";
        assert_eq!(definition(line), Some(("T1".into(), "order".into())));
        assert_eq!(definition("//! - **Bold, text**: no."), None);
        assert_eq!(definition("let a = \"- **T1, order**\";"), None);
    }

    #[test]
    fn an_id_is_named_as_a_word() {
        assert!(names("// T1: holds", "T1") && !names("T12 AT1 T1x t1", "T1"));
    }
}

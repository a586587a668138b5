//! What the course's exercises are made of, read from their folders; and two things that the book's builder shares: the
//! items of a source file, found by parsing, and processes that end with their owner.
//!
//! - [`Course`]: all chapters and exercises, in order;
//! - [`manifest`]: what an exercise says about itself in its `exercise.toml`;
//! - [`cases`]: the cases of an exercise, found in its `cases.rs`;
//! - [`starter`]: what a learner begins with, generated from the solution;
//! - [`invariants`]: those that the stages define, to be named by cases and mutants;
//! - [`variants`]: a mistake put into the solution;
//! - [`tokens`]: code compared without comments and layout;
//! - [`source`], [`process`].
#![forbid(unsafe_code)]

pub mod cases;
pub mod exercise;
pub mod invariants;
pub mod manifest;
pub mod process;
pub mod source;
pub mod starter;
pub mod tokens;
pub mod variants;

use std::fs;
use std::path::{Path, PathBuf};

pub use exercise::{Exercise, Variant, VariantKind};
pub use manifest::{Kill, Kind};

/// The folders of the stages, in order.
pub const STAGES: [&str; 7] =
    ["01-sockets", "02-treap", "03-poll-loop", "04-aof", "05-ttl", "06-deques", "07-http-bridge"];

/// The exercises, in the order in which the book has them.
#[derive(Clone, Debug)]
pub struct Course {
    /// Where the repository is.
    pub root: PathBuf,
    /// The chapters that have exercises.
    pub chapters: Vec<Chapter>,
}

/// The exercises of a chapter.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// The folder's name, as the book has it too: `2-treap`.
    pub folder: String,
    /// The number in front of it.
    pub number: u32,
    /// The chapter's title in the book.
    pub title: String,
    /// Its exercises, in order.
    pub exercises: Vec<Exercise>,
}

impl Course {
    /// Reads the exercises of the repository at `root`; one without the folder has none.
    ///
    /// # Errors
    /// A folder is not an exercise: says which and why.
    pub fn read(root: &Path) -> Result<Self, String> {
        let mut chapters = Vec::new();
        if !root.join("exercises").is_dir() {
            return Ok(Self { root: root.to_owned(), chapters });
        }
        for folder in folders(&root.join("exercises"))? {
            let Some(number) = folder.split('-').next().and_then(|number| number.parse().ok()) else {
                continue;
            };
            let mut exercises = Vec::new();
            for name in folders(&root.join("exercises").join(&folder))? {
                exercises.push(Exercise::read(root, &folder, number, &name)?);
            }
            exercises.sort_by_key(|exercise: &Exercise| exercise.manifest.number);
            let title = title(root, &folder);
            chapters.push(Chapter { folder, number, title, exercises });
        }
        chapters.sort_by_key(|chapter| chapter.number);
        Ok(Self { root: root.to_owned(), chapters })
    }

    /// All exercises, in order.
    pub fn exercises(&self) -> impl Iterator<Item = &Exercise> {
        self.chapters.iter().flat_map(|chapter| &chapter.exercises)
    }

    /// The exercise that a name or a number such as `2.3` means.
    ///
    /// # Errors
    /// There is none; says which names come nearest.
    pub fn find(&self, wanted: &str) -> Result<&Exercise, String> {
        let named = wanted.rsplit('/').next().unwrap_or(wanted);
        let is_wanted = |it: &&Exercise| it.name == named || it.label() == wanted;
        self.exercises().find(is_wanted).ok_or_else(|| {
            let mut near: Vec<&str> = self.exercises().map(|it| it.name.as_str()).collect();
            let likeness = |name: &str| strsim::jaro_winkler(name, named);
            near.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
            near.truncate(3);
            format!("there is no exercise {wanted:?}; the nearest are {}", near.join(", "))
        })
    }
}

/// The folders in a folder, in alphabetical order.
fn folders(of: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(of).map_err(|error| format!("{}: {error}", of.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

/// The title of a chapter in the book; its folder's name without the number where the book has no such chapter.
fn title(root: &Path, folder: &str) -> String {
    let page = root.join("book/src").join(folder).join("index.md");
    let text = fs::read_to_string(page).unwrap_or_default();
    let heading = text.lines().find_map(|line| line.strip_prefix("# "));
    heading
        .unwrap_or_else(|| folder.trim_start_matches(|it: char| it.is_ascii_digit() || it == '-'))
        .trim()
        .to_owned()
}

//! An exercise: a folder with a manifest, a solution, cases, hints and mutants.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cases::{self, Case};
use crate::manifest::{Kill, Kind, Manifest};

/// How many levels of hints an exercise has.
pub const HINTS: usize = 3;

/// An exercise.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// The folder of its chapter.
    pub chapter: String,
    /// The number of its chapter.
    pub chapter_number: u32,
    /// Its name: permanent, and that of its folder.
    pub name: String,
    /// Where its files are.
    pub folder: PathBuf,
    /// What it says about itself.
    pub manifest: Manifest,
    /// Its cases, in order.
    pub cases: Vec<Case>,
    /// The levels of its hints, the mildest first.
    pub hints: Vec<String>,
}

/// What can stand in the place of the learner's file.
#[derive(Clone, Debug)]
pub struct Variant {
    /// A name that no other variant of the exercise has.
    pub name: String,
    /// What it is.
    pub kind: VariantKind,
    /// Its file.
    pub file: PathBuf,
    /// What is wrong with it, to the learner.
    pub says: String,
    /// The invariant that it breaks.
    pub invariant: Option<String>,
    /// The cases that fail on it, in the order of the cases.
    pub fails: Vec<String>,
    /// How they fail.
    pub kill: Kill,
    /// Why it may fail every case.
    pub every: Option<String>,
}

/// What a variant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariantKind {
    /// A mistake.
    Mutant,
    /// A test that misses something.
    Weak,
    /// A test that asks for too much.
    Strict,
}

impl Exercise {
    /// Reads the exercise in `exercises/CHAPTER/NAME`.
    ///
    /// # Errors
    /// A file is missing or cannot be understood.
    pub fn read(root: &Path, chapter: &str, chapter_number: u32, name: &str) -> Result<Self, String> {
        let folder = root.join("exercises").join(chapter).join(name);
        let shown = format!("exercises/{chapter}/{name}");
        let read = |file: &str| {
            fs::read_to_string(folder.join(file)).map_err(|error| format!("{shown}/{file}: {error}"))
        };
        let manifest = toml::from_str(&read("exercise.toml")?)
            .map_err(|error| format!("{shown}/exercise.toml: {error}"))?;
        let cases = cases::find(&read("cases.rs")?).map_err(|error| format!("{shown}/cases.rs:{error}"))?;
        let hints = levels(&read("hints.md")?);
        Ok(Self {
            chapter: chapter.to_owned(),
            chapter_number,
            name: name.to_owned(),
            folder,
            manifest,
            cases,
            hints,
        })
    }

    /// Its number as the book prints it: `2.3`.
    pub fn label(&self) -> String {
        format!("{}.{}", self.chapter_number, self.manifest.number)
    }

    /// Its folder, and the learner's too, from `exercises/` and `mine/`: `2-treap/rotate`.
    pub fn place(&self) -> String {
        format!("{}/{}", self.chapter, self.name)
    }

    /// The name of a Rust module for it.
    pub fn module(&self) -> String {
        format!("e_{}", self.name.replace('-', "_"))
    }

    /// The text of its solution.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn solution(&self) -> Result<String, String> {
        let path = self.folder.join("solution.rs");
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The text that a learner begins with.
    ///
    /// # Errors
    /// The solution cannot be read, or lacks what the manifest names.
    pub fn starter(&self) -> Result<String, String> {
        crate::starter::generate(&self.solution()?, &self.manifest)
            .map_err(|error| format!("exercises/{}/solution.rs: {error}", self.place()))
    }

    /// The item of a stage that a written function stands for: its path below `stages/`, and its name there.
    pub fn replaced(&self, written: &str) -> Option<(&str, String)> {
        let at = self.manifest.replaces.get(written)?;
        let (path, item) = at.split_once('#').unwrap_or((at, written));
        Some((path, item.to_owned()))
    }

    /// Whether it has the learner write this item of a stage; `path` is below `stages/`.
    pub fn asks_for(&self, path: &str, item: &str) -> bool {
        let mut replaced = self.manifest.write.iter().filter_map(|written| self.replaced(written));
        replaced.any(|(in_path, name)| in_path == path && name == item)
    }

    /// The whole text that a variant is, beside the solution.
    ///
    /// # Errors
    /// A file cannot be read, or is no Rust.
    pub fn variant(&self, variant: &Variant) -> Result<String, String> {
        let shown = variant.file.display();
        let text = fs::read_to_string(&variant.file).map_err(|error| format!("{shown}: {error}"))?;
        crate::variants::assemble(&self.solution()?, &text).map_err(|error| format!("{shown}: {error}"))
    }

    /// What is to be told from the solution: mutants, or in *write the test* weak and over-strict tests.
    pub fn variants(&self) -> Vec<Variant> {
        let manifest = &self.manifest;
        if manifest.kind != Kind::Test {
            let made = manifest.mutants.iter().map(|(name, mutant)| Variant {
                name: name.clone(),
                kind: VariantKind::Mutant,
                file: self.folder.join("mutants").join(format!("{name}.rs")),
                says: mutant.says.clone(),
                invariant: mutant.invariant.clone(),
                fails: self.in_order(&mutant.fails),
                kill: mutant.kill,
                every: mutant.every.clone(),
            });
            return made.collect();
        }
        let variant = |kind, folder: &str, name: &str, says: &str, fails: Vec<String>| Variant {
            name: name.to_owned(),
            kind,
            file: self.folder.join(folder).join(format!("{name}.rs")),
            says: says.to_owned(),
            invariant: None,
            fails: self.in_order(&fails),
            kill: Kill::Assertion,
            every: None,
        };
        let prefixed = |prefix: &str, names: &[String]| -> Vec<String> {
            names.iter().map(|name| format!("{prefix}{name}")).collect()
        };
        let weak = manifest.weak.iter().map(|(name, it)| {
            variant(VariantKind::Weak, "weak", name, &it.says, prefixed("refuses_", &it.misses))
        });
        let strict = manifest.strict.iter().map(|(name, it)| {
            variant(VariantKind::Strict, "strict", name, &it.says, prefixed("accepts_", &it.rejects))
        });
        weak.chain(strict).collect()
    }

    /// Names of cases in the order of the cases; those that are no cases stand last.
    fn in_order(&self, names: &[String]) -> Vec<String> {
        let place = |name: &String| self.cases.iter().position(|case| case.name == *name);
        let mut ordered = names.to_vec();
        ordered.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
        ordered
    }
}

/// The levels of a file of hints: what stands below each `## ` heading.
fn levels(text: &str) -> Vec<String> {
    let mut levels: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("## ") {
            levels.push(String::new());
        } else if let Some(level) = levels.last_mut() {
            level.push_str(line);
            level.push('\n');
        }
    }
    levels.iter().map(|level| level.trim().to_owned()).collect()
}

//! What an exercise says about itself: its `exercise.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The manifest of an exercise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What there is to do, as a title.
    pub title: String,
    /// Its position in its chapter, from 1.
    pub number: u32,
    /// Which kind of exercise it is.
    pub kind: Kind,
    /// How long it takes a reader, about.
    pub minutes: u32,
    /// The page of the book that asks for it, below `book/src`.
    pub page: String,
    /// The page to read when it is done.
    pub next: String,
    /// The functions of the solution whose bodies the learner writes: `function` or `Type::method`.
    pub write: Vec<String>,
    /// Items of the solution that the starter leaves out.
    #[serde(default)]
    pub omit: Vec<String>,
    /// The stages whose crates its code uses: `sockets`, `treap` and so on.
    #[serde(default)]
    pub stages: Vec<String>,
    /// For *before*: which item of a stage each written function is, as `02-treap/src/treap.rs`, or with `#Type::method`
    /// behind it where it has another name there.
    #[serde(default)]
    pub replaces: BTreeMap<String, String>,
    /// The mistakes that the cases find, by file name.
    #[serde(default)]
    pub mutants: BTreeMap<String, Mutant>,
    /// For *write the test*: tests that miss a mutant.
    #[serde(default)]
    pub weak: BTreeMap<String, Weak>,
    /// For *write the test*: tests that refuse something correct.
    #[serde(default)]
    pub strict: BTreeMap<String, Strict>,
    /// What `cargo learn measure` does with it.
    pub measure: Option<Measure>,
}

/// The kinds of exercises.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Items of a stage, written before the book shows them.
    Before,
    /// A variant that no stage contains.
    Transfer,
    /// A test that tells correct code from broken code.
    Test,
    /// A larger piece of work with milestones.
    Project,
}

impl Kind {
    /// What a reader calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Transfer => "transfer",
            Self::Test => "write the test",
            Self::Project => "project",
        }
    }
}

/// A mistake that a reviewer would believe.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// What it does wrong, in one sentence to the learner: "It …".
    pub says: String,
    /// The invariant that it breaks, where there is one.
    pub invariant: Option<String>,
    /// The cases that fail on it. In *write the test* that is its own case, and this stays empty.
    #[serde(default)]
    pub fails: Vec<String>,
    /// How they fail.
    #[serde(default)]
    pub kill: Kill,
    /// Why it fails every case, where it does.
    pub every: Option<String>,
}

/// How a case fails on a mutant.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kill {
    /// An assertion of the case.
    #[default]
    Assertion,
    /// A panic in the mutant, or an abort, in some of the cases.
    Panic,
    /// It does not come to an end, in some of the cases.
    Hang,
}

/// A test that is not thorough enough.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weak {
    /// What it leaves out, in one sentence.
    pub says: String,
    /// The mutants that it does not notice.
    pub misses: Vec<String>,
}

/// A test that asks for more than was promised.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strict {
    /// What it asks for, in one sentence.
    pub says: String,
    /// The correct implementations that it refuses.
    pub rejects: Vec<String>,
}

/// A workload to measure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// What is done, with how much of it: "100,000 keys inserted in random order, then each looked up".
    pub workload: String,
    /// What of the standard library does the same.
    pub standard: String,
    /// What the figures mean, in one sentence.
    pub meaning: String,
}

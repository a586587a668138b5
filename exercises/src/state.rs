//! What the tool remembers in `mine/.learn/`: what it wrote there, and what came of the cases. A file that cannot be read counts
//! as an empty one: nothing in it is needed to go on.

use std::collections::BTreeMap;
use std::fs;

use heapwood_course::Exercise;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::failure::at;
use crate::hash;
use crate::places::Places;

const WRITTEN: &str = "written.json";
const RESULTS: &str = "results.json";

/// What the tool wrote into `mine/`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Written {
    /// The fingerprint of each file as it was written, by its path in `mine/`.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// By place, what an exercise consisted of at that time: a fingerprint for each part.
    #[serde(default)]
    pub exercises: BTreeMap<String, BTreeMap<String, String>>,
    /// By place, how many hints were given.
    #[serde(default)]
    pub hints: BTreeMap<String, usize>,
}

impl Written {
    /// Reads it.
    pub fn read(places: &Places) -> Self {
        read(places, WRITTEN)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, places: &Places) -> Result<(), String> {
        save(places, WRITTEN, self)
    }
}

/// What came of the cases, by place.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Results(#[serde(default)] pub BTreeMap<String, Checked>);

/// What came of the cases of one exercise.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Checked {
    /// The fingerprint of the learner's code and the exercise at that time.
    pub key: String,
    /// The cases that passed.
    pub passed: Vec<String>,
}

impl Results {
    /// Reads it.
    pub fn read(places: &Places) -> Self {
        read(places, RESULTS)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, places: &Places) -> Result<(), String> {
        save(places, RESULTS, self)
    }
}

/// Where somebody is with an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no file for it in `mine/`.
    Missing,
    /// The file is as it was written.
    Untouched,
    /// It was edited since the cases last ran.
    Edited,
    /// So many of its cases pass.
    Red(usize),
    /// All of its cases pass.
    Green,
}

/// Where the learner is with an exercise, without running anything.
pub fn standing(places: &Places, exercise: &Exercise, results: &Results) -> Standing {
    let Ok(text) = fs::read_to_string(places.file(exercise)) else {
        return Standing::Missing;
    };
    match results.0.get(&exercise.place()).filter(|checked| checked.key == key(places, exercise)) {
        Some(checked) if checked.passed.len() == exercise.cases.len() => Standing::Green,
        Some(checked) => Standing::Red(checked.passed.len()),
        None if exercise.starter().is_ok_and(|starter| starter == text) => Standing::Untouched,
        None => Standing::Edited,
    }
}

/// The fingerprint of a learner's code and of what judges it.
pub fn key(places: &Places, exercise: &Exercise) -> String {
    hash::of_tree(&[
        places.work(exercise).join("src"),
        exercise.folder.join("cases.rs"),
        exercise.folder.join("correct"),
        exercise.folder.join("mutants"),
        places.root.join("exercises/kit/src"),
    ])
}

fn read<T: DeserializeOwned + Default>(places: &Places, file: &str) -> T {
    let text = fs::read_to_string(places.memory(file)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn save<T: Serialize>(places: &Places, file: &str, value: &T) -> Result<(), String> {
    let path = places.memory(file);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    // Whole or not at all: a tool that is stopped in the middle must not lose what it knew.
    let beside = path.with_extension("new");
    fs::write(&beside, text + "\n").map_err(at(&beside))?;
    fs::rename(&beside, &path).map_err(at(&path))
}

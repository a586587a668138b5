//! What the tool remembers in `mine/.learn/`: what it wrote there, and what came of the cases. A file that cannot be read counts
//! as an empty one: nothing in it is needed to go on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;

use heapwood_course::{Course, Exercise};
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

    /// Whether this is a starter as it was written, be it the present one or an older one.
    pub fn is_untouched(&self, exercise: &Exercise, text: &str) -> bool {
        let then = self.files.get(&format!("{}/src/lib.rs", exercise.place()));
        then.is_some_and(|then| *then == hash::of(text.as_bytes()))
            || exercise.starter().is_ok_and(|starter| starter == text)
    }

    /// Whether the course has another starter than the one that was written, or other cases.
    pub fn is_behind(&self, exercise: &Exercise) -> bool {
        let now = crate::mine::parts(exercise).unwrap_or_default();
        self.exercises.get(&exercise.place()).is_none_or(|then| *then != now)
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

/// What is remembered, and how every exercise stands by it; nothing is run for it.
pub struct Progress<'a> {
    places: &'a Places,
    /// What came of the cases.
    pub results: Results,
    /// What the tool wrote.
    pub written: Written,
    /// What was found out already, by place.
    found: RefCell<BTreeMap<String, Standing>>,
}

impl<'a> Progress<'a> {
    /// Reads it.
    pub fn read(places: &'a Places) -> Self {
        Self {
            places,
            results: Results::read(places),
            written: Written::read(places),
            found: RefCell::default(),
        }
    }

    /// Where the learner is with an exercise.
    pub fn of(&self, exercise: &Exercise) -> Standing {
        *self.found.borrow_mut().entry(exercise.place()).or_insert_with(|| self.find_out(exercise))
    }

    fn find_out(&self, exercise: &Exercise) -> Standing {
        let Ok(text) = fs::read_to_string(self.places.file(exercise)) else {
            return match self.places.file(exercise).exists() {
                true => Standing::Edited,
                false => Standing::Missing,
            };
        };
        let key = key(self.places, exercise);
        match self.results.0.get(&exercise.place()).filter(|checked| checked.key == key) {
            Some(checked) if checked.passed.len() == exercise.cases.len() => Standing::Green,
            _ if self.written.is_untouched(exercise, &text) => Standing::Untouched,
            Some(checked) => Standing::Red(checked.passed.len()),
            None => Standing::Edited,
        }
    }

    /// Whether somebody is at an exercise: it is neither as it began nor done.
    fn is_under_way(&self, exercise: &Exercise) -> bool {
        matches!(self.of(exercise), Standing::Red(_) | Standing::Edited)
    }

    /// The exercise that somebody is at: the first that is under way, or the one behind the last that is green.
    pub fn next<'c>(&self, course: &'c Course) -> Option<&'c Exercise> {
        if let Some(exercise) = course.exercises().find(|exercise| self.is_under_way(exercise)) {
            return Some(exercise);
        }
        match course.exercises().filter(|exercise| self.of(exercise) == Standing::Green).last() {
            Some(last) => self.next_after(course, last),
            None => course.exercises().next(),
        }
    }

    /// The exercise to do when one is done: the first behind it that is not green, or the first of all.
    pub fn next_after<'c>(&self, course: &'c Course, done: &Exercise) -> Option<&'c Exercise> {
        let is_open = |exercise: &&Exercise| self.of(exercise) != Standing::Green;
        let mut behind = course.exercises().skip_while(|exercise| exercise.name != done.name);
        behind.find(is_open).or_else(|| course.exercises().find(is_open))
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

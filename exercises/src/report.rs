//! `report`: how every exercise stands, for a person or as JSON.

use heapwood_course::{Course, Exercise};
use serde::Serialize;

use crate::check::{Checkup, check};
use crate::failure::{End, Ended};
use crate::hash;
use crate::mine;
use crate::places::Places;
use crate::progress;
use crate::say;
use crate::state::{Progress, Standing};

/// The course, and where a learner is in it.
#[derive(Serialize)]
struct Report {
    course_version: &'static str,
    /// Of all exercises as they are here: reports with the same one can be compared.
    course_hash: String,
    exercises: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    exercise: String,
    number: String,
    kind: &'static str,
    state: &'static str,
    cases: usize,
    cases_passed: usize,
    failing: Vec<String>,
    hints_given: usize,
    /// Of the learner's sources.
    work_hash: Option<String>,
    /// Of the cases that judged them.
    exercise_hash: String,
}

/// Reports on every exercise. What was edited since its cases last ran is run now.
///
/// # Errors
/// There is no `mine/`, or cargo cannot be run.
pub fn report(places: &Places, course: &Course, is_json: bool) -> Ended {
    mine::require_mine(places)?;
    let mut compiles = std::collections::BTreeMap::new();
    let before = Progress::read(places);
    for exercise in course.exercises() {
        let stands = before.of(exercise);
        if matches!(stands, Standing::Edited | Standing::Red(_)) {
            let ran = progress::during(&exercise.name, || check(places, exercise))?;
            compiles.insert(exercise.name.clone(), matches!(ran, Checkup::Ran(_)));
        }
    }
    if !is_json {
        return progress::list(places, course);
    }
    let progress = Progress::read(places);
    let rows = course.exercises().map(|exercise| {
        let stands = progress.of(exercise);
        let passed = match stands {
            Standing::Missing | Standing::Untouched => Vec::new(),
            _ => progress
                .results
                .0
                .get(&exercise.place())
                .map(|checked| checked.passed.clone())
                .unwrap_or_default(),
        };
        let is_compiled = compiles.get(&exercise.name).copied().unwrap_or(true);
        Row {
            exercise: exercise.name.clone(),
            number: exercise.label(),
            kind: exercise.manifest.kind.name(),
            state: match stands {
                Standing::Missing => "missing",
                Standing::Untouched => "untouched",
                Standing::Green => "green",
                _ if !is_compiled => "does not compile",
                Standing::Edited | Standing::Red(_) => "red",
            },
            cases: exercise.cases.len(),
            cases_passed: passed.len(),
            failing: failing(exercise, &passed),
            hints_given: progress.written.hints.get(&exercise.place()).copied().unwrap_or(0),
            work_hash: places
                .file(exercise)
                .is_file()
                .then(|| hash::of_tree(&[places.work(exercise).join("src")])),
            exercise_hash: hash::of_tree(&[
                exercise.folder.join("cases.rs"),
                exercise.folder.join("correct"),
            ]),
        }
    });
    let folders: Vec<_> = course.exercises().map(|exercise| exercise.folder.clone()).collect();
    let report = Report {
        course_version: env!("CARGO_PKG_VERSION"),
        course_hash: hash::of_tree(&folders),
        exercises: rows.collect(),
    };
    say!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
    Ok(End::Green)
}

fn failing(exercise: &Exercise, passed: &[String]) -> Vec<String> {
    exercise.cases.iter().map(|case| case.name.clone()).filter(|name| !passed.contains(name)).collect()
}

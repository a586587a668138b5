//! How far somebody is: the overview, the list, and what is under way.

use std::io::{IsTerminal, Write, stderr};

use heapwood_course::{Course, Exercise};

use crate::check;
use crate::failure::{End, Ended};
use crate::paper::{WIDTH, bar, bold, cut, faint, green, margin, padded, red};
use crate::places::Places;
use crate::state::{Results, Standing, standing};

/// Says what is under way while it is, where somebody looks at a terminal.
pub fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let is_seen = stderr().is_terminal();
    if is_seen {
        eprint!("{}", faint(&format!("{what} …")));
        let _ = stderr().flush();
    }
    let done = work();
    if is_seen {
        eprint!("\r{}\r", " ".repeat(WIDTH.min(what.len() + 2)));
        let _ = stderr().flush();
    }
    done
}

/// The first exercise that is not green.
pub fn next<'a>(places: &Places, course: &'a Course, results: &Results) -> Option<&'a Exercise> {
    course.exercises().find(|exercise| standing(places, exercise, results) != Standing::Green)
}

/// The exercise to do when one is done: the first behind it that is not green, or the first of all.
pub fn next_after<'a>(
    places: &Places,
    course: &'a Course,
    results: &Results,
    done: &Exercise,
) -> Option<&'a Exercise> {
    let mut behind = course.exercises().skip_while(|exercise| exercise.name != done.name);
    let next = behind.find(|exercise| standing(places, exercise, results) != Standing::Green);
    next.or_else(|| self::next(places, course, results))
}

/// `cargo learn` alone: where somebody is, and what is next.
///
/// # Errors
/// None: without a folder it says how to make one.
pub fn overview(places: &Places, course: &Course) -> Ended {
    println!("{}\n", bold("Heapwood: the exercises"));
    let results = Results::read(places);
    let (mut done, mut all) = (0, 0);
    for chapter in &course.chapters {
        let is_green = |exercise: &&Exercise| standing(places, exercise, &results) == Standing::Green;
        let (count, of) = (chapter.exercises.iter().filter(is_green).count(), chapter.exercises.len());
        (done, all) = (done + count, all + of);
        println!(
            "  {:>2}  {} {} {count}/{of}",
            chapter.number,
            padded(&cut(&chapter.title, 46), 46),
            bar(count, of, 16)
        );
    }
    println!();
    if !places.mine.is_dir() {
        println!("{}", margin("begin", "cargo learn start"));
        return Ok(End::Green);
    }
    let edited = course.exercises().filter(|it| standing(places, it, &results) == Standing::Edited).count();
    let unknown = match edited {
        0 => String::new(),
        1 => "; 1 was edited since its cases last ran".to_owned(),
        more => format!("; {more} were edited since their cases last ran"),
    };
    println!("  {done} of {all} are green{unknown}.\n");
    match next(places, course, &results) {
        None => println!("{}", margin("next", "nothing: all are green. book/src/where-next.md")),
        Some(exercise) => {
            let manifest = &exercise.manifest;
            println!(
                "{}",
                margin("next", &format!("{} {}: {}", exercise.label(), exercise.name, manifest.title))
            );
            println!("{}", margin("read", &check::page(places, &manifest.page)));
            println!("{}", margin("write", &places.shown(&places.file(exercise))));
            println!("{}", margin("try", &format!("cargo learn {}", exercise.name)));
        }
    }
    Ok(End::Green)
}

/// `list`: every exercise and how it stands.
///
/// # Errors
/// None.
pub fn list(places: &Places, course: &Course) -> Ended {
    let results = Results::read(places);
    for chapter in &course.chapters {
        println!("{}", bold(&format!("{} {}", chapter.number, chapter.title)));
        for exercise in &chapter.exercises {
            let manifest = &exercise.manifest;
            let stands = match standing(places, exercise, &results) {
                Standing::Missing | Standing::Untouched => faint("·"),
                Standing::Edited => "edited".to_owned(),
                Standing::Red(passed) => red(&format!("✘ {passed}/{}", exercise.cases.len())),
                Standing::Green => green("✔"),
            };
            println!(
                "  {:>4} {} {} {:>3} min  {stands}",
                exercise.label(),
                padded(&cut(&exercise.name, 24), 24),
                padded(manifest.kind.name(), 14),
                manifest.minutes,
            );
        }
    }
    println!("\n{}", faint("✔ green  ✘ so many cases pass  edited: not run since  · not begun"));
    Ok(End::Green)
}

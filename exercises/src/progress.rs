//! How far somebody is: the overview, the list, and what is under way.

use std::io::{IsTerminal, Write, stderr};

use heapwood_course::{Course, Exercise};

use crate::check;
use crate::failure::{End, Ended};
use crate::paper::{WIDTH, bar, bold, cut, faint, green, margin, padded, red};
use crate::places::Places;
use crate::say;
use crate::state::{Progress, Standing};

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

/// `cargo learn` alone: where somebody is, and what is next.
///
/// # Errors
/// None: without a folder it says how to make one.
pub fn overview(places: &Places, course: &Course) -> Ended {
    say!("{}\n", bold("Heapwood: the exercises"));
    let progress = Progress::read(places);
    let (mut done, mut all) = (0, 0);
    for chapter in &course.chapters {
        let is_green = |exercise: &&Exercise| progress.of(exercise) == Standing::Green;
        let (count, of) = (chapter.exercises.iter().filter(is_green).count(), chapter.exercises.len());
        (done, all) = (done + count, all + of);
        say!(
            "  {:>2}  {} {} {count}/{of}",
            chapter.number,
            padded(&cut(&chapter.title, 46), 46),
            bar(count, of, 16)
        );
    }
    say!("");
    if !places.mine.is_dir() {
        say!("{}", margin("begin", "cargo learn start"));
        return Ok(End::Green);
    }
    let edited = course.exercises().filter(|it| progress.of(it) == Standing::Edited).count();
    let unknown = match edited {
        0 => String::new(),
        1 => "; 1 was edited since its cases last ran".to_owned(),
        more => format!("; {more} were edited since their cases last ran"),
    };
    say!("  {done} of {all} are green{unknown}.\n");
    let behind = course.exercises().filter(|it| progress.written.is_behind(it)).count();
    if behind > 0 {
        say!(
            "{}\n",
            margin("news", &format!("the course has changed in {behind} exercises: cargo learn update"))
        );
    }
    match progress.next(course) {
        None => say!("{}", margin("next", "nothing: all are green. book/src/where-next.md")),
        Some(exercise) => {
            let manifest = &exercise.manifest;
            say!(
                "{}",
                margin("next", &format!("{} {}: {}", exercise.label(), exercise.name, manifest.title))
            );
            say!("{}", margin("read", &check::page(places, &manifest.page)));
            say!("{}", margin("write", &places.shown(&places.file(exercise))));
            say!("{}", margin("try", &format!("cargo learn {}", exercise.name)));
        }
    }
    Ok(End::Green)
}

/// `list`: every exercise and how it stands.
///
/// # Errors
/// None.
pub fn list(places: &Places, course: &Course) -> Ended {
    let progress = Progress::read(places);
    for chapter in &course.chapters {
        say!("{}", bold(&format!("{} {}", chapter.number, chapter.title)));
        for exercise in &chapter.exercises {
            let manifest = &exercise.manifest;
            let stands = match progress.of(exercise) {
                Standing::Missing | Standing::Untouched => faint("·"),
                Standing::Edited => "edited".to_owned(),
                Standing::Red(passed) => red(&format!("✘ {passed}/{}", exercise.cases.len())),
                Standing::Green => green("✔"),
            };
            say!(
                "  {:>4} {} {} {:>3} min  {stands}",
                exercise.label(),
                padded(&cut(&exercise.name, 24), 24),
                padded(manifest.kind.name(), 14),
                manifest.minutes,
            );
        }
    }
    say!("\n{}", faint("✔ green  ✘ so many cases pass  edited: not run since  · not begun"));
    Ok(End::Green)
}

//! `hint`, `solution`, `reset`: help, and beginning again.

use std::fs;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::process::Command;

use heapwood_course::{Course, Exercise, exercise};
use similar::TextDiff;

use crate::failure::{End, Ended, Failure, at};
use crate::mine;
use crate::paper::{bold, faint, green, margin, markdown, red};
use crate::places::Places;
use crate::say;
use crate::state::{Progress, Standing, Written};

/// The exercise that a command means: the one that is named, or the next one.
///
/// # Errors
/// There is none of this name, or everything is done.
pub fn meant<'a>(places: &Places, course: &'a Course, name: Option<&str>) -> Result<&'a Exercise, Failure> {
    match name {
        Some(name) => Ok(course.find(name)?),
        None => {
            let next = Progress::read(places).next(course);
            next.ok_or_else(|| "all exercises are green; name the one that you mean".into())
        }
    }
}

/// `hint`: the next level each time.
///
/// # Errors
/// What was given cannot be remembered.
pub fn hint(places: &Places, exercise: &Exercise, level: Option<usize>) -> Ended {
    let mut written = Written::read(places);
    let given = written.hints.get(&exercise.place()).copied().unwrap_or(0);
    let level = level.unwrap_or(given + 1).clamp(1, exercise::HINTS);
    let text =
        exercise.hints.get(level - 1).ok_or_else(|| format!("{} has no hint {level}", exercise.name))?;
    say!(
        "{}\n",
        bold(&format!("{} {}: hint {level} of {}", exercise.label(), exercise.name, exercise::HINTS))
    );
    say!("{}\n", markdown(text, 2));
    match level < exercise::HINTS {
        true => say!("{}", margin("more", &format!("cargo learn hint {}", exercise.name))),
        false => say!("{}", margin("more", &format!("cargo learn solution {}", exercise.name))),
    }
    if places.mine.is_dir() && level > given {
        written.hints.insert(exercise.place(), level);
        written.save(places)?;
    }
    Ok(End::Green)
}

/// `solution`: asks, unless the exercise is done, then shows the difference to the learner's own.
///
/// # Errors
/// It asks and nobody can answer.
pub fn solution(places: &Places, exercise: &Exercise, yes: bool) -> Ended {
    let is_done = Progress::read(places).of(exercise) == Standing::Green;
    if !yes && !is_done && !agreed(&format!("Show a solution of {}?", exercise.name))? {
        say!("Not shown.");
        return Ok(End::Green);
    }
    let reference = exercise.solution()?;
    let own = fs::read_to_string(places.file(exercise)).ok();
    match own {
        None => crate::paper::print(format_args!("{reference}"), false),
        Some(own) if own == reference => say!("Yours is the reference, to the letter."),
        Some(own) => {
            say!("{}", faint("-: only in yours   +: only in the reference\n"));
            let difference = TextDiff::from_lines(&own, &reference);
            for line in difference.unified_diff().context_radius(4).to_string().lines() {
                match line.as_bytes().first() {
                    Some(b'-') => say!("{}", red(line)),
                    Some(b'+') => say!("{}", green(line)),
                    _ => say!("{line}"),
                }
            }
        }
    }
    say!("\n{}", margin("file", &places.shown(&exercise.folder.join("solution.rs"))));
    Ok(End::Green)
}

/// `reset`: asks, keeps what was there under a name with the date, and writes the starter.
///
/// # Errors
/// It asks and nobody can answer; a file cannot be written.
pub fn reset(places: &Places, exercise: &Exercise, yes: bool) -> Ended {
    mine::require_mine(places)?;
    let file = places.file(exercise);
    let starter = exercise.starter()?;
    if fs::read_to_string(&file).is_ok_and(|own| own == starter) {
        say!("{} is as it began already.", places.shown(&file));
        return Ok(End::Green);
    }
    if !yes && !agreed(&format!("Begin {} again? What you have is kept beside it.", exercise.name))? {
        say!("Nothing was changed.");
        return Ok(End::Green);
    }
    if file.exists() {
        let backup = mine::backup_of(&file, &today());
        fs::rename(&file, &backup).map_err(at(&backup))?;
        say!("{}", margin("kept", &places.shown(&backup)));
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    fs::write(&file, &starter).map_err(at(&file))?;
    let mut written = Written::read(places);
    written.hints.remove(&exercise.place());
    written.files.insert(format!("{}/src/lib.rs", exercise.place()), crate::hash::of(starter.as_bytes()));
    written.save(places)?;
    say!("{}", margin("new", &places.shown(&file)));
    Ok(End::Green)
}

/// Asks a question that is answered with yes or no.
///
/// # Errors
/// Nobody is there to answer.
fn agreed(question: &str) -> Result<bool, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure(format!("{question} Nobody is at a terminal to answer: say --yes to do it")));
    }
    print!("{question} [y/N] ");
    let _ = stdout().flush();
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(|error| error.to_string())?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The date as `2025-01-31`, by the system's own calendar.
fn today() -> String {
    let said = Command::new("date").arg("+%Y-%m-%d").output();
    let date =
        said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if date.is_empty() { "undated".to_owned() } else { date }
}

//! `watch`: runs the cases whenever the learner's code changes.

use std::io::{IsTerminal, stdout};
use std::thread;
use std::time::Duration;

use heapwood_course::{Course, Exercise};

use crate::check;
use crate::failure::{End, Ended};
use crate::helping;
use crate::mine;
use crate::paper::{faint, prose};
use crate::places::Places;
use crate::say;
use crate::state;

/// How often the files are looked at. They are a few kilobytes.
const INTERVAL: Duration = Duration::from_millis(250);

/// Watches one exercise, or, where none is named, the next one that is not green. Ends with Ctrl-C.
///
/// # Errors
/// The exercise has no file, or cargo cannot be run.
pub fn watch(places: &Places, course: &Course, name: Option<&str>) -> Ended {
    loop {
        let exercise = helping::meant(places, course, name)?;
        mine::require_file(places, exercise)?;
        let key = state::key(places, exercise);
        if stdout().is_terminal() {
            print!("\x1b[2J\x1b[3J\x1b[H");
        }
        let end = check::show(places, course, exercise)?;
        let then = match (end, name) {
            (End::Green, None) => "a change, and the next exercise is watched",
            _ => "a change runs the cases again",
        };
        let what = shown(places, exercise);
        say!("\n{}", faint(&prose(&format!("Watching {what}: {then}. Ctrl-C ends it."), 0)));
        while state::key(places, exercise) == key {
            thread::sleep(INTERVAL);
        }
    }
}

fn shown(places: &Places, exercise: &Exercise) -> String {
    places.shown(&places.file(exercise))
}

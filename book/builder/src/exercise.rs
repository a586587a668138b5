//! Exercises on a page: what a reader is asked to do, and the listings that stay folded until they have tried.

use heapwood_course::{Exercise, Kind};

use crate::library::Library;
use crate::pictures::svg::escape;

/// The box that asks for an exercise.
///
/// # Errors
/// There is no exercise of this name, or it belongs to another page.
pub(crate) fn render(library: &Library, name: &str, page: &str) -> Result<String, String> {
    let exercise = library.course.find(name)?;
    let manifest = &exercise.manifest;
    if manifest.page != page {
        return Err(format!("the exercise {name} says that it belongs to {}", manifest.page));
    }
    let about = match manifest.kind {
        Kind::Before => "Write it before you read on: the stage's own version is folded below.",
        Kind::Transfer => "The same idea in another place; no stage has it.",
        Kind::Test => "You write the test; it is run on code that is right and on code that is wrong.",
        Kind::Project => "A project with milestones.",
    };
    Ok(format!(
        "<div class=\"exercise\" id=\"exercise-{name}\">\n<div class=\"exercise-head\">Exercise {} · {} · {} minutes</div>\n\n**{}.** {about}\n\n```text\ncargo learn {name}\n```\n\n</div>\n",
        exercise.label(),
        manifest.kind.name(),
        manifest.minutes,
        escape(&manifest.title),
    ))
}

/// The *before* exercise in which a reader writes an item of a stage.
pub(crate) fn that_asks_for<'a>(library: &'a Library, path: &str, item: &str) -> Option<&'a Exercise> {
    let path = path.strip_prefix("stages/")?;
    library.course.exercises().find(|exercise| exercise.asks_for(path, item))
}

/// A listing that shows itself when it is asked to.
pub(crate) fn folded(exercise: &Exercise, html: &str) -> String {
    format!(
        "<details class=\"folded\"><summary>The stage's own version of exercise {}: show it</summary>\n\n{html}\n</details>\n",
        exercise.label()
    )
}

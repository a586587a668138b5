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

/// How a folded listing ends.
const FOLD_END: &str = "\n</details>\n";

/// Where a page ends in a folded listing, the page with the first paragraph of the text that follows inside the fold: it explains
/// the listing, and would give away what the fold hides. Nothing where no fold ends there, or no paragraph begins.
pub(crate) fn explained(page: &str, text: &str) -> Option<String> {
    let before = page.strip_suffix('\n')?.strip_suffix(FOLD_END)?;
    let text = text.trim_start_matches('\n');
    // No heading, list, table or tag: an ordered list begins with a digit, so a digit is none either.
    text.starts_with(|it: char| it.is_alphabetic() || matches!(it, '`' | '*')).then_some(())?;
    if text.starts_with("* ") {
        return None;
    }
    let (paragraph, rest) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    Some(format!("{before}\n\n{paragraph}\n{FOLD_END}\n{rest}"))
}

/// A listing that shows itself when it is asked to.
pub(crate) fn folded(exercise: &Exercise, html: &str) -> String {
    format!(
        "<details class=\"folded\"><summary>The stage's own version of exercise {}: show it</summary>\n\n{html}{FOLD_END}",
        exercise.label()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paragraph_that_explains_a_fold_goes_into_it_and_nothing_else_does() {
        let page = format!("Before.\n<details>code{FOLD_END}\n");
        let joined = explained(&page, "\nThree `links` move.\nAll of them.\n\nNext.\n");
        let expected = "Before.\n<details>code\n\nThree `links` move.\nAll of them.\n\n</details>\n\nNext.\n";
        assert_eq!(joined.as_deref(), Some(expected));
        for text in ["\n## Heading\n", "- item\n", "* item\n", "1. item\n", "<div>\n", "| a | b |\n"] {
            assert_eq!(explained(&page, text), None, "{text:?}");
        }
        assert_eq!(explained("Before.\n", "Next.\n"), None);
    }
}

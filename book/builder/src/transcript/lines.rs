//! Comparing output with what the page says of it.

use similar::{Algorithm, ChangeTag, utils::diff_slices};

/// A line that stands for any number of lines.
pub(super) const ANY_LINES: &str = "…";

/// A part of a line of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// The same on every machine.
    Same(&'a str),
    /// `‹…›`: differs from machine to machine, or from run to run.
    Varies(&'a str),
}

/// A line of the page, taken apart at its `‹…›`.
pub(super) fn parts(line: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some((before, varying, behind)) = varying(rest) {
        parts.extend([Part::Same(before), Part::Varies(varying)]);
        rest = behind;
    }
    parts.push(Part::Same(rest));
    parts
}

fn varying(text: &str) -> Option<(&str, &str, &str)> {
    let (before, from) = text.split_once('‹')?;
    let (varying, behind) = from.split_once('›')?;
    Some((before, varying, behind))
}

/// How far output agrees with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    /// How many of the first lines are, at least, all that the page says.
    pub(super) shortest: Option<usize>,
    /// All of the output is all that the page says.
    pub(super) whole: bool,
    /// It agrees so far: with more output, or with none, it may be whole.
    pub(super) is_possible: bool,
}

/// Compares the lines so far with the page's.
pub(super) fn compare(expected: &[String], lines: &[String]) -> Agreement {
    // The page's lines as states of an automaton: which of them could be the next.
    let mut states = with_skipped(vec![0], expected);
    let mut shortest = states.contains(&expected.len()).then_some(0);
    for (index, line) in lines.iter().enumerate() {
        let next = states.iter().filter_map(|&state| match expected.get(state)?.as_str() {
            ANY_LINES => Some(state),
            pattern => agrees(&parts(pattern), line).then_some(state + 1),
        });
        states = with_skipped(next.collect(), expected);
        if states.contains(&expected.len()) {
            shortest = shortest.or(Some(index + 1));
        }
    }
    let whole = states.contains(&expected.len());
    Agreement { shortest, whole, is_possible: !states.is_empty() }
}

/// The states, and those reached by taking `…` for no line.
fn with_skipped(mut states: Vec<usize>, expected: &[String]) -> Vec<usize> {
    let mut index = 0;
    while let Some(&state) = states.get(index) {
        if expected.get(state).is_some_and(|line| line == ANY_LINES) && !states.contains(&(state + 1)) {
            states.push(state + 1);
        }
        index += 1;
    }
    states
}

fn agrees(parts: &[Part<'_>], line: &str) -> bool {
    match parts {
        [] => line.trim_end().is_empty(),
        [Part::Same(text)] => text.trim_end() == line.trim_end(),
        [Part::Same(text), rest @ ..] => line.strip_prefix(text).is_some_and(|line| agrees(rest, line)),
        [Part::Varies(_), rest @ ..] => {
            let mut ends = line.char_indices().map(|(end, _)| end).chain([line.len()]);
            ends.any(|end| agrees(rest, &line[end..]))
        }
    }
}

/// What the page says (`-`) and what came (`+`), a line each; agreeing lines are shown as they came.
pub(super) fn difference(expected: &[String], lines: &[String]) -> String {
    // A line that agrees with one of the page's takes its place, so that only the others differ.
    let stand_in = |line: &String| {
        let page = expected.iter().find(|page| *page != ANY_LINES && agrees(&parts(page), line));
        page.unwrap_or(line).clone()
    };
    let came: Vec<String> = lines.iter().map(stand_in).collect();
    let mut text = String::new();
    for (tag, lines) in diff_slices(Algorithm::Patience, expected, &came) {
        let sign = match tag {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        for line in lines {
            text.push_str(&format!("\n{sign} {line}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn whole(expected: &str, came: &str) -> bool {
        compare(&lines(expected), &lines(came)).whole
    }

    #[test]
    fn marked_text_may_be_any_text_of_its_line() {
        assert!(whole("cut ‹118› bytes of ‹x›", "cut 7 bytes of a file"));
        assert!(whole("‹118›", "\n"));
        assert!(!whole("cut ‹118› bytes", "cut 7 keys"));
        assert!(!whole("cut ‹118› bytes", "cut 7 bytes at once"));
    }

    #[test]
    fn a_lone_ellipsis_may_be_any_number_of_lines() {
        assert!(whole("a\n…\nd", "a\nb\nc\nd"));
        assert!(whole("a\n…\nd", "a\nd\nd"));
        assert!(whole("…", ""));
        assert!(!whole("a\n…\nd", "a\nd\ne"));
    }

    #[test]
    fn output_that_cannot_agree_any_more_is_known_at_once() {
        let told = |came: &str| compare(&lines("a\nb"), &lines(came));
        assert_eq!(told("a"), Agreement { shortest: None, whole: false, is_possible: true });
        assert_eq!(told("a\nb\nc"), Agreement { shortest: Some(2), whole: false, is_possible: false });
        assert_eq!(told("b"), Agreement { shortest: None, whole: false, is_possible: false });
    }

    #[test]
    fn a_difference_shows_only_lines_that_differ_as_such() {
        assert_eq!(
            difference(&lines("pid ‹7›\nred\nend"), &lines("pid 9\nblue\nend")),
            "\n  pid ‹7›\n- red\n+ blue\n  end"
        );
    }
}

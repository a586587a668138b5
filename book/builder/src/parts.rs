//! Long items in consecutive parts, and what of an item is shown.

use std::ops::Range;

use heapwood_course::source::{Item, SourceFile};

/// The most lines of code of one listing.
pub const MAX_LISTING_LINES: usize = 25;

/// What one level of nesting costs a place to cut at, in lines away from the even division.
const DEPTH_COST: usize = 3;

/// Whether a line counts as code: it is neither blank nor a comment.
pub fn is_code(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with("//")
}

/// How many lines of code there are in a stretch of a file.
pub fn code_lines(file: &SourceFile, lines: Range<usize>) -> usize {
    file.lines[lines].iter().filter(|line| is_code(line)).count()
}

/// Divides an item into `parts` of about the same number of lines of code, cutting between statements.
///
/// # Errors
/// It cannot be cut so often.
pub fn divide(file: &SourceFile, item: &Item, parts: usize) -> Result<Vec<Range<usize>>, String> {
    let total = code_lines(file, item.lines.clone());
    let (mut divided, mut start) = (Vec::new(), item.lines.start);
    for part in 1..parts {
        let wanted = total * part / parts;
        let cost = |seam: &&(usize, usize)| {
            let before = code_lines(file, item.lines.start..seam.0);
            before.abs_diff(wanted) + DEPTH_COST * seam.1
        };
        let later = item.seams.iter().filter(|seam| code_lines(file, start..seam.0) > 0);
        let (cut, _) = later
            .min_by_key(cost)
            .ok_or_else(|| format!("{} cannot be cut into {parts} parts", item.name))?;
        divided.push(start..*cut);
        start = *cut;
    }
    divided.push(start..item.lines.end);
    Ok(divided)
}

/// The lines of a listing: without the examples in its documentation, which are tests, and moved to the left.
pub fn shown(file: &SourceFile, lines: Range<usize>) -> Vec<&str> {
    let mut in_example = false;
    let kept: Vec<&str> = file.lines[lines]
        .iter()
        .map(String::as_str)
        .filter(|line| {
            let comment = line.trim_start().strip_prefix("///").map(str::trim);
            let fence = comment.and_then(|text| text.strip_prefix("```"));
            let was_in_example = in_example;
            match fence {
                Some("text") => {}
                // The end of a drawing looks like the beginning of an example: only what was begun as one ends.
                Some("") if !in_example && is_open_drawing(file, line) => {}
                Some(_) => in_example = !in_example,
                None => {}
            }
            !(in_example || was_in_example)
        })
        .collect();
    let indent =
        kept.iter().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len());
    let indent = indent.min().unwrap_or(0);
    let mut shown: Vec<&str> = kept.iter().map(|line| line.get(indent..).unwrap_or_default()).collect();
    while let Some(position) = empty_comment(&shown) {
        shown.remove(position);
    }
    while shown.last().is_some_and(|line| line.trim().is_empty()) {
        shown.pop();
    }
    shown
}

/// Whether the fence at `line` closes a drawing.
fn is_open_drawing(file: &SourceFile, line: &str) -> bool {
    let at = file.lines.iter().position(|other| std::ptr::eq(other.as_str(), line)).unwrap_or(0);
    let fences = file.lines[..at].iter().rev().map(|line| line.trim_start());
    let mut fences =
        fences.take_while(|line| line.starts_with("///")).map(|line| line.trim_start_matches('/').trim());
    fences.find(|text| text.starts_with("```")) == Some("```text")
}

/// An empty documentation line that stands at the end of its comment.
fn empty_comment(lines: &[&str]) -> Option<usize> {
    let is_empty = |line: &str| line.trim() == "///";
    let is_comment = |line: &&&str| line.trim_start().starts_with("///");
    (0..lines.len())
        .find(|&index| is_empty(lines[index]) && lines.get(index + 1).filter(is_comment).is_none())
}

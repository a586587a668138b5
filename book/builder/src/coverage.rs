//! Whether the book shows all of the stages, and no page too much at once.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use crate::assemble::{How, Ledger};
use crate::library::{Library, Stage};
use crate::page::{Kind, Page, number_of};
use crate::parts::code_lines;

/// The most words of a page.
const MAX_PAGE_WORDS: usize = 2_500;
/// The most lines of code that a page shows for the first time.
const MAX_PAGE_LINES: usize = 150;
/// The fewest words of prose for a line of code, on a page.
const MIN_WORDS_PER_LINE: usize = 8;
/// The pages of a chapter, its shelf left out.
const CHAPTER_PAGES: std::ops::RangeInclusive<usize> = 2..=5;

/// How much of a stage is shown, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Lines of code of the library's items.
    pub lines: usize,
    /// Those in listings with prose.
    pub walked: usize,
    /// Those on a shelf.
    pub shelved: usize,
    /// Words of prose on the pages of its chapter, the shelf left out.
    pub words: usize,
    /// What is in neither, as directives ready to be pasted, and glue that is not shown.
    pub missing: Vec<String>,
}

/// The figures of a stage.
pub fn of_stage(library: &Library, ledger: &Ledger, stage: &Stage) -> Figures {
    let shown: BTreeMap<(&str, &str), How> = ledger
        .showings
        .iter()
        .rev()
        .map(|showing| ((showing.excerpt.path.as_str(), showing.excerpt.name.as_str()), showing.how))
        .collect();
    let walked: HashSet<(&str, &str)> =
        shown.iter().filter(|(_, how)| **how == How::Walked).map(|(item, _)| *item).collect();
    let mut figures = Figures::default();
    let chapter =
        ledger.pages.iter().filter(|page| number_of(page.chapter()) == stage.number && !page.is_shelf());
    figures.words = chapter.map(Page::words).sum();
    for path in &stage.library {
        let Some(file) = library.known(path) else { continue };
        let mut missing = Vec::new();
        for item in file.items.iter().filter(|item| !item.is_part_of_trait) {
            let lines = code_lines(file, item.lines.clone());
            figures.lines += lines;
            let key = (path.as_str(), item.name.as_str());
            if walked.contains(&key) {
                figures.walked += lines;
            } else if shown.contains_key(&key) {
                figures.shelved += lines;
            } else {
                missing.push(item.name.as_str());
            }
        }
        if !missing.is_empty() {
            let short = path.strip_prefix("stages/").unwrap_or(path);
            figures.missing.push(format!("{{{{shelf {short} {}}}}}", missing.join(" ")));
        }
    }
    for path in &stage.glue {
        let is_shown = |name: &str| shown.contains_key(&(path.as_str(), name));
        let all = library
            .known(path)
            .is_some_and(|file| file.items.iter().all(|item| item.is_part_of_trait || is_shown(&item.name)));
        if !all && !ledger.glue.iter().any(|(shown, _)| shown == path) {
            figures.missing.push(format!("{{{{glue {}}}}}", path.strip_prefix("stages/").unwrap_or(path)));
        }
    }
    figures
}

/// A table of all stages.
pub fn table(figures: &[(u32, Figures)]) -> String {
    let mut table = String::from("stage   lines  walked  shelved    words  words per walked line\n");
    for (number, it) in figures {
        let per_line = it.words as f64 / it.walked.max(1) as f64;
        let _ = writeln!(
            table,
            "{number:5} {:7} {:7} {:8} {:8} {per_line:10.1}",
            it.lines, it.walked, it.shelved, it.words
        );
    }
    table
}

/// What is wrong with the pages of a chapter, and a line of figures for each.
pub fn of_pages(ledger: &Ledger, is_wanted: &dyn Fn(&Page) -> bool) -> (String, Vec<String>) {
    let (mut figures, mut wrong) = (String::new(), Vec::new());
    let mut seen = HashSet::new();
    for page in &ledger.pages {
        let mut lines = 0;
        for showing in ledger.showings.iter().filter(|showing| showing.page == page.path) {
            let it = &showing.excerpt;
            if showing.how == How::Walked && seen.insert((&it.path, &it.name, it.part)) {
                lines += it.lines;
            }
        }
        if number_of(page.chapter()) == 0 || page.is_shelf() || !is_wanted(page) {
            continue;
        }
        let words = page.words();
        let _ = writeln!(figures, "{:44} {words:5} words {lines:4} lines", page.path);
        let mut refuse = |what: String| wrong.push(format!("book/src/{}: {what}", page.path));
        if words > MAX_PAGE_WORDS {
            refuse(format!("{words} words; at most {MAX_PAGE_WORDS}"));
        }
        if lines > MAX_PAGE_LINES {
            refuse(format!("{lines} new lines of code; at most {MAX_PAGE_LINES}"));
        }
        if words < lines * MIN_WORDS_PER_LINE {
            refuse(format!("{words} words for {lines} lines; at least {MIN_WORDS_PER_LINE} words a line"));
        }
        let runs = |kind: &Kind| matches!(kind, Kind::Console(_));
        if page.path.ends_with("/index.md") && !page.pieces.iter().any(|piece| runs(&piece.kind)) {
            refuse("the first page of a chapter has something to run".into());
        }
    }
    wrong.extend(parts_that_do_not_follow(ledger, is_wanted));
    wrong.extend(chapter_sizes(ledger, is_wanted));
    (figures, wrong)
}

/// Parts of an item are shown from the first to the last, on one page.
fn parts_that_do_not_follow(ledger: &Ledger, is_wanted: &dyn Fn(&Page) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for page in ledger.pages.iter().filter(|page| is_wanted(page)) {
        let mut parts: BTreeMap<(&str, &str), Vec<(usize, usize)>> = BTreeMap::new();
        for showing in ledger.showings.iter().filter(|showing| showing.page == page.path) {
            if let Some(part) = showing.excerpt.part {
                let item = (showing.excerpt.path.as_str(), showing.excerpt.name.as_str());
                parts.entry(item).or_default().push(part);
            }
        }
        for ((_, name), shown) in parts {
            let of = shown[0].1;
            if shown != (1..=of).map(|part| (part, of)).collect::<Vec<_>>() {
                wrong.push(format!(
                    "book/src/{}: the parts of {name} are not shown from 1/{of} to {of}/{of}",
                    page.path
                ));
            }
        }
    }
    wrong
}

fn chapter_sizes(ledger: &Ledger, is_wanted: &dyn Fn(&Page) -> bool) -> Vec<String> {
    let mut pages: BTreeMap<&str, usize> = BTreeMap::new();
    let counted = ledger
        .pages
        .iter()
        .filter(|page| number_of(page.chapter()) > 0 && !page.is_shelf() && is_wanted(page));
    counted.for_each(|page| *pages.entry(page.chapter()).or_default() += 1);
    let strays = pages.into_iter().filter(|(_, count)| !CHAPTER_PAGES.contains(count));
    strays
        .map(|(chapter, count)| format!("book/src/{chapter}: {count} pages; a chapter has 2 to 5"))
        .collect()
}

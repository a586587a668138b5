//! Mutants: small mistakes that the text speaks of, made on a copy of the repository to see the tests find them.
//!
//! ````text
//! ```mutant 02-treap/src/treap.rs Treap::rise
//! -            if self.arena[parent].priority >= self.arena[node].priority {
//! +            if self.arena[parent].priority <= self.arena[node].priority {
//! test cargo test -q -p heapwood-treap --test model
//! fails T2: priority
//! ```
//! ````
//!
//! The `-` lines stand together, exactly once, in the item; `+`
//! lines come in their place. The command must then fail, by a failed test, and print the text after `fails`.

mod copy;
mod html;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::page::repository_path;
use heapwood_course::process::{Output, Process};
pub use html::render;

/// How long a test may take with a mutant, with the build of what changed.
const TEST_LIMIT: Duration = Duration::from_secs(180);

/// How long it may take without one: the first time, everything is built.
const FIRST_LIMIT: Duration = Duration::from_secs(1800);

/// How many lines of an output a message quotes.
const QUOTED_LINES: usize = 12;

/// A mistake, and what finds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutant {
    /// The page's path in the book's `src`.
    pub page: String,
    /// The line of the page on which the block opens, from 1.
    pub line: usize,
    /// The file that is changed, from the repository's root.
    pub path: String,
    /// The item that is changed.
    pub item: String,
    /// The lines that go.
    pub old: Vec<String>,
    /// The lines that come.
    pub new: Vec<String>,
    /// The command that finds it.
    pub test: String,
    /// What the command then says.
    pub fails: String,
}

/// Where an item stands in a file: its lines, from 0, given the file's path as in [`Mutant::path`] and the item's name.
pub type SpanOf<'a> = dyn Fn(&str, &str) -> Result<Range<usize>, String> + 'a;

/// Takes apart a block, given its page and the line on which it opens, what its info string says behind the kind, and
/// its lines.
///
/// # Errors
/// It is not of the form above.
pub fn parse(page: &str, line: usize, place: &str, body: &str) -> Result<Mutant, String> {
    let Some((path, item)) = place.trim().split_once(' ') else {
        return Err("a mutant names a file and an item: ```mutant PATH ITEM".into());
    };
    let (path, item) = (repository_path(path), item.trim().to_owned());
    let mut mutant = Mutant { page: page.to_owned(), line, path, item, ..Mutant::default() };
    for line in body.lines() {
        if let Some(old) = line.strip_prefix('-') {
            mutant.old.push(old.to_owned());
        } else if let Some(new) = line.strip_prefix('+') {
            mutant.new.push(new.to_owned());
        } else if let Some(test) = line.strip_prefix("test ") {
            test.trim().clone_into(&mut mutant.test);
        } else if let Some(fails) = line.strip_prefix("fails ") {
            fails.trim().clone_into(&mut mutant.fails);
        } else if !line.trim().is_empty() {
            return Err(format!("{line:?} begins with none of -, +, test and fails"));
        }
    }
    if mutant.old.is_empty() || mutant.test.is_empty() || mutant.fails.is_empty() {
        return Err("a mutant has lines that begin with -, one with test and one with fails".into());
    }
    Ok(mutant)
}

/// Runs mutants on a copy of the repository in `workshop`, which is kept, so that later runs build little. Gives for each
/// mutant why it is not found as its page says: where, what, and what to do.
pub fn run(
    mutants: &[Mutant],
    repository: &Path,
    workshop: &Path,
    span_of: &SpanOf<'_>,
) -> Vec<Result<(), String>> {
    if mutants.is_empty() {
        return Vec::new();
    }
    let workshop = match Workshop::open(repository, workshop) {
        Ok(workshop) => workshop,
        Err(error) => {
            let reason = format!("the repository cannot be copied to {}: {error}", workshop.display());
            return mutants.iter().map(|mutant| Err(told(mutant, &reason))).collect();
        }
    };
    let mut tests: Vec<(&str, Result<(), String>)> = Vec::new();
    for mutant in mutants {
        if !tests.iter().any(|(test, _)| *test == mutant.test) {
            tests.push((&mutant.test, workshop.passes(&mutant.test)));
        }
    }
    let run = |mutant: &Mutant| {
        let passes =
            tests.iter().find(|(test, _)| *test == mutant.test).map_or(Ok(()), |(_, passes)| passes.clone());
        passes.and_then(|()| workshop.finds(mutant, span_of)).map_err(|reason| told(mutant, &reason))
    };
    mutants.iter().map(run).collect()
}

fn told(mutant: &Mutant, reason: &str) -> String {
    let Mutant { page, line, path, item, .. } = mutant;
    format!("book/src/{page}:{line}: the mutant of {item} in {path}: {reason}")
}

/// A copy of the repository, and what is built from it.
struct Workshop {
    copy: PathBuf,
    target: PathBuf,
}

/// How a test ended.
struct Verdict {
    passed: bool,
    said: String,
}

impl Workshop {
    fn open(repository: &Path, workshop: &Path) -> std::io::Result<Self> {
        let workshop = std::path::absolute(workshop)?;
        let (copy, target) = (workshop.join("copy"), workshop.join("target"));
        copy::bring_up_to_date(repository, &copy)?;
        Ok(Self { copy, target })
    }

    /// Whether the test passes without a mutant; one that fails anyway finds nothing.
    fn passes(&self, test: &str) -> Result<(), String> {
        let verdict = self.test(test, FIRST_LIMIT)?;
        match verdict.passed {
            true => Ok(()),
            false => {
                Err(format!("`{test}` fails without it; mend that first:\n{}", last_lines(&verdict.said)))
            }
        }
    }

    /// Makes the mistake, tests, and takes it back.
    fn finds(&self, mutant: &Mutant, span_of: &SpanOf<'_>) -> Result<(), String> {
        let file = self.copy.join(&mutant.path);
        let source = fs::read_to_string(&file).map_err(|error| format!("it cannot be read: {error}"))?;
        let span = span_of(&mutant.path, &mutant.item)?;
        let mutated = with_mistake(&source, span, mutant)?;
        let write =
            |text: &str| fs::write(&file, text).map_err(|error| format!("it cannot be written: {error}"));
        write(&mutated)?;
        let verdict = self.test(&mutant.test, TEST_LIMIT);
        write(&source)?;
        judge(mutant, &verdict?)
    }

    /// Runs a command by its words, in the copy.
    fn test(&self, test: &str, limit: Duration) -> Result<Verdict, String> {
        let mut words = test.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(&self.copy);
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_TERM_COLOR", "never");
        // What failed stands at the end of the output, to be quoted, and not above a list of calls.
        command.env("RUST_BACKTRACE", "0");
        let mut process =
            Process::start(command).map_err(|error| format!("`{test}` cannot be started: {error}"))?;
        process.close_input();
        let deadline = Instant::now() + limit;
        let mut said = Vec::new();
        loop {
            match process.read(deadline) {
                Output::Bytes(bytes) => said.extend(bytes),
                Output::End => break,
                Output::Late => {
                    let limit = limit.as_secs();
                    return Err(format!("`{test}` runs longer than {limit} s; choose a mistake that ends"));
                }
            }
        }
        let status = process.end().map_err(|error| error.to_string())?;
        Ok(Verdict { passed: status.success(), said: String::from_utf8_lossy(&said).into_owned() })
    }
}

/// The source with the mistake in it. Lines are compared without their indentation, which the page need not keep.
fn with_mistake(source: &str, span: Range<usize>, mutant: &Mutant) -> Result<String, String> {
    let lines: Vec<&str> = source.lines().collect();
    let item = lines.get(span.clone()).ok_or("the item ends behind the file's end")?;
    let is_old =
        |window: &[&str]| window.iter().zip(&mutant.old).all(|(line, old)| line.trim() == old.trim());
    let places: Vec<usize> = item
        .windows(mutant.old.len().max(1))
        .enumerate()
        .filter(|(_, w)| is_old(w))
        .map(|(at, _)| span.start + at)
        .collect();
    let [place] = places[..] else {
        return Err(format!(
            "its - lines stand {} times in the item, not once; copy them from the file, with a line more to tell them apart",
            places.len()
        ));
    };
    let new = mutant.new.iter().map(String::as_str);
    let behind = lines[place + mutant.old.len()..].iter().copied();
    let mutated: Vec<&str> = lines[..place].iter().copied().chain(new).chain(behind).collect();
    Ok(mutated.join("\n") + "\n")
}

/// Whether a test found the mistake, by what the page says.
fn judge(mutant: &Mutant, verdict: &Verdict) -> Result<(), String> {
    let Mutant { test, fails, .. } = mutant;
    let said = &verdict.said;
    let quoted = last_lines(said);
    if verdict.passed {
        Err(format!("`{test}` passes all the same; choose a test that finds it, or another mistake"))
    } else if said.contains("error: could not compile") {
        Err(format!("it does not compile, so no test found it; change its + lines:\n{quoted}"))
    } else if !said.contains("test result: FAILED") && !said.contains("panicked at") {
        Err(format!("`{test}` fails, but by no failed test; check the command:\n{quoted}"))
    } else if !said.contains(fails) {
        Err(format!(
            "`{test}` fails without saying {fails:?}; take the text after `fails` from what it says:\n{quoted}"
        ))
    } else {
        Ok(())
    }
}

/// The end of an output, and in front of it the lines that say where a test panicked.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let (earlier, last) = lines.split_at(lines.len().saturating_sub(QUOTED_LINES));
    let is_panic = |index: &usize| *index > 0 && earlier[index - 1].contains("panicked at");
    let panics = (0..earlier.len()).filter(is_panic).map(|index| earlier[index]).take(QUOTED_LINES);
    panics.chain(last.iter().copied()).map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

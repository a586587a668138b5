//! `cargo learn NAME`: the cases of one exercise on the learner's code, and what they say.

use std::fs;

use heapwood_course::invariants::{self, Invariant};
use heapwood_course::{Course, Exercise, Kill, Kind, Variant, VariantKind};

use crate::failure::{End, Ended};
use crate::harness::{self, Built};
use crate::mine;
use crate::paper::{bold, cut, difference, faint, green, margin, prose, red};
use crate::places::Places;
use crate::progress;
use crate::runner::{self, Run, Verdict};
use crate::say;
use crate::state::{self, Checked, Progress, Results};

/// What came of an exercise.
pub enum Checkup {
    /// It does not compile: cargo's own words.
    NotCompiled(String),
    /// What came of each case.
    Ran(Vec<Run>),
}

/// Builds an exercise, runs its cases, and remembers what came of them.
///
/// # Errors
/// The learner has no such file, or cargo cannot be run.
pub fn check(places: &Places, exercise: &Exercise) -> Result<Checkup, String> {
    mine::require_file(places, exercise)?;
    let key = state::key(places, exercise);
    let built =
        progress::during(&format!("building {}", exercise.name), || harness::build(places, exercise))?;
    let (checkup, passed) = match built {
        Built::Errors(errors) => (Checkup::NotCompiled(errors), Vec::new()),
        Built::Binary(exe) => {
            let names: Vec<String> = exercise.cases.iter().map(|case| case.name.clone()).collect();
            let runs = progress::during("running the cases", || runner::run(&exe, &names))?;
            let passed = names
                .into_iter()
                .zip(&runs)
                .filter(|(_, run)| run.verdict.is_green())
                .map(|(name, _)| name)
                .collect();
            (Checkup::Ran(runs), passed)
        }
    };
    let mut results = Results::read(places);
    results.0.insert(exercise.place(), Checked { key, passed });
    results.save(places)?;
    Ok(checkup)
}

/// Checks an exercise and shows what came of it.
///
/// # Errors
/// As [`check`].
pub fn show(places: &Places, course: &Course, exercise: &Exercise) -> Ended {
    let checkup = check(places, exercise)?;
    say!("{}", heading(exercise));
    match checkup {
        Checkup::NotCompiled(errors) => {
            eprint!("{errors}");
            say!("\n{} It does not compile yet; cargo's own messages are above.", red("✘"));
            say!("{}", margin("file", &places.shown(&places.file(exercise))));
            Ok(End::Red)
        }
        Checkup::Ran(runs) => {
            list(exercise, &runs);
            match runs.iter().position(|run| !run.verdict.is_green()) {
                None => {
                    praise(places, course, exercise);
                    Ok(End::Green)
                }
                Some(first) => {
                    explain(places, exercise, &runs, first);
                    Ok(End::Red)
                }
            }
        }
    }
}

/// The line that names an exercise.
pub fn heading(exercise: &Exercise) -> String {
    let manifest = &exercise.manifest;
    let title = format!("{} {}", exercise.label(), exercise.name);
    format!(
        "{}  {}",
        bold(&title),
        faint(&format!("{} · {} minutes", manifest.kind.name(), manifest.minutes))
    )
}

fn list(exercise: &Exercise, runs: &[Run]) {
    for (case, run) in exercise.cases.iter().zip(runs) {
        let mark = match run.verdict {
            Verdict::Passed => green("✔"),
            Verdict::Unwritten { .. } => faint("·"),
            _ => red("✘"),
        };
        say!("  {mark} {}", cut(&case.name.replace('_', " "), crate::paper::WIDTH - 4));
    }
}

fn explain(places: &Places, exercise: &Exercise, runs: &[Run], first: usize) {
    let (case, run) = (&exercise.cases[first], &runs[first]);
    let green_count = runs.iter().filter(|run| run.verdict.is_green()).count();
    let of = format!("{green_count} of {} cases pass.", runs.len());
    say!("\n{} The first that does not:\n", bold(&of));
    say!("{}\n", prose(&case.says, 2));
    let mut looks_like = recognise(exercise, runs);
    match &run.verdict {
        Verdict::Unwritten { line } => {
            say!("{}", margin("met", &format!("the todo!() in line {line}: that is where your code goes")));
            looks_like.clear();
        }
        Verdict::Mismatch { input, expected, got } => {
            say!("{}", margin("given", input));
            compare(expected, got);
        }
        Verdict::Panicked { message, place, .. } => {
            say!("{}", margin("panic", message));
            let place = place.rsplit_once("/mine/").map_or(place.as_str(), |(_, place)| place);
            say!("{}", margin("at", place));
        }
        Verdict::Died(how) | Verdict::Hung(how) => say!("{}", margin("ended", how)),
        Verdict::Passed => {}
    }
    let has_ended = matches!(run.verdict, Verdict::Panicked { .. } | Verdict::Died(_) | Verdict::Hung(_));
    if has_ended && !run.begun.is_empty() {
        say!("{}", margin("given", &format!("{}  (the check that was begun last)", run.begun)));
    }
    if !run.printed.trim().is_empty() && !matches!(run.verdict, Verdict::Died(_)) {
        say!("\n  {}", faint("your code printed:"));
        for line in run.printed.lines().take(20) {
            say!("    {}", cut(line, crate::paper::WIDTH - 4));
        }
    }
    // A check that names one itself knows best.
    let named = match &run.verdict {
        Verdict::Mismatch { got, .. } => invariants::named(got),
        _ => None,
    };
    let guessed = || looks_like.first().and_then(|it| it.invariant.clone());
    let invariant = named.or_else(|| case.invariant.clone()).or_else(guessed);
    if let Some(invariant) = invariant.and_then(|id| definition(places, &id)) {
        say!("\n{}", margin(&invariant.id, &plain(&format!("{}: {}", invariant.name, invariant.says))));
    }
    for variant in looks_like.iter().take(2) {
        say!("\n{}", margin("looks like", &likeness(variant)));
    }
    if !looks_like.is_empty() {
        say!("{}", faint(&margin("", "(the same cases fail on that; yours may have another cause)")));
    }
    let is_about_a_correct_one = case.name.starts_with("accepts_");
    if exercise.manifest.kind == Kind::Test && is_about_a_correct_one {
        say!(
            "\n{}",
            margin("note", "while your test fails on a correct one, it says nothing that it refuses others")
        );
    }
    say!("");
    say!("{}", margin("file", &places.shown(&places.file(exercise))));
    say!("{}", margin("stuck?", &format!("cargo learn hint {}", exercise.name)));
}

/// What was expected and what came, side by side where that is short, and as a difference where it is not.
fn compare(expected: &str, got: &str) {
    const SHORT: usize = 66;
    let is_short = |text: &str| !text.contains('\n') && text.chars().count() <= SHORT;
    if is_short(expected) && is_short(got) {
        say!("{}", margin("expected", &green(expected)));
        say!("{}", margin("got", &red(got)));
    } else if !expected.contains('\n') || !got.contains('\n') {
        say!("{}", margin("expected", expected));
        say!("{}", margin("got", got));
    } else {
        say!("  {}", bold("expected (>), and got (<):"));
        let difference = difference(expected, got);
        for line in difference.lines().skip(1).filter(|line| !line.trim().is_empty()).take(40) {
            say!("    {line}");
        }
    }
}

/// The mistakes on which the same cases fail, and in the same way.
fn recognise(exercise: &Exercise, runs: &[Run]) -> Vec<Variant> {
    let mut ways = runs.iter().filter_map(|run| match run.verdict {
        Verdict::Passed | Verdict::Mismatch { .. } | Verdict::Panicked { is_assertion: true, .. } => None,
        Verdict::Panicked { .. } | Verdict::Died(_) => Some(Some(Kill::Panic)),
        Verdict::Hung(_) => Some(Some(Kill::Hang)),
        Verdict::Unwritten { .. } => Some(None),
    });
    let way = ways.next().unwrap_or(Some(Kill::Assertion));
    let red = exercise.cases.iter().zip(runs).filter(|(_, run)| !run.verdict.is_green());
    let red: Vec<&String> = red.map(|(case, _)| &case.name).collect();
    let is_alike =
        |variant: &Variant| Some(variant.kill) == way && variant.fails.iter().collect::<Vec<_>>() == red;
    exercise.variants().into_iter().filter(is_alike).collect()
}

fn likeness(variant: &Variant) -> String {
    match variant.kind {
        VariantKind::Mutant => variant.says.clone(),
        VariantKind::Weak => format!("a test that leaves something out. {}", variant.says),
        VariantKind::Strict => format!("a test that asks for too much. {}", variant.says),
    }
}

fn definition(places: &Places, id: &str) -> Option<Invariant> {
    invariants::read(&places.root).ok()?.into_iter().find(|invariant| invariant.id == id)
}

/// Documentation without its links.
fn plain(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`")
}

fn praise(places: &Places, course: &Course, exercise: &Exercise) {
    let manifest = &exercise.manifest;
    say!("\n{}\n", bold(&green(&format!("All {} cases pass.", exercise.cases.len()))));
    // A page that asks for something before it shows it goes on behind that.
    let read = match manifest.kind {
        Kind::Before => format!("on, where the book asked for it: {}", page(places, &manifest.page)),
        _ => page(places, &manifest.next),
    };
    say!("{}", margin("read", &read));
    say!("{}", margin("compare", &format!("cargo learn solution {}", exercise.name)));
    if let Some(number) = stage_of(exercise) {
        say!("{}", margin("run it", &format!("cargo learn run {number}: that stage with your code in it")));
    }
    if manifest.measure.is_some() {
        say!("{}", margin("measure", &format!("cargo learn measure {}", exercise.name)));
    }
    match Progress::read(places).next_after(course, exercise) {
        Some(next) => {
            say!("{}", margin("next", &format!("cargo learn {}  ({})", next.name, next.manifest.title)))
        }
        None => {
            say!("{}", margin("next", "nothing: all exercises are green. Where next? book/src/where-next.md"))
        }
    }
}

/// The stage that a *before* exercise belongs to.
pub fn stage_of(exercise: &Exercise) -> Option<u32> {
    let (path, _) = exercise.manifest.write.first().and_then(|written| exercise.replaced(written))?;
    path.get(..2)?.parse().ok()
}

/// A page of the book: its title, and where it is: as `cargo book` built it, or as it was written.
pub fn page(places: &Places, page: &str) -> String {
    let file = page.split('#').next().unwrap_or(page);
    let text = fs::read_to_string(places.root.join("book/src").join(file)).unwrap_or_default();
    let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(file);
    let built = format!("target/book/{}.html", file.trim_end_matches(".md"));
    let place = if places.root.join(&built).is_file() { built } else { format!("book/src/{file}") };
    format!("“{}”, {place}", title.trim())
}

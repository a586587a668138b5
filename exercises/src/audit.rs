//! What holds of every exercise: its solution is green, its starter red in every case, each mistake found by exactly the
//! cases that its manifest says, and each case finds one.

use std::collections::BTreeMap;
use std::path::Path;

use clap::CommandFactory;
use heapwood_course::source::SourceFile;
use heapwood_course::{Course, Exercise, Kill, Kind, Variant, VariantKind, exercise, starter, tokens};

use crate::options::Options;
use crate::runner::{self, Run, Verdict};

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many exercises were looked at.
    pub exercises: usize,
    /// How many variants were run with how many cases in all.
    pub runs: usize,
    /// The matrices, as text.
    pub matrices: String,
    /// What is wrong.
    pub wrong: Vec<String>,
}

/// Audits the exercises that `only` names, or all: `exe` is the binary that holds every variant.
///
/// # Errors
/// The binary cannot be run.
pub fn audit(course: &Course, exe: &Path, only: &[String]) -> Result<Report, String> {
    let chosen: Vec<&Exercise> =
        course.exercises().filter(|it| only.is_empty() || only.contains(&it.name)).collect();
    let mut report = Report { exercises: chosen.len(), ..Report::default() };
    let mut ids = Vec::new();
    for exercise in &chosen {
        report
            .wrong
            .extend(papers(course, exercise).into_iter().map(|what| format!("{}: {what}", exercise.place())));
        let variants = exercise.variants().into_iter().map(|variant| variant.name);
        for variant in ["solution".to_owned(), "starter".to_owned()].into_iter().chain(variants) {
            ids.extend(
                exercise.cases.iter().map(|case| format!("{}/{variant}/{}", exercise.name, case.name)),
            );
        }
    }
    if only.is_empty() {
        report.wrong.extend(whole(course));
    }
    report.runs = ids.len();
    let runs = runner::run(exe, &ids)?;
    let runs: BTreeMap<&str, &Run> = ids.iter().map(String::as_str).zip(&runs).collect();
    for exercise in chosen {
        judge(exercise, &runs, &mut report);
    }
    Ok(report)
}

/// What holds of the course as a whole.
fn whole(course: &Course) -> Vec<String> {
    let mut wrong = Vec::new();
    let all: Vec<&Exercise> = course.exercises().collect();
    let of = |kind| all.iter().filter(|it| it.manifest.kind == kind).count();
    let third = all.len().div_ceil(3);
    let mut require = |holds: bool, what: String| wrong.extend((!holds).then_some(what));
    require(all.len() >= 30, format!("there are {} exercises; at least 30", all.len()));
    require(
        of(Kind::Before) >= third,
        format!("{} exercises are before; at least a third", of(Kind::Before)),
    );
    // What a project asks for is in no stage either.
    let transfers = of(Kind::Transfer) + of(Kind::Project);
    require(transfers >= third, format!("{transfers} are transfer or projects; at least a third"));
    require(of(Kind::Test) >= 4, format!("{} are write the test; at least 4", of(Kind::Test)));
    let measured = all.iter().filter(|it| it.manifest.measure.is_some()).count();
    require((6..=8).contains(&measured), format!("{measured} exercises can be measured; six to eight"));
    for chapter in &course.chapters {
        let count = chapter.exercises.len();
        require(
            chapter.number == 0 || (3..=6).contains(&count),
            format!("{}: {count} exercises; three to six", chapter.folder),
        );
        for (number, exercise) in (1..).zip(&chapter.exercises) {
            require(
                exercise.manifest.number == number,
                format!("{}: its number should be {number}", exercise.place()),
            );
        }
    }
    let commands = Options::command();
    for exercise in &all {
        let is_command = |name: &str| commands.get_subcommands().any(|command| command.get_name() == name);
        require(!is_command(&exercise.name), format!("{}: that is the name of a command", exercise.place()));
    }
    for (at, exercise) in all.iter().enumerate() {
        for other in &all[..at] {
            let (a, b) = (&exercise.name, &other.name);
            require(
                !is_part(a, b) && !is_part(b, a),
                format!("the names {a} and {b}: one is a part of the other"),
            );
        }
    }
    wrong
}

fn is_part(part: &str, of: &str) -> bool {
    of.contains(part)
}

/// What can be read off an exercise's files without running anything.
fn papers(course: &Course, exercise: &Exercise) -> Vec<String> {
    let manifest = &exercise.manifest;
    let mut wrong = Vec::new();
    let mut require = |holds: bool, what: String| wrong.extend((!holds).then_some(what));
    require(
        exercise.hints.len() == exercise::HINTS,
        format!("hints.md has {} levels; three", exercise.hints.len()),
    );
    require(exercise.hints.iter().all(|hint| !hint.is_empty()), "a hint is empty".into());
    require(!exercise.cases.is_empty(), "there are no cases".into());
    require(
        manifest.kind == Kind::Project
            || exercise.chapter_number == 0
            || (10..=60).contains(&manifest.minutes),
        "an exercise takes 10 to 60 minutes".into(),
    );
    for page in [&manifest.page, &manifest.next] {
        let path = course.root.join("book/src").join(page.split('#').next().unwrap_or(page));
        require(path.is_file(), format!("the book has no page {page}"));
    }
    let page = std::fs::read_to_string(course.root.join("book/src").join(&manifest.page)).unwrap_or_default();
    require(
        page.contains(&format!("{{{{exercise {}}}}}", exercise.name)),
        format!("{} does not have {{{{exercise {}}}}}", manifest.page, exercise.name),
    );
    let count = manifest.mutants.len();
    require((2..=6).contains(&count), format!("{count} mutants; two to six"));
    if manifest.kind == Kind::Test {
        require(
            !manifest.weak.is_empty() && !manifest.strict.is_empty(),
            "it needs weak and strict tests".into(),
        );
        let accepted = exercise.cases.iter().filter(|case| case.name.starts_with("accepts_")).count();
        require(accepted >= 2, "at least two correct implementations must pass".into());
        for (mutant, it) in &manifest.mutants {
            require(
                exercise.cases.iter().any(|case| case.name == format!("refuses_{mutant}")),
                format!("no case refuses_{mutant}"),
            );
            let file = exercise.folder.join("mutants").join(format!("{mutant}.rs"));
            require(file.is_file(), format!("mutants/{mutant}.rs is missing"));
            let missed = manifest.weak.values().any(|weak| weak.misses.contains(mutant));
            require(missed, format!("no weak test misses {mutant} ({})", it.says));
        }
    }
    let lib = exercise.solution().unwrap_or_default();
    require(lib.starts_with("//! "), "solution.rs does not begin with the task, as //! lines".into());
    require(
        !lib.contains("crate::"),
        "solution.rs says crate::, and is a module here and a crate there".into(),
    );
    require(
        std::fs::read_dir(&exercise.folder).is_ok_and(|mut entries| {
            entries.all(|entry| {
                entry.is_ok_and(|it| {
                    [
                        "solution.rs",
                        "cases.rs",
                        "hints.md",
                        "exercise.toml",
                        "mutants",
                        "weak",
                        "strict",
                        "correct",
                        "workload.rs",
                    ]
                    .iter()
                    .any(|known| it.file_name() == **known)
                })
            })
        }),
        "a file in its folder is none of an exercise's".into(),
    );
    if let Err(error) = starter_is_clean(exercise) {
        wrong.push(error);
    }
    if let Err(error) = same_as_the_stage(course, exercise) {
        wrong.push(error);
    }
    wrong
}

/// No body of a written function may stand in the starter.
fn starter_is_clean(exercise: &Exercise) -> Result<(), String> {
    let solution = exercise.solution()?;
    let given = tokens::of(&exercise.starter()?)?;
    for name in &exercise.manifest.write {
        let body = tokens::of(&solution[starter::place(&solution, name)?.body])?;
        // Without its braces.
        if tokens::contain(&given, &body[1..body.len() - 1]) {
            return Err(format!("the starter contains the body of {name}"));
        }
    }
    Ok(())
}

/// What a *before* exercise has the learner write is what the stage has, token by token.
fn same_as_the_stage(course: &Course, exercise: &Exercise) -> Result<(), String> {
    let manifest = &exercise.manifest;
    if manifest.kind != Kind::Before {
        return match manifest.replaces.is_empty() {
            true => Ok(()),
            false => Err("only before exercises replace a stage's items".into()),
        };
    }
    let solution = SourceFile::parse("solution.rs", &exercise.solution()?)?;
    for name in &manifest.write {
        let replaced = exercise.replaced(name);
        let (path, item) = replaced.ok_or_else(|| format!("replaces does not say which item {name} is"))?;
        let stage = SourceFile::read(&course.root, &format!("stages/{path}"))?;
        let text = |file: &SourceFile, item: &str| -> Result<Vec<String>, String> {
            tokens::of(&file.lines[file.item(item)?.lines.clone()].join("\n"))
        };
        let (own, theirs) = (text(&solution, name)?, text(&stage, &item)?);
        if tokens::from_fn(&own) != tokens::from_fn(&theirs) {
            return Err(format!("{name} is not what {path} has as {item}"));
        }
    }
    Ok(())
}

/// Compares what came of an exercise's variants with what should.
fn judge(exercise: &Exercise, runs: &BTreeMap<&str, &Run>, report: &mut Report) {
    let verdict =
        |variant: &str, case: &str| &runs[format!("{}/{variant}/{case}", exercise.name).as_str()].verdict;
    let mut wrong = Vec::new();
    for case in &exercise.cases {
        match verdict("solution", &case.name) {
            Verdict::Passed => {}
            other => wrong.push(format!("the solution fails {}: {other:?}", case.name)),
        }
        if !matches!(verdict("starter", &case.name), Verdict::Unwritten { .. }) {
            wrong.push(format!(
                "the starter does not meet its todo!() in {}: {:?}",
                case.name,
                verdict("starter", &case.name)
            ));
        }
    }
    let variants = exercise.variants();
    for variant in &variants {
        wrong.extend(judge_variant(exercise, variant, &|case| verdict(&variant.name, case)));
    }
    let is_killer = |case: &str| variants.iter().any(|it| it.fails.iter().any(|name| name == case));
    for case in exercise.cases.iter().filter(|case| !is_killer(&case.name)) {
        wrong.push(format!("the case {} finds none of the mistakes", case.name));
    }
    report.matrices.push_str(&matrix(exercise, &variants, &verdict));
    report.wrong.extend(wrong.into_iter().map(|what| format!("{}: {what}", exercise.place())));
}

fn judge_variant<'a>(
    exercise: &Exercise,
    variant: &Variant,
    verdict: &dyn Fn(&str) -> &'a Verdict,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = &variant.name;
    if variant.fails.is_empty() {
        wrong.push(format!("{name}: exercise.toml does not say which cases fail on it"));
    }
    let mut saw_declared = false;
    for case in &exercise.cases {
        let verdict = verdict(&case.name);
        let should_fail = variant.fails.contains(&case.name);
        if verdict.is_green() == should_fail {
            let word = if should_fail { "passes" } else { "fails" };
            wrong.push(format!("{name}: {word} {}: {verdict:?}", case.name));
            continue;
        }
        let is_fair = match verdict {
            Verdict::Passed | Verdict::Mismatch { .. } => true,
            Verdict::Panicked { is_assertion: true, .. } => true,
            Verdict::Panicked { .. } | Verdict::Died(_) => variant.kill == Kill::Panic,
            Verdict::Hung(_) => variant.kill == Kill::Hang,
            Verdict::Unwritten { .. } => false,
        };
        saw_declared |= is_fair && !matches!(verdict, Verdict::Passed | Verdict::Mismatch { .. });
        if !is_fair {
            wrong.push(format!(
                "{name}: {} ends by no assertion, and kill does not say so: {verdict:?}",
                case.name
            ));
        }
    }
    if variant.kill != Kill::Assertion && !saw_declared {
        wrong.push(format!("{name}: kill says {:?}, and every case ends by an assertion", variant.kill));
    }
    for case in variant.fails.iter().filter(|name| !exercise.cases.iter().any(|case| case.name == **name)) {
        wrong.push(format!("{name}: there is no case {case}"));
    }
    let fails_all =
        exercise.cases.len() > 1 && exercise.cases.iter().all(|case| variant.fails.contains(&case.name));
    if fails_all && variant.every.is_none() && variant.kind == VariantKind::Mutant {
        wrong.push(format!("{name}: it fails every case, and `every` gives no reason"));
    }
    wrong
}

fn matrix<'a>(
    exercise: &Exercise,
    variants: &[Variant],
    verdict: &dyn Fn(&str, &str) -> &'a Verdict,
) -> String {
    let mut text = format!("{} {}\n", exercise.label(), exercise.name);
    for (index, case) in exercise.cases.iter().enumerate() {
        text.push_str(&format!("  {} {}\n", letter(index), case.name));
    }
    let names = ["solution", "starter"].into_iter().chain(variants.iter().map(|it| it.name.as_str()));
    for name in names {
        let row: String = exercise
            .cases
            .iter()
            .enumerate()
            .map(|(index, case)| match verdict(name, &case.name) {
                Verdict::Passed => '·',
                Verdict::Unwritten { .. } => '?',
                Verdict::Hung(_) => '∞',
                Verdict::Died(_) | Verdict::Panicked { is_assertion: false, .. } => '!',
                _ => letter(index),
            })
            .collect();
        text.push_str(&format!("    {row}  {name}\n"));
    }
    text.push('\n');
    text
}

fn letter(index: usize) -> char {
    char::from(b'a' + (index % 26) as u8)
}

//! `run K`: stage K with the learner's functions in the place of the reference's, built in a copy of the stages below `target/`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use heapwood_course::source::SourceFile;
use heapwood_course::{Course, Exercise, Kind, STAGES, starter, tokens, variants};

use crate::check::{self, stage_of};
use crate::failure::{End, Ended, Failure, at};
use crate::harness::{Built, cargo_build, copy_lock, write_if_changed};
use crate::mine;
use crate::paper::{bold, faint, green, margin, red};
use crate::places::Places;
use crate::progress;
use crate::say;
use crate::state::{Progress, Standing};

/// A stage built with what the learner has.
pub struct Yours {
    /// The binary.
    pub exe: PathBuf,
    /// How many functions in it are the learner's.
    pub parts: usize,
}

/// Builds a stage and starts it in the place of this process, or only builds it.
///
/// # Errors
/// There is no such stage, or it does not compile with what the learner wrote.
pub fn run(places: &Places, course: &Course, stage: u32, only_build: bool, arguments: &[String]) -> Ended {
    let Some(Yours { exe, .. }) = build(places, course, stage)? else {
        return Ok(End::Red);
    };
    if only_build {
        say!("{}", margin("built", &places.shown(&exe)));
        return Ok(End::Green);
    }
    say!("{}\n", margin("starts", &format!("{} {}", places.shown(&exe), arguments.join(" "))));
    let error = Command::new(&exe).args(arguments).exec();
    Err(Failure(format!("{} could not be started: {error}", places.shown(&exe))))
}

/// Builds a stage with every solved *before* exercise in it, and says which those are. Nothing where it does not compile: then
/// cargo has said why.
///
/// # Errors
/// There is no such stage; a file cannot be read or written.
pub fn build(places: &Places, course: &Course, stage: u32) -> Result<Option<Yours>, Failure> {
    let (folder, parts) = copy_stages(places, course, stage, true, None)?;
    let name = binary(places, STAGES[stage as usize - 1])?;
    compile(&folder, &name, parts)
}

/// A program beside the copied stages.
pub(crate) struct Program<'a> {
    pub(crate) name: &'a str,
    /// The stage whose crate it uses: `aof`.
    pub(crate) stage: &'a str,
    pub(crate) main: &'a str,
}

/// Builds a program with the stages up to one, with the learner's functions in them or without.
pub(crate) fn build_program(
    places: &Places,
    course: &Course,
    stage: u32,
    with_own: bool,
    program: &Program<'_>,
) -> Result<Option<Yours>, Failure> {
    let (folder, parts) = copy_stages(places, course, stage, with_own, Some(program))?;
    compile(&folder, program.name, parts)
}

fn compile(folder: &Path, name: &str, parts: usize) -> Result<Option<Yours>, Failure> {
    let built = progress::during("building", || cargo_build(&folder.join("target"), folder, name, false))?;
    match built {
        Built::Binary(exe) => Ok(Some(Yours { exe, parts })),
        Built::Errors(errors) => {
            eprint!("{errors}");
            say!(
                "\n{} It does not compile with what you wrote. Each of your functions passes its\ncases, so it uses something that the stage's file does not have; cargo says what.",
                red("✘")
            );
            Ok(None)
        }
    }
}

/// Copies the stages up to one below `target/`, and a program if there is one; says which functions are the learner's.
fn copy_stages(
    places: &Places,
    course: &Course,
    stage: u32,
    with_own: bool,
    program: Option<&Program<'_>>,
) -> Result<(PathBuf, usize), Failure> {
    let stages = (stage as usize).checked_sub(1).and_then(|_| STAGES.get(..stage as usize));
    let stages =
        stages.ok_or_else(|| format!("there is no stage {stage}; there are 1 to {}", STAGES.len()))?;
    let folder = places.build(if with_own { "yours" } else { "reference" });
    let mut parts = Vec::new();
    if with_own {
        mine::require_mine(places)?;
        let (own, others) = solved(places, course, stage)?;
        list(&own, &others);
        parts = own;
    }
    write_copy(places, &folder, stages, &parts, program)?;
    Ok((folder, parts.len()))
}

/// A function of the learner's that takes the place of an item.
struct Part<'a> {
    exercise: &'a Exercise,
    /// Its name in the learner's file.
    written: &'a str,
    /// The stage's file, below `stages/`.
    path: String,
    /// Its name there.
    item: String,
}

/// The *before* exercises up to a stage: the functions of those that are green, and the others.
fn solved<'a>(
    places: &Places,
    course: &'a Course,
    stage: u32,
) -> Result<(Vec<Part<'a>>, Vec<&'a Exercise>), Failure> {
    let is_wanted =
        |it: &&Exercise| it.manifest.kind == Kind::Before && stage_of(it).is_some_and(|of| of <= stage);
    let progress = Progress::read(places);
    for exercise in course.exercises().filter(is_wanted) {
        if progress.of(exercise) == Standing::Edited {
            check::check(places, exercise)?;
        }
    }
    // With what those checks came to.
    let progress = Progress::read(places);
    let (mut parts, mut others) = (Vec::new(), Vec::new());
    for exercise in course.exercises().filter(is_wanted) {
        if progress.of(exercise) != Standing::Green {
            others.push(exercise);
            continue;
        }
        for written in &exercise.manifest.write {
            if let Some((path, item)) = exercise.replaced(written) {
                parts.push(Part { exercise, written, path: path.to_owned(), item });
            }
        }
    }
    Ok((parts, others))
}

fn list(parts: &[Part<'_>], others: &[&Exercise]) {
    say!("{}", bold("Yours in this server:"));
    for part in parts {
        say!("  {} {:<24} {} in {}", green("✔"), part.exercise.name, part.item, part.path);
    }
    if parts.is_empty() {
        say!("  {}", faint("nothing yet: solve an exercise of the kind `before`"));
    }
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|exercise| exercise.name.as_str()).collect();
        say!(
            "{}",
            faint(&crate::paper::prose(
                &format!("The reference's, until yours are green: {}.", names.join(", ")),
                0
            ))
        );
    }
    say!("");
}

/// Writes the stages into `folder`, with the learner's functions in their places. A file that stays the same is not touched.
fn write_copy(
    places: &Places,
    folder: &Path,
    stages: &[&str],
    parts: &[Part<'_>],
    program: Option<&Program<'_>>,
) -> Result<(), Failure> {
    let mut by_file: BTreeMap<PathBuf, Vec<&Part<'_>>> = BTreeMap::new();
    for part in parts {
        by_file.entry(places.root.join("stages").join(&part.path)).or_default().push(part);
    }
    for stage in stages {
        copy(places, &places.root.join("stages").join(stage), &folder.join("stages").join(stage), &by_file)?;
    }
    if let Some(Program { name, stage, main }) = program {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\nheapwood-{stage}.workspace = true\n"
        );
        write_if_changed(&folder.join(name).join("Cargo.toml"), &manifest)?;
        write_if_changed(&folder.join(name).join("src/main.rs"), main)?;
    }
    let members = stages.iter().map(|stage| format!("stages/{stage}"));
    let members = members.chain(program.map(|program| program.name.to_owned())).collect();
    write_if_changed(&folder.join("Cargo.toml"), &workspace(places, members)?)?;
    Ok(copy_lock(places, folder)?)
}

/// Copies what a build needs of a folder.
fn copy(
    places: &Places,
    from: &Path,
    to: &Path,
    parts: &BTreeMap<PathBuf, Vec<&Part<'_>>>,
) -> Result<(), Failure> {
    for entry in fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?.path();
        let name = entry.file_name().unwrap_or_default();
        if entry.is_dir() {
            if !["tests", "target"].iter().any(|skipped| name == *skipped) {
                copy(places, &entry, &to.join(name), parts)?;
            }
            continue;
        }
        let Ok(mut text) = fs::read_to_string(&entry) else { continue };
        let mut met: Vec<&str> = Vec::new();
        for part in parts.get(&entry).into_iter().flatten() {
            text = replace(places, &text, part, !met.contains(&part.exercise.name.as_str()))?;
            met.push(&part.exercise.name);
        }
        if entry.ends_with("src/lib.rs") {
            // So that what the learner imports by the crate's name resolves inside it, too.
            let krate = entry.parent().and_then(Path::parent).and_then(Path::file_name);
            let stage = krate.and_then(|name| name.to_str()).unwrap_or_default();
            text.push_str(&format!("\nextern crate self as heapwood_{};\n", stage[3..].replace('-', "_")));
        }
        write_if_changed(&to.join(name), &text)?;
    }
    Ok(())
}

/// Puts the learner's function in the place of the stage's: their signature and body behind the stage's documentation and
/// visibility. What they added to the file goes along: free items and imports into the body, methods behind the method.
fn replace(places: &Places, stage: &str, part: &Part<'_>, is_first: bool) -> Result<String, Failure> {
    let path = places.file(part.exercise);
    let own = fs::read_to_string(&path).map_err(at(&path))?;
    let (free, methods) = added(&own, &part.exercise.starter()?, part.written, is_first)?;
    let place = starter::place(&own, part.written)?;
    let signature = &own[place.function.start..place.body.start];
    let body = &own[place.body.start + 1..place.body.end];
    let function = format!("{signature}{{\n{free}{body}{methods}");
    let stage_place = starter::place(stage, &part.item)?;
    let mut text = stage.to_owned();
    text.replace_range(stage_place.function, &function);
    Ok(text)
}

/// What a learner added to a file: free items, imports and implementations, and the methods of the type whose method `written`
/// is. Each function gets the free items for itself; only implementations of somebody else's trait for somebody else's type
/// can be there but once, in the function with `is_first`.
fn added(own: &str, starter: &str, written: &str, is_first: bool) -> Result<(String, String), Failure> {
    let (own_file, given) = (SourceFile::parse("lib.rs", own)?, SourceFile::parse("lib.rs", starter)?);
    let given_uses = uses(starter)?;
    let (mut free, mut methods) = (String::new(), String::new());
    for (import, line) in uses(own)? {
        if !given_uses.iter().any(|(known, _)| *known == import) {
            free.push_str(&line);
            free.push('\n');
        }
    }
    let given_implementations = implementations(starter)?;
    let is_new = |name: &str| own_file.item(name).is_ok() && given.item(name).is_err();
    for (header, names, text) in implementations(own)? {
        let is_known = given_implementations.iter().any(|(known, ..)| *known == header);
        let is_own = names.iter().any(|name| is_new(name));
        if !is_known && (is_own || (is_first && header.iter().any(|token| token == "for"))) {
            free.push_str(&text);
            free.push('\n');
        }
    }
    let owner = written.rsplit_once("::").map(|(owner, _)| owner);
    for item in own_file.items.iter().filter(|item| given.item(&item.name).is_err()) {
        let text = own_file.lines[item.lines.clone()].join("\n") + "\n";
        match item.name.rsplit_once("::") {
            None => free.push_str(&text),
            Some((of, _)) if Some(of) == owner => methods.push_str(&format!("\n{text}")),
            // A method of a trait or type of their own: it stands with that.
            Some(_) => {}
        }
    }
    Ok((free, methods))
}

/// The implementations in a file: the tokens before the brace, the names of type and trait, and the text.
type Implementation = (Vec<String>, Vec<String>, String);

fn implementations(text: &str) -> Result<Vec<Implementation>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let taken_apart = variants::implementation_lines(text)?.into_iter().map(|place| {
        let text = lines[place].join("\n");
        let header = tokens::of(text.split('{').next().unwrap_or_default())?;
        let names = header.iter().filter(|token| token.starts_with(char::is_alphabetic)).cloned().collect();
        Ok((header, names, text))
    });
    taken_apart.collect()
}

/// The imports of a file: as tokens, and as text.
fn uses(text: &str) -> Result<Vec<(Vec<String>, String)>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let taken_apart = variants::imports(text)?.into_iter().map(|place| {
        let text = lines[place].join("\n");
        Ok((tokens::of(&text)?, text))
    });
    taken_apart.collect()
}

/// The repository's workspace, with these members alone.
fn workspace(places: &Places, members: Vec<String>) -> Result<String, Failure> {
    let path = places.root.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let whole: toml::Table = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
    let mut workspace = whole.get("workspace").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    workspace.remove("default-members");
    workspace.insert("members".into(), members.into());
    let lints: toml::Table = "rust.unused = 'allow'\nclippy.all = 'allow'"
        .parse()
        .map_err(|error: toml::de::Error| error.to_string())?;
    workspace.insert("lints".into(), lints.into());
    let mut own = toml::Table::from_iter([("workspace".to_owned(), workspace.into())]);
    if let Some(profile) = whole.get("profile") {
        own.insert("profile".into(), profile.clone());
    }
    Ok(toml::to_string(&own).map_err(|error| error.to_string())?)
}

/// The name of a stage's binary: that of its package.
fn binary(places: &Places, stage: &str) -> Result<String, Failure> {
    let path = places.root.join("stages").join(stage).join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let manifest: toml::Table = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    Ok(name.ok_or_else(|| format!("{} has no name", path.display()))?.to_owned())
}

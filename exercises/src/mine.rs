//! The learner's folder: written by `start`, brought up to date by `update`. What a learner has edited is never written over.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use heapwood_course::{Course, Exercise};

use crate::failure::{End, Ended, at};
use crate::harness::stage_dependencies;
use crate::hash;
use crate::paper::{bold, prose};
use crate::places::Places;
use crate::say;
use crate::state::Written;

/// What was done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// It was not there.
    Made,
    /// It was as the tool had written it, and is new now.
    Renewed,
    /// It is as it should be.
    Same,
    /// The learner has edited it: it stays.
    Edited,
}

/// Writes the files of `mine/` by what is remembered of them.
struct Writer<'a> {
    places: &'a Places,
    written: Written,
}

impl Writer<'_> {
    /// Writes `text` to a path below `mine/`, unless somebody has edited what is there.
    fn write(&mut self, path: &str, text: &str) -> Result<Done, String> {
        let file = self.places.mine.join(path);
        let new = hash::of(text.as_bytes());
        let done = match fs::read(&file) {
            Err(_) => Done::Made,
            Ok(old) if hash::of(&old) == new => Done::Same,
            Ok(old) if self.written.files.get(path) == Some(&hash::of(&old)) => Done::Renewed,
            Ok(_) => Done::Edited,
        };
        if matches!(done, Done::Made | Done::Renewed) {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder).map_err(at(folder))?;
            }
            fs::write(&file, text).map_err(at(&file))?;
        }
        if done != Done::Edited {
            self.written.files.insert(path.to_owned(), new);
        }
        Ok(done)
    }

    /// The files around the exercises.
    fn frame(&mut self, course: &Course) -> Result<(), String> {
        let members: Vec<String> =
            course.chapters.iter().map(|chapter| format!("    \"{}/*\",\n", chapter.folder)).collect();
        let manifest = format!(
            "# The learner's own workspace: open this folder in an editor.\n[workspace]\nresolver = \"3\"\nmembers = [\n{}]\n\n# A function that is still to be written uses none of its arguments.\n[workspace.lints.rust]\nunused = \"allow\"\n",
            members.concat()
        );
        self.write("Cargo.toml", &manifest)?;
        self.write(".gitignore", "/target/\n")?;
        self.write("README.md", README)?;
        // One string, as the repository's own alias is: cargo would append one list to the other. It is split at blanks.
        let (manifest, target) = (self.places.root.join("Cargo.toml"), self.places.target.join("tool"));
        let (manifest, target) = (manifest.display().to_string(), target.display().to_string());
        if !(manifest.contains(' ') || target.contains(' ')) {
            let alias = format!(
                "run --quiet --manifest-path {manifest} --target-dir {target} --package heapwood-learn --"
            );
            let text = format!("# So that `cargo learn` works in here too.\n[alias]\nlearn = {alias:?}\n");
            self.write(".cargo/config.toml", &text)?;
        }
        Ok(())
    }

    /// The manifest of an exercise's package.
    fn manifest(&mut self, exercise: &Exercise) -> Result<(), String> {
        let mut text = format!(
            "[package]\nname = \"{}\"\nedition = \"2024\"\npublish = false\n\n[lints]\nworkspace = true\n\n[dependencies]\n",
            exercise.name
        );
        let stages = self.up_from(exercise).join("stages");
        text.push_str(&stage_dependencies(&stages, &exercise.manifest.stages)?);
        self.write(&format!("{}/Cargo.toml", exercise.place()), &text)?;
        Ok(())
    }

    /// The repository as an exercise's folder sees it: the usual `mine/` can be moved along with the repository.
    fn up_from(&self, exercise: &Exercise) -> PathBuf {
        match self.places.work(exercise).strip_prefix(&self.places.root) {
            Ok(below) => below.components().map(|_| "..").collect(),
            Err(_) => self.places.root.clone(),
        }
    }

    fn remember(&mut self, exercise: &Exercise) -> Result<(), String> {
        self.written.exercises.insert(exercise.place(), parts(exercise)?);
        Ok(())
    }
}

/// What an exercise consists of: a fingerprint for each part that a learner meets.
pub(crate) fn parts(exercise: &Exercise) -> Result<BTreeMap<String, String>, String> {
    let tree = |names: &[&str]| {
        let paths: Vec<PathBuf> = names.iter().map(|name| exercise.folder.join(name)).collect();
        hash::of_tree(&paths)
    };
    Ok(BTreeMap::from([
        ("the starter".to_owned(), hash::of(exercise.starter()?.as_bytes())),
        ("the cases".to_owned(), tree(&["cases.rs", "correct"])),
        ("the hints".to_owned(), tree(&["hints.md"])),
        ("the mistakes that are recognised".to_owned(), tree(&["mutants", "weak", "strict"])),
    ]))
}

/// `start`: makes `mine/`, or what is missing in it.
///
/// # Errors
/// A file cannot be written.
pub fn start(places: &Places, course: &Course) -> Ended {
    let mut writer = Writer { places, written: Written::read(places) };
    let (mut made, mut kept) = (0, 0);
    writer.frame(course)?;
    for exercise in course.exercises() {
        writer.manifest(exercise)?;
        let file = places.file(exercise);
        if file.exists() {
            kept += 1;
            continue;
        }
        // What somebody has thrown away comes back as it is now.
        writer.write(&format!("{}/src/lib.rs", exercise.place()), &exercise.starter()?)?;
        writer.remember(exercise)?;
        made += 1;
    }
    writer.written.save(places)?;
    let shown = places.shown(&places.mine);
    say!(
        "{}",
        bold(&format!("{shown}/ has {} exercises: {made} new, {kept} kept as they are.", made + kept))
    );
    say!(
        "{}",
        prose(
            "It is a workspace of its own, and git ignores it: you may make it a repository of your own. Open it in your editor. A first exercise of two minutes shows how everything works:",
            0
        )
    );
    say!("\n    cargo learn first-steps\n");
    Ok(End::Green)
}

/// `update`: brings `mine/` to the course as it is now, and says what has changed.
///
/// # Errors
/// There is no `mine/`, or a file cannot be written.
pub fn update(places: &Places, course: &Course) -> Ended {
    require_mine(places)?;
    let mut writer = Writer { places, written: Written::read(places) };
    writer.frame(course)?;
    let mut changes = 0;
    let mut say = |label: &str, name: &str, what: &str| {
        changes += 1;
        say!("{label:>4} {name}: {what}");
    };
    for exercise in course.exercises() {
        writer.manifest(exercise)?;
        let (label, place) = (exercise.label(), exercise.place());
        let now = parts(exercise)?;
        let before = writer.written.exercises.get(&place).cloned();
        let path = format!("{place}/src/lib.rs");
        if let Some(before) = &before {
            for (part, _) in
                now.iter().filter(|(part, hash)| *part != "the starter" && before.get(*part) != Some(*hash))
            {
                say(&label, &exercise.name, &format!("{part} changed"));
            }
        }
        let is_new_starter =
            before.as_ref().is_none_or(|before| before.get("the starter") != now.get("the starter"));
        if is_new_starter || !places.file(exercise).exists() {
            let starter = exercise.starter()?;
            match writer.write(&path, &starter)? {
                Done::Made => say(&label, &exercise.name, "new"),
                Done::Renewed => say(
                    &label,
                    &exercise.name,
                    "the starter changed; yours was never edited, and is the new one now",
                ),
                Done::Same => {}
                Done::Edited => {
                    let beside = places.work(exercise).join("starter-new.rs");
                    fs::write(&beside, &starter).map_err(at(&beside))?;
                    let what = format!(
                        "the starter changed; yours is edited and stays, the new one is {}",
                        places.shown(&beside)
                    );
                    say(&label, &exercise.name, &what);
                }
            }
        }
        writer.remember(exercise)?;
    }
    let known: Vec<String> = course.exercises().map(Exercise::place).collect();
    let gone: Vec<String> =
        writer.written.exercises.keys().filter(|place| !known.contains(place)).cloned().collect();
    for place in gone {
        say("", &place, "is no longer part of the course; your folder stays");
        writer.written.exercises.remove(&place);
    }
    writer.written.save(places)?;
    if changes == 0 {
        say!("Nothing has changed in the course since you last asked.");
    }
    Ok(End::Green)
}

/// Refuses where there is no learner's folder.
///
/// # Errors
/// There is none: says how to make it.
pub fn require_mine(places: &Places) -> Result<(), String> {
    match places.mine.is_dir() {
        true => Ok(()),
        false => {
            Err(format!("{}/ is not there yet; `cargo learn start` makes it", places.shown(&places.mine)))
        }
    }
}

/// The learner's file of an exercise, which must be there.
///
/// # Errors
/// It is not: says how to get it.
pub fn require_file(places: &Places, exercise: &Exercise) -> Result<PathBuf, String> {
    require_mine(places)?;
    let file = places.file(exercise);
    match file.is_file() {
        true => Ok(file),
        false => Err(format!(
            "{} is not there; `cargo learn start` puts back what is missing",
            places.shown(&file)
        )),
    }
}

/// A name for a backup beside `file` that no file has yet: with the date, and a number from the second of a day on.
pub(crate) fn backup_of(file: &Path, date: &str) -> PathBuf {
    let name = |number: u32| match number {
        1 => format!("lib-{date}.rs.bak"),
        _ => format!("lib-{date}-{number}.rs.bak"),
    };
    let folder = file.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    (1..)
        .map(|number| folder.join(name(number)))
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join("lib.rs.bak"))
}

const README: &str = "\
# My exercises

Written by `cargo learn start`. Each exercise is a folder with one file to work on, `src/lib.rs`; its task stands at its head.

    cargo learn                 where I am, and what is next
    cargo learn NAME            try it
    cargo learn hint NAME       a hint, the next one each time
    cargo learn help            all commands

This folder is a cargo workspace of its own, and nothing in it can disturb the repository that it lies in.
";

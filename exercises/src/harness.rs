//! The learner's code and the cases, built into a binary: a small workspace below `target/`, so that nothing in `mine/` but the
//! learner's own file is needed for it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use heapwood_course::{Exercise, STAGES};

use crate::failure::at;
use crate::hash;
use crate::places::Places;

/// The crate that holds the learner's file, as cases call it.
pub(crate) const SUBJECT: &str = "subject";

/// What came of building.
pub enum Built {
    /// The binary.
    Binary(PathBuf),
    /// Cargo's own messages.
    Errors(String),
}

/// Builds the learner's file of an exercise with its cases.
///
/// # Errors
/// Cargo cannot be started, or the workspace cannot be written.
pub fn build(places: &Places, exercise: &Exercise) -> Result<Built, String> {
    let folder = places.build("cases").join(exercise.place());
    let main = main_of(exercise);
    write_workspace(places, exercise, &folder, &[(SUBJECT, &places.file(exercise))], &main)?;
    cargo_build(&places.target.join("build"), &folder, &binary_name(places, exercise), false)
}

/// Writes a workspace: a library package for each file of `subjects`, under its name, and a binary with the text `main`.
pub(crate) fn write_workspace(
    places: &Places,
    exercise: &Exercise,
    folder: &Path,
    subjects: &[(&str, &Path)],
    main: &str,
) -> Result<(), String> {
    let stages = stage_dependencies(&places.root.join("stages"), &exercise.manifest.stages)?;
    let mut dependencies = stages.clone();
    for (name, file) in subjects {
        let package = package_name(places, exercise, name);
        // A function that is still to be written uses none of its arguments, and that is no news.
        let manifest = format!(
            "[package]\nname = \"{package}\"\nedition = \"2024\"\npublish = false\n\n[lib]\nname = \"{name}\"\npath = {file:?}\ntest = false\ndoctest = false\n\n[lints.rust]\nunused = \"allow\"\n\n[dependencies]\n{stages}"
        );
        write_if_changed(&folder.join(name).join("Cargo.toml"), &manifest)?;
        let _ = writeln!(dependencies, "{name} = {{ package = \"{package}\", path = {name:?} }}");
    }
    let members: Vec<&str> = subjects.iter().map(|(name, _)| *name).collect();
    let kit = places.root.join("exercises/kit");
    let name = binary_name(places, exercise);
    let harness = format!(
        "[workspace]\nmembers = {members:?}\nresolver = \"3\"\n\n[package]\nname = \"{name}\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\nheapwood-kit = {{ path = {kit:?} }}\n{dependencies}\n[profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.release]\ndebug = false\ncodegen-units = 1\n"
    );
    write_if_changed(&folder.join("Cargo.toml"), &harness)?;
    write_if_changed(&folder.join("src/main.rs"), main)?;
    copy_lock(places, folder)
}

/// Gives a workspace the repository's own lock file: the same versions, and no need to ask the network which there are. Cargo
/// then takes out of it what the workspace does not use, so it is copied once, and again when the repository's has changed.
pub(crate) fn copy_lock(places: &Places, folder: &Path) -> Result<(), String> {
    let (own, note) = (places.root.join("Cargo.lock"), folder.join("copied-lock"));
    let hash = hash::of_tree(std::slice::from_ref(&own));
    if fs::read_to_string(&note).is_ok_and(|copied| copied == hash) {
        return Ok(());
    }
    let lock = folder.join("Cargo.lock");
    fs::copy(own, &lock).map_err(at(&lock))?;
    write_if_changed(&note, &hash)
}

/// Dependencies on stages, which are below `stages`, by their short names.
pub(crate) fn stage_dependencies(stages: &Path, names: &[String]) -> Result<String, String> {
    let line = |name: &String| {
        let folder = STAGES.iter().find(|stage| stage[3..] == *name);
        let folder = folder.ok_or_else(|| format!("no stage is called {name:?}"))?;
        Ok(format!("heapwood-{name} = {{ path = {:?} }}\n", stages.join(folder)))
    };
    names.iter().map(line).collect()
}

/// The binary of an exercise.
pub(crate) fn binary_name(places: &Places, exercise: &Exercise) -> String {
    format!("cases-{}{}", exercise.name, places.tag())
}

/// The package that holds a file for an exercise. Cargo tells packages apart by name and by path *inside their workspace*, and
/// all of these workspaces share a target folder: so each has a name of its own.
fn package_name(places: &Places, exercise: &Exercise, subject: &str) -> String {
    match subject {
        // As the learner's own package is called in `mine/`.
        SUBJECT => format!("{}{}", exercise.name, places.tag()),
        other => format!("{}-{other}{}", exercise.name, places.tag()),
    }
}

fn main_of(exercise: &Exercise) -> String {
    let cases = exercise.folder.join("cases.rs");
    let mut text = format!(
        "#![allow(dead_code)]\n\nuse subject;\n\n#[path = {cases:?}]\nmod cases;\n\nfn main() -> std::process::ExitCode {{\n    heapwood_kit::main(&[\n"
    );
    for case in &exercise.cases {
        let _ = writeln!(text, "        ({:?}, cases::{}),", case.name, case.name);
    }
    text.push_str("    ])\n}\n");
    text.replace("use subject;\n", "#[allow(clippy::single_component_path_imports)]\nuse subject;\n")
}

/// Builds a binary of the workspace in `folder`.
pub(crate) fn cargo_build(
    target: &Path,
    folder: &Path,
    name: &str,
    is_release: bool,
) -> Result<Built, String> {
    let mut command = cargo();
    command.current_dir(folder).args(["build", "--quiet", "--bin", name, "--target-dir"]).arg(target);
    command.args(["--color", if console::colors_enabled_stderr() { "always" } else { "never" }]);
    if is_release {
        command.arg("--release");
    }
    let Output { status, stderr, .. } =
        command.output().map_err(|error| format!("cargo could not be started: {error}"))?;
    Ok(match status.success() {
        true => Built::Binary(target.join(if is_release { "release" } else { "debug" }).join(name)),
        false => Built::Errors(String::from_utf8_lossy(&stderr).into_owned()),
    })
}

/// The cargo that runs this tool, or the one that the system finds.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for inherited in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(inherited);
    }
    command
}

/// Writes a file unless it has this text: what does not change is not built again.
pub(crate) fn write_if_changed(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    fs::write(path, text).map_err(at(path))
}

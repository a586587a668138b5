//! `doctor`: what this machine lacks.

use std::process::Command;

use heapwood_course::Course;

use crate::failure::{End, Ended};
use crate::harness::cargo;
use crate::paper::{bold, faint, green, margin, red};
use crate::places::Places;
use crate::say;

/// The oldest compiler that the stages build with.
const RUST: (u32, u32) = (1, 95);

/// What was looked at, and how it is.
struct Finding {
    what: &'static str,
    found: Result<String, String>,
    /// Whether the exercises need it.
    is_needed: bool,
}

/// Looks at everything that the exercises need, and at what only some tests want.
///
/// # Errors
/// None; what is missing makes it red.
pub fn doctor(places: &Places, course: &Course) -> Ended {
    let needed = |what, found| Finding { what, found, is_needed: true };
    let wanted = |what, found| Finding { what, found, is_needed: false };
    let findings = [
        needed("rustc", rustc()),
        needed("cargo", version(cargo().arg("--version"), "https://rustup.rs says how to get it")),
        needed(
            "linker",
            version(
                Command::new("cc").arg("--version"),
                "install a C compiler (gcc or clang): rustc links with it",
            ),
        ),
        needed("limits", limits()),
        needed("mine/", mine(places, course)),
        needed("workspace", workspace(places)),
        wanted("clippy", version(cargo().args(["clippy", "--version"]), "rustup component add clippy")),
        wanted(
            "editor",
            version(
                Command::new("rust-analyzer").arg("--version"),
                "rust-analyzer shows errors as you type; open mine/ in the editor",
            ),
        ),
        wanted(
            "redis",
            version(Command::new("redis-server").arg("--version"), "only some comparisons want redis-server"),
        ),
    ];
    say!("{}\n", bold("What the exercises need"));
    let mut end = End::Green;
    for Finding { what, found, is_needed } in findings {
        let (mark, text) = match found {
            Ok(text) => (green("✔"), text),
            Err(text) if is_needed => {
                end = End::Red;
                (red("✘"), text)
            }
            Err(text) => (faint("–"), text),
        };
        say!("{}", margin(what, &format!("{mark} {text}")));
    }
    let said = match end {
        End::Green => "Nothing that is needed is missing.",
        End::Red => "What is marked ✘ is needed.",
    };
    say!("\n{said} {}", faint("(– is only of use)"));
    Ok(end)
}

/// The first line of what a program says of itself.
fn version(command: &mut Command, otherwise: &str) -> Result<String, String> {
    let output = command.output().map_err(|_| format!("not found: {otherwise}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match (output.status.success(), text.lines().next()) {
        (true, Some(line)) => Ok(line.to_owned()),
        _ => Err(format!("does not run: {otherwise}")),
    }
}

fn rustc() -> Result<String, String> {
    let found = version(Command::new("rustc").arg("--version"), "https://rustup.rs says how to get it")?;
    let numbers = found.split_whitespace().nth(1).unwrap_or_default();
    let mut numbers = numbers.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match version >= RUST {
        true => Ok(found),
        false => Err(format!("{found}: the stages need {}.{} or later; `rustup update`", RUST.0, RUST.1)),
    }
}

/// Cases run below a shell with limits.
fn limits() -> Result<String, String> {
    let shell = Command::new("sh").args(["-c", "ulimit -S -t 3 && ulimit -t"]).output();
    match shell.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()) {
        Ok(seconds) if seconds == "3" => Ok("a case can be ended when it loops".into()),
        Ok(_) | Err(_) => Err("sh has no `ulimit -t`: a loop without an end would go on for 30 s".into()),
    }
}

fn mine(places: &Places, course: &Course) -> Result<String, String> {
    crate::mine::require_mine(places)?;
    let missing = course.exercises().filter(|exercise| !places.file(exercise).is_file()).count();
    match missing {
        0 => Ok(format!("{} has every exercise", places.shown(&places.mine))),
        _ => Err(format!("{missing} exercises are not there; `cargo learn start` puts them back")),
    }
}

/// An editor needs the learner's manifests; the cases do not.
fn workspace(places: &Places) -> Result<String, String> {
    let mut command = cargo();
    command.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]);
    let output = command.arg(places.mine.join("Cargo.toml")).output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok("cargo and an editor understand its manifests".into()),
        false => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let first = text.lines().next().unwrap_or_default().to_owned();
            Err(format!(
                "{first}: an editor cannot load it (the cases still run); throw away the manifest, then `cargo learn start`"
            ))
        }
    }
}

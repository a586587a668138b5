//! `audit`: builds every variant of every exercise, and audits them.

use std::path::PathBuf;

use heapwood_course::Course;

use crate::audit::{self, Report};
use crate::failure::{End, Ended, Failure};
use crate::harness::cargo;
use crate::paper::{bold, green, prose, red};
use crate::places::Places;
use crate::progress;
use crate::say;

/// Audits the named exercises, or all.
///
/// # Errors
/// An exercise cannot be read, or the variants do not compile.
pub fn run(places: &Places, course: &Course, names: &[String], shows_matrix: bool) -> Ended {
    let names: Vec<String> =
        names.iter().map(|name| course.find(name).map(|it| it.name.clone())).collect::<Result<_, _>>()?;
    let exe = progress::during("building every variant", || build(places))?;
    let report = progress::during("running every case", || audit::audit(course, &exe, &names))?;
    show(&report, shows_matrix || !names.is_empty());
    Ok(if report.wrong.is_empty() { End::Green } else { End::Red })
}

fn build(places: &Places) -> Result<PathBuf, Failure> {
    let mut command = cargo();
    command.current_dir(&places.root).args(["build", "--quiet", "--package", "heapwood-matrix"]);
    // Where this tool itself was built, so that what both need is there already.
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = own.ancestors().nth(2).map_or_else(|| places.target.join("tool"), PathBuf::from);
    let status = command.arg("--target-dir").arg(&target).status();
    match status.map_err(|error| format!("cargo could not be started: {error}"))?.success() {
        true => Ok(target.join("debug/heapwood-matrix")),
        false => Err("the exercises do not compile; cargo's messages are above".into()),
    }
}

/// Prints what an audit found.
pub fn show(report: &Report, shows_matrix: bool) {
    if shows_matrix {
        crate::paper::print(format_args!("{}", report.matrices), false);
        say!(
            "a, b, …: that case is red by an assertion; ! by a panic; ∞ without an end;\n? at a todo!(); · green\n"
        );
    }
    for wrong in &report.wrong {
        say!("{} {}", red("✘"), prose(wrong, 2).trim_start());
    }
    let mark = if report.wrong.is_empty() { green("✔") } else { red("✘") };
    let counts = format!(
        "{} exercises, {} runs of a case, {} wrong",
        report.exercises,
        report.runs,
        report.wrong.len()
    );
    say!("{mark} {}", bold(&counts));
}

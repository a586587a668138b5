//! `measure`: the learner's code, the reference's, and what the standard library has for it, side by side in one process.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use heapwood_course::{Course, Exercise};

use crate::check::{self, Checkup};
use crate::failure::{End, Ended};
use crate::harness::{self, Built};
use crate::paper::{bold, faint, margin, prose, red};
use crate::places::Places;
use crate::progress;
use crate::say;

/// The most columns that a bar fills.
const BAR: f64 = 40.0;

/// Whose code is measured, in the order of the output.
const WHOSE: [&str; 3] = ["yours", "the reference", "std"];

/// Measures an exercise whose cases are green, or says which exercises can be measured.
///
/// # Errors
/// The exercise has no workload, or cargo cannot be run.
pub fn measure(places: &Places, course: &Course, name: Option<&str>, rounds: u32) -> Ended {
    let Some(name) = name else {
        say!("{}\n", bold("These can be measured"));
        for exercise in course.exercises() {
            if let Some(measure) = &exercise.manifest.measure {
                say!("  {:>4} {}", exercise.label(), bold(&exercise.name));
                say!("{}", prose(&measure.workload, 7));
            }
        }
        return Ok(End::Green);
    };
    let exercise = course.find(name)?;
    let Some(declared) = &exercise.manifest.measure else {
        return Err(
            format!("{} has no workload; `cargo learn measure` says which have", exercise.name).into()
        );
    };
    let is_green = match check::check(places, exercise)? {
        Checkup::NotCompiled(errors) => {
            eprint!("{errors}");
            false
        }
        Checkup::Ran(runs) => runs.iter().all(|run| run.verdict.is_green()),
    };
    if !is_green {
        say!("{} {} is not green yet: only what is right is worth measuring.", red("✘"), exercise.name);
        say!("{}", margin("try", &format!("cargo learn {}", exercise.name)));
        return Ok(End::Red);
    }
    let folder = places.build("measure").join(exercise.place());
    let (own, reference) = (places.file(exercise), exercise.folder.join("solution.rs"));
    let subjects = [(harness::SUBJECT, own.as_path()), ("reference", reference.as_path())];
    harness::write_workspace(places, exercise, &folder, &subjects, &main_of(exercise))?;
    let name = harness::binary_name(places, exercise);
    let built = progress::during("building, optimised", || {
        harness::cargo_build(&places.target.join("build"), &folder, &name, true)
    })?;
    let exe = match built {
        Built::Binary(exe) => exe,
        Built::Errors(errors) => return Err(format!("the workload does not compile:\n{errors}").into()),
    };
    let medians = match progress::during("measuring", || run(&exe, rounds))? {
        Ok(medians) => medians,
        Err(why) => {
            say!("{} The workload did not come to its end with your code:\n{why}", red("✘"));
            return Ok(End::Red);
        }
    };
    say!("{}\n", bold(&format!("{} {}", exercise.label(), exercise.name)));
    say!("{}\n", prose(&declared.workload, 2));
    let slowest = medians.iter().copied().fold(0.0, f64::max);
    for (whose, milliseconds) in WHOSE.iter().zip(medians) {
        let bar = "█".repeat((milliseconds / slowest * BAR).round().max(1.0) as usize);
        say!("  {whose:<14}{bar:<41}{milliseconds:>9.1} ms  {:>5.2}×", milliseconds / medians[1]);
    }
    say!("\n{}", margin("std", &declared.standard));
    say!("{}", margin("means", &declared.meaning));
    let how = format!(
        "Medians of {rounds} runs each, taken in turns, each in a process of its own, just now on this machine ({}). × is against the reference; the ratios tell more than the times.",
        if cfg!(target_os = "linux") { "processor time" } else { "time by the clock" }
    );
    say!("\n{}", faint(&prose(&how, 2)));
    Ok(End::Green)
}

/// Runs the three in turns, beginning with another one each time. Each run is a process of its own: in one process each would
/// meet the memory that those before it have left behind. Gives the median of each, in milliseconds, or why there is none.
fn run(exe: &Path, rounds: u32) -> Result<Result<[f64; 3], String>, String> {
    let mut times: [Vec<f64>; 3] = Default::default();
    let (mut sums, count): ([Option<String>; 3], usize) = (Default::default(), WHOSE.len());
    for turn in 0..rounds as usize * count {
        let which = (turn + turn / count) % count;
        let output = Command::new(exe).arg(which.to_string()).output();
        let output = output.map_err(|error| format!("{}: {error}", exe.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some((time, sum)) = text.trim().split_once(' ') else {
            return Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
        };
        times[which].push(time.parse().map_err(|error| format!("the workload printed {text:?}: {error}"))?);
        sums[which] = Some(sum.to_owned());
    }
    if sums.iter().any(|sum| *sum != sums[0]) {
        return Ok(Err(format!("it comes to another result than the others: {sums:?}")));
    }
    Ok(Ok(times.map(median)))
}

/// The middle one of some times; of none, nothing.
fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

/// A program that runs one of the three, twice, and prints how many milliseconds the second time took, and what came of it.
fn main_of(exercise: &Exercise) -> String {
    let workload = exercise.folder.join("workload.rs");
    let mut text = String::new();
    for (module, krate) in [("yours", "subject"), ("theirs", "reference")] {
        let _ = writeln!(
            text,
            "#[allow(dead_code)]\nmod {module} {{\n    pub use ::{krate} as subject;\n    #[path = {workload:?}]\n    pub mod workload;\n}}"
        );
    }
    text.push_str(
        "
/// Milliseconds of processor time where the system tells (Linux), which other processes do not lengthen; else of the clock.
fn now() -> f64 {
    static BEGIN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    // The kernel counts up to the last tick, or to the last time it was asked for something like this.
    std::thread::yield_now();
    let spent = std::fs::read_to_string(\"/proc/thread-self/schedstat\");
    let spent = spent.ok().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let clock = BEGIN.get_or_init(std::time::Instant::now).elapsed();
    spent.map_or(clock.as_secs_f64() * 1e3, |nanoseconds| nanoseconds / 1e6)
}

fn main() {
    let n = std::hint::black_box(theirs::workload::N);
    let all: [fn(usize) -> u64; 3] = [yours::workload::subject, theirs::workload::subject, theirs::workload::standard];
    let which = std::env::args().nth(1).and_then(|which| which.parse::<usize>().ok()).unwrap_or(0);
    // The first time warms up caches and the allocator.
    std::hint::black_box(all[which](n));
    let start = now();
    let sum = std::hint::black_box(all[which](n));
    println!(\"{} {sum}\", now() - start);
}
",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_whatever_the_order() {
        assert_eq!(median(vec![30.0, 10.0, 20.0]), 20.0);
        assert_eq!(median(vec![]), 0.0);
    }
}

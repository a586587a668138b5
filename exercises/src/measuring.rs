//! `measure`: the learner's code, the reference's, and what the standard library has for it, side by side in one process.

use std::fmt::Write;
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
    harness::write_workspace(places, exercise, &folder, &subjects, &main_of(exercise, rounds))?;
    let name = harness::binary_name(places, exercise);
    let built = progress::during("building, optimised", || {
        harness::cargo_build(&places.target.join("build"), &folder, &name, true)
    })?;
    let exe = match built {
        Built::Binary(exe) => exe,
        Built::Errors(errors) => return Err(format!("the workload does not compile:\n{errors}").into()),
    };
    let output = progress::during("measuring", || Command::new(&exe).output());
    let output = output.map_err(|error| format!("{}: {error}", exe.display()))?;
    if !output.status.success() {
        crate::paper::print(format_args!("{}", String::from_utf8_lossy(&output.stderr)), false);
        say!("{} The workload did not come to its end with your code.", red("✘"));
        return Ok(End::Red);
    }
    let medians =
        medians(&String::from_utf8_lossy(&output.stdout)).ok_or("the workload printed no figures")?;
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
        "Medians of {rounds} runs each, taken in turns in one optimised process, just now on this machine ({}). × is against the reference; the ratios tell more than the times.",
        if cfg!(target_os = "linux") { "processor time" } else { "time by the clock" }
    );
    say!("\n{}", faint(&prose(&how, 2)));
    Ok(End::Green)
}

/// A program that runs each of the three in turns, beginning with another one each time, and prints milliseconds.
fn main_of(exercise: &Exercise, rounds: u32) -> String {
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
    let spent = std::fs::read_to_string(\"/proc/thread-self/schedstat\");
    let spent = spent.ok().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let clock = BEGIN.get_or_init(std::time::Instant::now).elapsed();
    spent.map_or(clock.as_secs_f64() * 1e3, |nanoseconds| nanoseconds / 1e6)
}

fn main() {
    let n = std::hint::black_box(theirs::workload::N);
    let all: [fn(usize) -> u64; 3] = [yours::workload::subject, theirs::workload::subject, theirs::workload::standard];
    let expected = theirs::workload::standard(n);
    for round in 0..=ROUNDS {
        for turn in 0..all.len() {
            let which = (round + turn) % all.len();
            let start = now();
            let sum = std::hint::black_box(all[which](n));
            let milliseconds = now() - start;
            assert_eq!(sum, expected, \"the three must come to the same result\");
            // The first round only warms up caches and the allocator.
            if round > 0 {
                println!(\"{which} {milliseconds}\");
            }
        }
    }
}
",
    );
    text.replace("ROUNDS", &rounds.to_string())
}

/// The median of each of the three.
fn medians(output: &str) -> Option<[f64; 3]> {
    let mut times: [Vec<f64>; 3] = Default::default();
    for line in output.lines() {
        let (which, time) = line.split_once(' ')?;
        times.get_mut(which.parse::<usize>().ok()?)?.push(time.parse().ok()?);
    }
    let mut medians = [0.0; 3];
    for (median, times) in medians.iter_mut().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        *median = *times.get(times.len() / 2)?;
    }
    Some(medians)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_each_is_found_whatever_the_order() {
        assert_eq!(medians("0 3\n1 10\n2 7\n2 9\n1 30\n0 1\n0 2\n1 20\n2 8\n"), Some([2.0, 20.0, 8.0]));
        assert_eq!(medians("0 3\nx\n"), None);
    }
}

//! Cases run one by one, each in a process group of its own with limits of time and memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use heapwood_course::process::{Output, Process};
use heapwood_kit::Outcome;

/// Processor time that a case may take: what goes on for longer is an endless loop.
pub const CPU_SECONDS: u32 = 2;

/// Time that a case may take by the clock: what does not end by then waits for something.
pub const WALL: Duration = Duration::from_secs(60);

/// Memory that a case may take, in KiB.
const MEMORY_KIB: u64 = 4 * 1024 * 1024;

/// How much of what a case prints is kept.
const KEPT_OUTPUT_BYTES: usize = 16 * 1024;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// How it ended.
    pub verdict: Verdict,
    /// What it printed.
    pub printed: String,
    /// What the last check that it began gave to the learner's code.
    pub begun: String,
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should.
    Passed,
    /// Something else came out than the case expects.
    Mismatch {
        /// What was given.
        input: String,
        /// What should come of it.
        expected: String,
        /// What came of it.
        got: String,
    },
    /// It met a `todo!()`.
    Unwritten {
        /// In this line of the file.
        line: u32,
    },
    /// A panic, at this place.
    Panicked {
        /// What it said.
        message: String,
        /// Where, as `FILE:LINE`.
        place: String,
        /// Whether it is an assertion of the case itself.
        is_assertion: bool,
    },
    /// The process ended by itself before the case did: an abort, a signal, an exit.
    Died(String),
    /// It did not come to an end.
    Hung(String),
}

impl Verdict {
    /// Whether it is green.
    pub fn is_green(&self) -> bool {
        *self == Self::Passed
    }
}

/// Runs cases of the binary `exe`, several at once, and gives what came of each, in their order.
///
/// # Errors
/// The binary cannot be started, or no temporary folder can be made.
pub fn run(exe: &Path, cases: &[String]) -> Result<Vec<Run>, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Result<Run, String>>>> = Mutex::new(vec![None; cases.len()]);
    let threads = thread::available_parallelism().map_or(2, usize::from).min(cases.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { break };
                    let ran = run_one(exe, case, folder.path().join(index.to_string()));
                    results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(ran);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().map(|ran| ran.unwrap_or_else(|| Err("a case was not run".into()))).collect()
}

fn run_one(exe: &Path, case: &str, outcome: PathBuf) -> Result<Run, String> {
    let mut command = Command::new("sh");
    // The soft limit ends it with a signal of its own; what catches that meets the hard one. Not every system has all limits.
    let limits = format!(
        "ulimit -S -t {CPU_SECONDS}; ulimit -H -t {}; ulimit -v {MEMORY_KIB} 2>/dev/null; ulimit -c 0; exec \"$0\" \"$@\"",
        CPU_SECONDS + 1
    );
    command.args(["-c", &limits]).arg(exe).arg(case).arg(&outcome);
    command.env_remove("RUST_BACKTRACE");
    let started = |error: std::io::Error| format!("{}: {error}", exe.display());
    let mut process = Process::start(command).map_err(started)?;
    process.close_input();
    let deadline = Instant::now() + WALL;
    let mut printed = Vec::new();
    let hung = loop {
        match process.read(deadline) {
            Output::Bytes(bytes) => {
                let room = KEPT_OUTPUT_BYTES.saturating_sub(printed.len());
                printed.extend_from_slice(&bytes[..bytes.len().min(room)]);
                if Instant::now() > deadline {
                    break true;
                }
            }
            Output::End => break false,
            Output::Late => break true,
        }
    };
    if hung {
        process.kill();
    }
    let status = process.end().map_err(started)?;
    let text = fs::read_to_string(&outcome).unwrap_or_default();
    let begun = heapwood_kit::read_begun(&outcome);
    let verdict = match Outcome::parse(&text) {
        _ if hung => Verdict::Hung(format!(
            "it had not ended after {} s: it waits for something, or loops",
            WALL.as_secs()
        )),
        None => ended(status, &String::from_utf8_lossy(&printed)),
        Some(outcome) => judged(outcome),
    };
    Ok(Run { verdict, printed: String::from_utf8_lossy(&printed).into_owned(), begun })
}

fn judged(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Passed => Verdict::Passed,
        Outcome::Mismatch { input, expected, got } => Verdict::Mismatch { input, expected, got },
        Outcome::Panicked { message, line, .. } if message.starts_with("not yet implemented") => {
            Verdict::Unwritten { line }
        }
        Outcome::Panicked { message, file, line } => {
            let name = file.rsplit('/').next().unwrap_or_default();
            let is_assertion = name == "cases.rs";
            Verdict::Panicked { message, place: format!("{file}:{line}"), is_assertion }
        }
    }
}

fn ended(status: ExitStatus, printed: &str) -> Verdict {
    use std::os::unix::process::ExitStatusExt;
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGSEGV: i32 = 11;
    const SIGXCPU: i32 = 24;
    let overflowed = printed.contains("has overflowed its stack");
    match status.signal() {
        _ if overflowed => Verdict::Died(
            "the stack overflowed: a recursion without an end, or one as deep as the input".into(),
        ),
        Some(SIGXCPU | SIGKILL) => Verdict::Hung(format!(
            "it ran for more than {CPU_SECONDS} s of processor time: a loop without an end?"
        )),
        Some(SIGABRT) if printed.contains("memory allocation") => {
            Verdict::Died("it asked for more than 4 GiB of memory: something grows without an end".into())
        }
        Some(SIGABRT) => Verdict::Died("the process was aborted, as by a panic inside a panic".into()),
        Some(SIGSEGV) => Verdict::Died(
            "the process was ended by the system: an access to memory that is not its own".into(),
        ),
        Some(signal) => Verdict::Died(format!("the process was ended by signal {signal}")),
        None => Verdict::Died(format!(
            "the process exited with code {} in the middle of the case",
            status.code().unwrap_or(-1)
        )),
    }
}

//! `heapwood bench`: puts load on a server and tells how it took it.
//!
//! - `plan` says what to send; `writer` writes it, in frames or (for a server beside which this one is measured) in RESP.
//! - `tally` counts replies as they come, without decoding them: the generator shares the machine with the server, so
//!   it must be light.
//! - `drive` keeps the connections busy, a poll loop a thread.
//! - `server_cpu` asks the server what it cost; `report` tells people and programs.

mod drive;
mod plan;
mod report;
mod server_cpu;
mod tally;
mod writer;

pub use drive::{LoadError, Outcome, drive};
pub use plan::{KeyOrder, Kind, Plan, Protocol, Share};

use std::io::IsTerminal;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use rand::TryRngCore;
use rand::rngs::OsRng;

use crate::options::LoadOptions;
use report::{Measured, json_of, readable};
use server_cpu::ServerCpu;

/// Exit code when there is no server, or it stops answering.
const EXIT_NO_SERVER: u8 = 3;

/// Exit code when the server refused requests.
const EXIT_ERROR_REPLY: u8 = 1;

/// How often the progress bar moves.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Requests in a pipeline while the server is filled before the first test.
const FILL_PIPELINE: usize = 64;

/// Runs the load and tells how it went: 0 when every request was answered without an error, 1 when some got error replies, 2 for
/// bad use, 3 without a server.
pub fn run(options: &LoadOptions) -> ExitCode {
    let plans = match plans(options) {
        Ok(plans) => plans,
        Err(line) => {
            crate::complain(format_args!("heapwood: {line}"));
            return ExitCode::from(crate::EXIT_BAD_USE);
        }
    };
    let Some(first) = plans.first() else {
        return ExitCode::SUCCESS;
    };
    let seed = first.plan.seed;
    if !options.json {
        crate::say(&format!("load on {} with seed {seed}", first.plan.addr));
    }
    let mut all = Vec::new();
    for named in &plans {
        match measure(named) {
            Ok(measured) if options.json => all.push(measured),
            Ok(measured) => {
                crate::say(&readable(&measured));
                all.push(measured);
            }
            Err(error) => {
                crate::complain(format_args!("heapwood: {error}"));
                return ExitCode::from(EXIT_NO_SERVER);
            }
        }
    }
    if options.json {
        crate::say(&json_of(seed, &all));
    }
    if all.iter().any(|measured| measured.outcome.errors > 0) {
        return ExitCode::from(EXIT_ERROR_REPLY);
    }
    ExitCode::SUCCESS
}

/// A plan with the name it is reported under.
struct Named {
    name: String,
    plan: Plan,
}

fn plans(options: &LoadOptions) -> Result<Vec<Named>, String> {
    let base = base_plan(options)?;
    let mut plans = Vec::new();
    if options.fill {
        let plan = Plan {
            requests: base.keys,
            order: KeyOrder::EachOnce,
            pipeline: FILL_PIPELINE,
            duration: None,
            threads: 1,
            mix: vec![Share::all(Kind::Set)],
            ..base.clone()
        };
        let name = "fill".to_owned();
        plans.push(Named { name, plan });
    }
    let single = |kind: &Kind| (kind.name().to_owned(), vec![Share::all(*kind)]);
    let tests = match options.mix.as_slice() {
        [] => options.tests.iter().map(single).collect(),
        mix => vec![("mix".to_owned(), mix.to_vec())],
    };
    for (name, mix) in tests {
        let plan = Plan { mix, ..base.clone() };
        plans.push(Named { name, plan });
    }
    for named in &plans {
        named.plan.check()?;
    }
    Ok(plans)
}

fn base_plan(options: &LoadOptions) -> Result<Plan, String> {
    let server = &options.server;
    Ok(Plan {
        addr: resolve(&server.host, server.port)?,
        password: server.secret().map_err(|error| error.to_string())?,
        protocol: Protocol::Frames,
        clients: options.clients,
        threads: options.threads.min(options.clients),
        pipeline: options.pipeline,
        requests: options.requests as u64,
        duration: options.duration.map(Duration::from_secs),
        mix: Vec::new(),
        keys: options.keys as u64,
        order: KeyOrder::Random,
        value_bytes: options.value_bytes,
        seed: options.seed.unwrap_or_else(drawn_seed),
    })
}

/// From the system, short enough to be typed; a system without random numbers gets the same load each time.
fn drawn_seed() -> u64 {
    OsRng.try_next_u32().map_or(1, u64::from)
}

fn resolve(host: &str, port: u16) -> Result<SocketAddr, String> {
    let mut addresses = (host, port)
        .to_socket_addrs()
        .map_err(|error| format!("no address for the host {host:?}: {error}"))?;
    addresses.next().ok_or_else(|| format!("no address for the host {host:?}"))
}

fn measure(named: &Named) -> Result<Measured, LoadError> {
    let plan = &named.plan;
    let before = ServerCpu::ask(plan)?;
    let outcome = with_progress(named)?;
    let after = ServerCpu::ask(plan)?;
    Ok(Measured { name: named.name.clone(), plan: plan.clone(), cpu: after.since(&before), outcome })
}

/// The bar's own rate has decimals that nobody reads.
fn whole_rate(state: &ProgressState, line: &mut dyn std::fmt::Write) {
    // A line that cannot be written is not shown.
    let _ = write!(line, "{}", HumanCount(state.per_sec() as u64));
}

/// Drives the plan on a thread of its own while this one moves the bar, where there is a terminal to see it.
fn with_progress(named: &Named) -> Result<Outcome, LoadError> {
    let answered = AtomicU64::new(0);
    if !std::io::stderr().is_terminal() {
        return drive(&named.plan, &answered);
    }
    let style = ProgressStyle::with_template("{msg:6} {bar:24} {human_pos} of {human_len}, {rate} a second")
        .map(|style| style.with_key("rate", whole_rate));
    let bar = ProgressBar::new(named.plan.requests)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(named.name.clone());
    thread::scope(|scope| {
        let load = scope.spawn(|| drive(&named.plan, &answered));
        while !load.is_finished() {
            bar.set_position(answered.load(Ordering::Relaxed));
            thread::park_timeout(PROGRESS_INTERVAL);
        }
        bar.finish_and_clear();
        load.join().unwrap_or_else(|_| Err(LoadError::Protocol("the generator panicked".to_owned())))
    })
}

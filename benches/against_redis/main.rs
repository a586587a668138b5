//! Heapwood beside redis-server, under the same load on the same machine in the same run.
//!
//! ```text
//! cargo bench --bench against_redis              # five runs, a few minutes on an idle machine
//! cargo bench --bench against_redis -- --quick   # three short ones, to see that it works
//! ```
//!
//! Servers share one core and the generator has another (`taskset`), so a ratio means something on a busy machine where
//! a time does not. What is compared is the server's processor time a request, from `/proc/PID/stat`; Heapwood is spoken to in
//! frames and Redis in RESP, by one generator. Each run measures every server for every load before the next run begins;
//! a ratio is the median over runs of Heapwood's time over Redis's in the same run.

mod loading;
mod servers;
mod table;

use std::process::ExitCode;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use heapwood::load::{KeyOrder, Kind, Plan, Share, drive};

use servers::{Server, Which, pin_generator, redis_version};
use table::{Cell, Memory, Target};

/// Keys in each server: `key:` and twelve digits.
const KEYS: u64 = 1_000_000;

/// Bytes of a value.
const VALUE_BYTES: usize = 32;

/// Connections.
const CLIENTS: usize = 50;

/// Requests in a pipeline, how many in a run (so that a tick of 10 ms is less than 2 % of each figure), and the targets.
const LOADS: [(usize, u64, Target); 3] = [
    (1, 150_000, Target { poll: 1.15, epoll: 1.0 }),
    (16, 1_000_000, Target { poll: 0.7, epoll: 0.7 }),
    (64, 2_000_000, Target { poll: 0.5, epoll: 0.5 }),
];

/// How much to measure.
#[derive(Clone, Copy)]
struct Effort {
    runs: usize,
    /// Requests are divided by this.
    divisor: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("this measures for minutes; run it with: cargo bench --bench against_redis");
        return ExitCode::SUCCESS;
    }
    let effort = if arguments.iter().any(|argument| argument == "--quick") {
        Effort { runs: 3, divisor: 10 }
    } else {
        Effort { runs: 5, divisor: 1 }
    };
    match measure(effort) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("against_redis: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(effort: Effort) -> Result<(), String> {
    let Some(version) = redis_version() else {
        return Err("redis-server is not installed (Debian: apt install redis-server); there is nothing to compare with".to_owned());
    };
    println!("beside {version}");
    pin_generator();
    let mut servers = Vec::new();
    let mut memory = Vec::new();
    for which in Which::ALL {
        let server = Server::start(which, &tempfile::tempdir().map_err(|e| e.to_string())?.keep(), false)?;
        memory.push(fill(&server)?);
        servers.push(server);
    }
    let cells = requests(&servers, effort)?;
    drop(servers);
    table::print_requests(&cells);
    table::print_memory(&memory);
    table::print_loading(&loading::measure(effort.runs)?);
    Ok(())
}

/// Fills a server with all keys and weighs it before and after.
fn fill(server: &Server) -> Result<Memory, String> {
    let before = (server.resident_bytes()?, server.used_memory()?);
    let plan = plan(server, Kind::Set, 64, KEYS, KeyOrder::EachOnce, 1);
    drive(&plan, &AtomicU64::new(0)).map_err(|error| error.to_string())?;
    let keys = server.key_count()?;
    if keys != KEYS {
        return Err(format!("{} holds {keys} keys, not {KEYS}", server.name()));
    }
    let each = |after: u64, before: u64| (after.saturating_sub(before)) as f64 / KEYS as f64;
    Ok(Memory {
        which: server.which,
        resident_bytes: each(server.resident_bytes()?, before.0),
        used_memory_bytes: each(server.used_memory()?, before.1),
    })
}

fn requests(servers: &[Server], effort: Effort) -> Result<Vec<Cell>, String> {
    let mut cells = Vec::new();
    for (pipeline, requests, target) in LOADS {
        for kind in [Kind::Get, Kind::Set] {
            cells.push(Cell::new(kind, pipeline, requests / effort.divisor, target));
        }
    }
    for run in 0..effort.runs {
        for cell in &mut cells {
            for place in 0..servers.len() {
                // Each run begins with another server: whoever comes first finds colder caches.
                let server = &servers[(place + run) % servers.len()];
                let spent = spent_each(server, cell, run as u64)?;
                cell.record(server.which, spent);
            }
        }
        eprintln!("run {} of {} is done", run + 1, effort.runs);
    }
    Ok(cells)
}

/// Microseconds of the server's processor time a request.
fn spent_each(server: &Server, cell: &Cell, run: u64) -> Result<f64, String> {
    let plan = plan(server, cell.kind, cell.pipeline, cell.requests, KeyOrder::Random, run + 1);
    let before = server.processor_time()?;
    let outcome = drive(&plan, &AtomicU64::new(0)).map_err(|error| error.to_string())?;
    let spent: Duration = server.processor_time()? - before;
    if outcome.errors > 0 {
        return Err(format!("{} answered with errors: {:?}", server.name(), outcome.first_error));
    }
    Ok(spent.as_secs_f64() * 1e6 / outcome.requests as f64)
}

fn plan(server: &Server, kind: Kind, pipeline: usize, requests: u64, order: KeyOrder, seed: u64) -> Plan {
    Plan {
        addr: server.addr,
        password: None,
        protocol: server.which.protocol(),
        clients: CLIENTS,
        threads: 1,
        pipeline,
        requests,
        duration: None,
        mix: vec![Share::all(kind)],
        keys: KEYS,
        order,
        value_bytes: VALUE_BYTES,
        seed,
    }
}

//! The threads behind the race: one builds and opens the market and then becomes the worker; a simulator and
//! four racers join it.

use std::fs::{self, File, TryLockError};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use heapwood_sockets::Client;

use super::answers::{QuoteError, Via};
use super::build::{BuildError, ensure_database};
use super::building::Bar;
use super::cold::ColdReads;
use super::disk::LiveReads;
use super::locked;
use super::racer;
use super::shared::{Market, Shared, disk, unix_ms};
use super::simulator::{MAX_BACKLOG, Simulator, TICKS_PER_SECOND, backlog, newest_queued, push};
use super::status::MarketState;
use super::ticks::Tick;
use super::worker::{Gaps, Ledger, give_back, publish, take_batch};

/// Holds off a second process: two workers on one file would undo each other's order.
const LOCK_FILE: &str = "market.lock";

/// The simulator publishes on for so long after somebody looked, so that the log does not grow for nobody.
const SIMULATOR_LINGER: Duration = Duration::from_secs(60);

/// How often a resting simulator looks whether to publish, unless the bell wakes it.
const REST: Duration = Duration::from_millis(500);

/// Pause before another try to reach an engine that is away.
const RETRY: Duration = Duration::from_millis(250);

/// Pause before another try to store what SQLite refused.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Quotes in one round trip while loading.
const LOAD_CHUNK: usize = 100;

/// Builds, opens, and runs everything until the race stops.
pub(crate) fn run(shared: &Arc<Shared>) {
    let failed = |message: String| {
        let stage = shared.stage();
        shared.set_stage(MarketState::Failed, stage.done, stage.total, message);
    };
    let _lock = match lock_directory(shared) {
        Ok(lock) => lock,
        Err(message) => return failed(message),
    };
    match build(shared) {
        Ok(()) => {}
        Err(BuildError::Cancelled) => return,
        Err(error) => return failed(error.to_string()),
    }
    let ledger = match open(shared) {
        Ok(ledger) => ledger,
        Err(error) => {
            return failed(format!(
                "the market database in {} cannot be opened: {error}",
                shared.options.dir.display()
            ));
        }
    };
    thread::scope(|scope| {
        for via in Via::ALL {
            scope.spawn(move || racer::run(shared, via));
        }
        let newest_stored = ledger.newest_version().unwrap_or(0);
        scope.spawn(move || simulate(shared, newest_stored));
        work(shared, ledger);
    });
}

fn lock_directory(shared: &Shared) -> Result<File, String> {
    let dir = &shared.options.dir;
    let failed = |error| format!("{}: {error}; choose another --dir", dir.display());
    fs::create_dir_all(dir).map_err(failed)?;
    let lock = File::create(dir.join(LOCK_FILE)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::Error(error)) => Err(failed(error)),
        Err(TryLockError::WouldBlock) => Err(format!(
            "another process runs the market in {}; stop it or choose another --dir",
            dir.display()
        )),
    }
}

fn build(shared: &Shared) -> Result<(), BuildError> {
    let size = shared.options.size;
    let mut bar = shared.options.show_progress.then(Bar::new);
    let mut progress = |done, total| {
        let message = format!("building the market database: {} tickers, {total} daily bars", size.symbols);
        shared.set_stage(MarketState::Building, done, total, message);
        if let Some(bar) = &mut bar {
            bar.show(done, total);
        }
        !shared.stop.is_wished()
    };
    ensure_database(&shared.options.dir, size, &mut progress)
}

/// Opens the live file for reading and writing, and tries the cold one.
fn open(shared: &Shared) -> rusqlite::Result<Ledger> {
    let dir = &shared.options.dir;
    let ledger = Ledger::open(dir)?;
    let live = LiveReads::open(dir)?;
    let cold = match shared.symbols.first() {
        Some(symbol) => ColdReads::open(dir, symbol),
        None => Err("the market has no tickers".to_owned()),
    };
    let _ = shared.market.set(Market { live, cold });
    Ok(ledger)
}

/// The worker's life: session after session with the engine.
fn work(shared: &Shared, mut ledger: Ledger) {
    let (mut held, mut gaps) = (Vec::new(), Gaps::default());
    while !shared.stop.is_wished() {
        let Err(error) = session(shared, &mut ledger, &mut held, &mut gaps) else {
            continue;
        };
        shared.memory_loaded.store(false, Relaxed);
        let total = shared.symbols.len() as u64;
        let message = format!("waiting for the engine at {}: {error}", shared.link.addr());
        shared.set_stage(MarketState::Loading, 0, total, message);
        shared.stop.wait(RETRY);
    }
    // What cannot be folded in now is folded in at the next start.
    let _ = ledger.close();
}

/// One connection: loads the engine's copy, then applies ticks until the connection fails or the race stops. `held` are
/// ticks taken and not yet stored; they outlive the session.
fn session(
    shared: &Shared,
    ledger: &mut Ledger,
    held: &mut Vec<Tick>,
    gaps: &mut Gaps,
) -> Result<(), QuoteError> {
    let mut client = shared.link.connect()?;
    load_memory(shared, &mut client)?;
    ready(shared);
    while !shared.stop.is_wished() {
        if held.is_empty() {
            let (ticks, unreadable) = take_batch(&mut client)?;
            let run = i64::try_from(shared.run.load(Relaxed)).unwrap_or(i64::MAX);
            shared.ticks.lost.fetch_add(gaps.count(run, &ticks), Relaxed);
            shared.ticks.skipped.fetch_add(unreadable, Relaxed);
            if ticks.is_empty() {
                shared.ticks.backlog.store(0, Relaxed);
            }
            *held = ticks;
        }
        apply(shared, ledger, held, &mut client)?;
    }
    give_back(&mut client, held)
}

/// Stores what is held and makes it known; see [`super::worker`] for the order.
fn apply(
    shared: &Shared,
    ledger: &mut Ledger,
    held: &mut Vec<Tick>,
    client: &mut Client,
) -> Result<(), QuoteError> {
    if held.is_empty() {
        return Ok(());
    }
    let writing = locked(&shared.writing);
    let applied = match ledger.apply(held) {
        Ok(applied) => applied,
        Err(error) => {
            drop(writing);
            let total = shared.symbols.len() as u64;
            let message = format!("SQLite refuses {} ticks, which wait: {error}", held.len());
            shared.set_stage(MarketState::Ready, total, total, message);
            shared.stop.wait(STORE_RETRY);
            return Ok(());
        }
    };
    held.clear();
    shared.ticks.applied.fetch_add(applied.applied, Relaxed);
    shared.ticks.skipped.fetch_add(applied.skipped, Relaxed);
    for quote in &applied.quotes {
        shared.cache.invalidate(&quote.symbol);
    }
    publish(client, &applied.quotes)
}

/// Writes the full copy of the latest quotes to the engine, and deletes every cached copy: while it was away, nobody
/// could delete what had become old.
fn load_memory(shared: &Shared, client: &mut Client) -> Result<(), QuoteError> {
    let live = &shared.market()?.live;
    let _writing = locked(&shared.writing);
    let quotes = live.all_quotes().map_err(disk)?;
    let total = quotes.len() as u64;
    for (chunk, quotes) in quotes.chunks(LOAD_CHUNK).enumerate() {
        let message = "loading the latest quotes into the engine".to_owned();
        let done = (chunk * LOAD_CHUNK) as u64;
        shared.set_stage(MarketState::Loading, done, total, message);
        for quote in quotes {
            shared.cache.invalidate(&quote.symbol);
        }
        publish(client, quotes)?;
    }
    Ok(())
}

fn ready(shared: &Shared) {
    shared.memory_loaded.store(true, Relaxed);
    let total = shared.symbols.len() as u64;
    let message = format!(
        "{total} tickers in SQLite; the engine holds a full copy of their latest quotes, loaded from there"
    );
    shared.set_stage(MarketState::Ready, total, total, message);
}

/// The simulator's life: publishes while somebody looks.
fn simulate(shared: &Shared, newest_stored: i64) {
    let (mut simulator, mut unsent) = (None, None);
    while !shared.stop.is_wished() {
        let rests = !shared.is_watched(SIMULATOR_LINGER) || !shared.memory_loaded.load(Relaxed);
        if rests || feed(shared, newest_stored, &mut simulator, &mut unsent).is_err() {
            shared.simulating.store(false, Relaxed);
            shared.stop.wait(REST);
        }
    }
}

/// Publishes over one connection until it fails, nobody looks, or the race stops.
fn feed(
    shared: &Shared,
    newest_stored: i64,
    simulator: &mut Option<Simulator>,
    unsent: &mut Option<Tick>,
) -> Result<(), QuoteError> {
    let mut client = shared.link.connect()?;
    if simulator.is_none() {
        *simulator = Some(begin_run(shared, newest_stored, &mut client)?);
    }
    let Some(simulator) = simulator else {
        return Ok(());
    };
    let mut waiting = backlog(&mut client)?;
    while shared.is_watched(SIMULATOR_LINGER) {
        shared.ticks.backlog.store(waiting, Relaxed);
        shared.simulating.store(waiting < MAX_BACKLOG, Relaxed);
        if shared.stop.wait(Duration::from_secs(1) / TICKS_PER_SECOND) {
            return Ok(());
        }
        if waiting >= MAX_BACKLOG {
            waiting = backlog(&mut client)?;
            continue;
        }
        if unsent.is_none() {
            *unsent = simulator.tick(unix_ms() as i64);
        }
        let Some(tick) = unsent.as_ref() else {
            return Ok(());
        };
        waiting = push(&mut client, tick)?;
        shared.ticks.published.fetch_add(1, Relaxed);
        *unsent = None;
    }
    Ok(())
}

/// The first version is later than any that is stored or still queued, also when the clock was set back.
fn begin_run(shared: &Shared, newest_stored: i64, client: &mut Client) -> Result<Simulator, QuoteError> {
    let newest = newest_stored.max(newest_queued(client)?);
    let first = newest.saturating_add(1).max(unix_ms() as i64 * 1000);
    shared.run.store(first as u64, Relaxed);
    let quotes = shared.market()?.live.all_quotes().map_err(disk)?;
    Ok(Simulator::new(quotes, first))
}

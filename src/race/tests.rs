//! The whole race on a small market, before a stand-in for the engine.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::fake_engine::FakeEngine;
use super::*;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

const SMALL: MarketSize = MarketSize { symbols: 5, days: 40 };

fn start(dir: &Path, engine: SocketAddr) -> Race {
    let mut options = RaceOptions::new(dir.to_owned(), engine);
    options.size = SMALL;
    Race::start(options)
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::park_timeout(Duration::from_millis(2));
    }
}

fn ready(race: &Race) {
    wait_until("it is ready", || race.is_ready());
}

/// A port where nobody listens.
fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn every_way_gives_the_same_price_and_says_whether_memory_had_it() {
    let (dir, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start());
    let race = start(dir.path(), engine.addr());
    ready(&race);
    assert_eq!(race.symbols().len(), 5);
    for symbol in race.symbols() {
        let ask = |via| race.quote(symbol, via).unwrap();
        let warm = ask(Via::DiskWarm);
        assert_eq!((warm.hit, warm.symbol.as_str()), (None, symbol.as_str()));
        let memory = ask(Via::Memory);
        assert_eq!((memory.hit, memory.price), (Some(true), warm.price));
        for hit in [false, true] {
            let cached = ask(Via::CacheAside);
            assert_eq!((cached.hit, cached.price), (Some(hit), warm.price));
        }
        assert!(warm.latency_us > 0.0 && memory.latency_us > 0.0);
        match race.quote(symbol, Via::DiskCold) {
            Ok(cold) => assert_eq!((cold.hit, cold.price), (None, warm.price)),
            Err(QuoteError::ColdUnavailable(why)) => {
                eprintln!("SKIPPED: cold reads cannot be tried here: {why}");
                assert_eq!(race.status().cold_unavailable, Some(why));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn an_unknown_ticker_is_told_apart_on_every_way() {
    let (dir, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start());
    let race = start(dir.path(), engine.addr());
    ready(&race);
    let unknown = QuoteError::UnknownSymbol("AEIOU".to_owned());
    for via in Via::ALL {
        assert_eq!(race.quote("AEIOU", via), Err(unknown.clone()));
    }
    assert_eq!(race.history("AEIOU", 3), Err(unknown.clone()));
    assert_eq!(race.statistics("AEIOU"), Err(unknown));
}

#[test]
fn without_an_engine_the_disk_answers_and_memory_says_why_not() {
    let dir = tempfile::tempdir().unwrap();
    let race = start(dir.path(), nobody());
    wait_until("the database is open", || {
        race.status().state == MarketState::Loading && race.history(&race.symbols()[0], 1).is_ok()
    });
    let symbol = &race.symbols()[0];
    assert!(race.quote(symbol, Via::DiskWarm).is_ok());
    for via in [Via::Memory, Via::CacheAside] {
        let refused = race.quote(symbol, via);
        assert!(matches!(refused, Err(QuoteError::EngineUnreachable(_))), "{refused:?}");
    }
    wait_until("the status names the engine", || race.status().message.contains("waiting for the engine"));
    assert!(!race.is_ready());
}

#[test]
fn an_engine_that_comes_back_empty_gets_its_quotes_again() {
    let (dir, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start());
    let race = start(dir.path(), engine.addr());
    ready(&race);
    let addr = engine.addr();
    drop(engine);
    wait_until("the loss is noticed", || !race.is_ready());
    let engine = FakeEngine::start_on(addr);
    ready(&race);
    for symbol in race.symbols() {
        assert!(engine.holds(&format!("quote:{symbol}")));
        assert_eq!(race.quote(symbol, Via::Memory).unwrap().hit, Some(true));
    }
}

#[test]
fn a_quote_that_somebody_removed_is_put_back_and_counts_as_a_miss() {
    let (dir, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start());
    let race = start(dir.path(), engine.addr());
    ready(&race);
    let symbol = &race.symbols()[2];
    engine.remove(&format!("quote:{symbol}"));
    assert_eq!(race.quote(symbol, Via::Memory).unwrap().hit, Some(false));
    assert_eq!(race.quote(symbol, Via::Memory).unwrap().hit, Some(true));
}

#[test]
fn ticks_flow_from_the_queue_to_disk_and_memory_while_somebody_looks() {
    let (dir, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start());
    let race = start(dir.path(), engine.addr());
    ready(&race);
    assert_eq!(race.status().ticks_published, 0);
    race.watch();
    wait_until("some ticks are applied", || race.status().ticks_applied >= 5);
    let status = race.status();
    assert!(status.simulating && status.ticks_published >= 5);
    assert_eq!((status.ticks_lost, status.ticks_skipped), (0, 0));
    let symbol = race
        .symbols()
        .iter()
        .find(|symbol| race.history(symbol, 1).unwrap()[0].date != market::date(market::LAST_DAY));
    let symbol = symbol.expect("a ticker with a bar of today");
    wait_until("disk, memory and cache agree", || {
        let price = |via| race.quote(symbol, via).unwrap().price;
        price(Via::DiskWarm) == price(Via::Memory) && price(Via::Memory) == price(Via::CacheAside)
    });
}

#[test]
fn the_race_runs_while_somebody_looks_and_has_a_verdict() {
    let (dir, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start());
    let race = start(dir.path(), engine.addr());
    ready(&race);
    let nobody_looked = racer::snapshot(&race.shared, 0);
    assert!(nobody_looked.ways.iter().all(|way| way.count == 0));
    wait_until("every available way has answered", || {
        let snapshot = race.snapshot(0);
        let answered = |way: &WayFigures| way.count > 0 || way.unavailable.is_some();
        snapshot.ways.iter().all(answered) && snapshot.verdict.is_some()
    });
    let snapshot = race.snapshot(0);
    let memory = &snapshot.ways[Via::Memory.index()];
    assert!(memory.hits > 0 && !memory.samples.is_empty());
    assert!(memory.percentiles_us.unwrap()[0] > 0.0);
    let json = snapshot.to_json();
    assert_eq!(json["ways"][2]["via"], "memory");
    assert_eq!(json["controls"]["rate"], 50);
    assert!(json["verdict"]["text"].as_str().unwrap().contains("memory"));
}

#[test]
fn controls_outside_their_limits_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let race = start(dir.path(), nobody());
    let change = |rate, symbols| {
        race.set_controls(ControlsChange {
            running: Some(false),
            rate,
            symbols,
            distribution: Some(Distribution::Skewed),
        })
    };
    for refused in [change(Some(MAX_RATE + 1), None), change(None, Some(0)), change(None, Some(6))] {
        assert!(refused.is_err());
        assert!(race.snapshot(0).controls.running);
    }
    let controls = change(Some(0), Some(3)).unwrap();
    assert_eq!(controls, race.snapshot(0).controls);
    assert_eq!((controls.running, controls.symbols), (false, 3));
}

#[test]
fn a_second_process_on_the_same_directory_says_who_is_in_the_way() {
    let (dir, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start());
    let first = start(dir.path(), engine.addr());
    ready(&first);
    let second = start(dir.path(), engine.addr());
    wait_until("it has failed", || second.status().state == MarketState::Failed);
    assert!(second.status().message.contains("another process"));
    let refused = second.quote(&second.symbols()[0], Via::DiskWarm);
    assert!(matches!(refused, Err(QuoteError::NotReady(_))));
}

#[test]
fn a_build_of_a_large_market_is_given_up_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = RaceOptions::new(dir.path().to_owned(), nobody());
    options.size = MarketSize { symbols: 2_000, days: 100_000 };
    let race = Race::start(options);
    wait_until("the build is under way", || race.status().done > 0);
    let status = race.status();
    assert_eq!((status.state, status.total), (MarketState::Building, 200_000_000));
    let refused = race.quote(&race.symbols()[0], Via::DiskWarm);
    assert!(matches!(refused, Err(QuoteError::NotReady(_))));
    race.shut_down();
    assert!(!dir.path().join("market.db").exists());
    assert!(!dir.path().join("market.db.new").exists());
}

#[test]
fn what_was_built_and_stored_is_there_at_the_next_start() {
    let (dir, engine) = (tempfile::tempdir().unwrap(), FakeEngine::start());
    let race = start(dir.path(), engine.addr());
    ready(&race);
    race.watch();
    wait_until("a tick is applied", || race.status().ticks_applied > 0);
    race.shut_down();
    let prices = |race: &Race| -> Vec<f64> {
        let price = |symbol: &String| race.quote(symbol, Via::DiskWarm).unwrap().price;
        race.symbols().iter().map(price).collect()
    };
    let before = prices(&race);
    let log = std::fs::metadata(dir.path().join("market.db-wal"));
    assert_eq!(log.map_or(0, |log| log.len()), 0);
    drop(race);
    let race = start(dir.path(), nobody());
    wait_until("the database is open", || race.history(&race.symbols()[0], 1).is_ok());
    assert_eq!(prices(&race), before);
}

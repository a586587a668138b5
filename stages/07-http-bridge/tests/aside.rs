//! Cache-aside before an engine: what it asks, and what it keeps.
#![allow(clippy::unwrap_used)]

mod engine;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, Once};
use std::thread;
use std::time::Duration;

use engine::engine;
use heapwood_http_bridge::aside::Found;
use heapwood_http_bridge::pool::unreachable;
use heapwood_http_bridge::{ApiError, CacheAside, Pool};
use heapwood_sockets::Client;
use pretty_assertions::assert_eq;

/// No test waits this long unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A cache, and what its engine is asked.
fn cache() -> (CacheAside, Receiver<String>) {
    let engine = engine();
    let connect = move || Client::connect(&engine.address).map_err(unreachable);
    (CacheAside::new(Pool::new(connect)), engine.requests)
}

#[test]
fn a_copy_is_stored_with_its_deadline_and_a_hit_does_not_move_it() {
    let (cache, requests) = cache();
    let found = |hit| Ok(Found { text: "12.50".into(), hit });
    assert_eq!(cache.read("T1", || Ok("12.50".into())), found(false));
    assert_eq!(cache.read("T1", || panic!("the copy is there")), found(true));
    let expected = ["GET cache:T1", "SET cache:T1 12.50 EX 10", "GET cache:T1"];
    assert_eq!(
        requests.try_iter().collect::<Vec<_>>(),
        expected,
        "B5: a copy has its deadline from its SET on, and nothing else sets one"
    );
}

#[test]
fn of_an_error_no_copy_is_kept() {
    let (cache, requests) = cache();
    for _ in 0..2 {
        let told = cache.read("T1", || Err(ApiError::new(404, "UNKNOWN_SYMBOL", "no such ticker")));
        assert_eq!(told.unwrap_err().code, "UNKNOWN_SYMBOL");
    }
    assert_eq!(requests.try_iter().collect::<Vec<_>>(), ["GET cache:T1"; 2]);
}

/// Callers that want the same text at the same moment.
const TOGETHER: usize = 8;

/// This stage does nothing against a stampede. With single flight, an exercise of its chapter, there is one reading.
#[test]
fn callers_that_miss_together_all_ask_the_source() {
    let (cache, requests) = cache();
    let (requests, all_asked, readings) = (Mutex::new(requests), Once::new(), AtomicUsize::new(0));
    // No reading ends before every caller has asked the engine, which has no copy yet.
    let source = || {
        readings.fetch_add(1, Ordering::SeqCst);
        all_asked.call_once(|| {
            let requests = requests.lock().unwrap();
            (0..TOGETHER).for_each(|_| assert_eq!(requests.recv_timeout(PATIENCE).unwrap(), "GET cache:T1"));
        });
        Ok("12.50".to_owned())
    };
    thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| assert_eq!(cache.read("T1", source).unwrap().text, "12.50"));
        }
    });
    assert_eq!(readings.into_inner(), TOGETHER, "readings of the source");
}

//! A process without free descriptors.
#![allow(clippy::unwrap_used)]

mod harness;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use harness::{Bench, bytes};
use heapwood_poll_loop::{Interest, LoopOptions};
use pretty_assertions::assert_eq;

static WARNINGS: AtomicUsize = AtomicUsize::new(0);

/// Runs the test below in a process of its own, since the limit holds for a whole process.
#[test]
fn without_free_descriptors_accepting_rests_and_those_already_there_are_served() {
    let program = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""])
        .arg(program)
        .args(["--exact", "in_a_process_with_64_descriptors", "--ignored"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "is run by the test above, with a limit of 64 descriptors"]
fn in_a_process_with_64_descriptors() {
    const LISTENER: usize = 1;
    let mut bench = Bench::new(LoopOptions {
        max_clients: 64,
        accept_pause: Duration::from_secs(3_600),
        warn: |_| {
            WARNINGS.fetch_add(1, Ordering::SeqCst);
        },
        ..LoopOptions::default()
    });
    let mut first = bench.connect();
    let mut waiting: Vec<_> = (0..40).map(|_| bench.dial()).collect();
    bench.turn_until(|bench| bench.poller.interest(LISTENER) == Interest::NONE);
    let accepted = bench.turning.counters().accepted;
    assert!(accepted < 41);
    assert_eq!(bench.call(&mut first, &[b"ECHO", b"served"]), bytes("served"));

    // Each that leaves makes room for others, long before the pause is over; said once.
    let served = waiting.drain(..5).collect::<Vec<_>>();
    drop(served);
    bench.turn_until(|bench| bench.turning.counters().accepted > accepted);
    bench.turn_until(|bench| bench.poller.interest(LISTENER) == Interest::NONE);
    assert_eq!(WARNINGS.load(Ordering::SeqCst), 1);

    // And so does time.
    let accepted = bench.turning.counters().accepted;
    bench.turn();
    assert_eq!(bench.poller.interest(LISTENER), Interest::NONE);
    bench.clock.advance(Duration::from_secs(3_601));
    bench.turn();
    assert_eq!(bench.turning.counters().accepted, accepted, "still none");
    drop(waiting);
    bench.turn_until(|bench| bench.poller.interest(LISTENER) == Interest::READ);
    assert_eq!(bench.call(&mut first, &[b"ECHO", b"served"]), bytes("served"));
}

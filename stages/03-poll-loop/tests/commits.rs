//! No reply leaves before its round is durable.
#![allow(clippy::unwrap_used)]

mod harness;

use harness::{Bench, bytes, status};
use heapwood_poll_loop::{LoopOptions, RoundId};
use heapwood_sockets::Value;
use pretty_assertions::assert_eq;

fn quiet() -> LoopOptions {
    LoopOptions { warn: |_| {}, ..LoopOptions::default() }
}

#[test]
fn a_failed_commit_closes_the_writers_of_its_round_unanswered_and_nobody_else() {
    let mut bench = Bench::new(quiet());
    let (mut writer, mut reader) = (bench.connect(), bench.connect());
    assert_eq!(bench.call(&mut writer, &[b"WRITE"]), status("OK"));

    bench.probe_mut().fail_commit = true;
    writer.send(&[b"ECHO", b"lost, too"]);
    writer.send(&[b"WRITE"]);
    reader.send(&[b"ECHO", b"kept"]);
    bench.end(&mut writer);
    assert_eq!(bench.reply(&mut reader), bytes("kept"));
    assert_eq!(bench.call(&mut reader, &[b"WRITE"]), status("OK"));
    assert_eq!(bench.probe().gone.len(), 1);
}

#[test]
fn a_failed_commit_leaves_replies_of_earlier_rounds() {
    let mut bench = Bench::new(LoopOptions { soft_output_bytes: 50_000_000, ..quiet() });
    let mut writer = bench.connect();
    writer.send(&[b"BYTES", b"20000000"]);
    bench.turn_until(|bench| bench.probe().executed == 1);
    bench.probe_mut().fail_commit = true;
    writer.send(&[b"WRITE"]);
    bench.turn_until(|bench| bench.probe().executed == 2);
    let earlier = bench.reply(&mut writer);
    assert_eq!(earlier, Value::Bytes(vec![b'x'; 20_000_000]));
    bench.end(&mut writer);
}

#[test]
fn replies_wait_until_their_round_is_durable() {
    let mut bench = Bench::new(quiet());
    let (mut one, mut two) = (bench.connect(), bench.connect());
    bench.probe_mut().hold = true;
    one.send(&[b"WRITE"]);
    bench.turn_until(|bench| bench.probe().executed == 1);
    let first = bench.probe().committed;
    two.send(&[b"WRITE"]);
    one.send(&[b"ECHO", b"later"]);
    bench.turn_until(|bench| bench.probe().executed == 3);
    assert_eq!((one.take_reply(), two.take_reply()), (None, None), "P3: committed is not durable");
    assert_eq!(bench.poller.changes(), 0, "waiting for a commit is not waiting to write");

    bench.probe_mut().durable = first;
    assert_eq!(bench.reply(&mut one), status("OK"));
    for _ in 0..3 {
        bench.turn();
    }
    assert_eq!((one.take_reply(), two.take_reply()), (None, None), "P3: a later round is not durable");
    bench.probe_mut().durable = RoundId(u64::MAX);
    assert_eq!(bench.reply(&mut one), bytes("later"));
    assert_eq!(bench.reply(&mut two), status("OK"));
}

#[test]
fn a_poller_that_fails_ends_the_loop_with_everything_committed_and_the_service_shut_down() {
    let mut bench = Bench::new(quiet());
    let mut writer = bench.connect();
    writer.send(&[b"WRITE"]);
    bench.turn_until(|bench| bench.probe().executed == 1);
    let was_shut_down = bench.probe().was_shut_down.clone();
    bench.poller.broken.set(true);
    let ended = bench.turning.run().map(drop);
    assert_eq!(ended.unwrap_err().to_string(), "broken");
    assert!(was_shut_down.get());
    assert_eq!(writer.take_reply(), Some(status("OK")));
}

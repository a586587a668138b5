//! Requests that wait, and what wakes them.
#![allow(clippy::unwrap_used)]

mod harness;

use std::net::Shutdown;
use std::time::Duration;

use harness::{Bench, Peer, bytes, request, status};
use heapwood_poll_loop::LoopOptions;
use heapwood_sockets::Value;
use pretty_assertions::assert_eq;

fn parked(bench: &mut Bench, arguments: &[&[u8]]) -> Peer {
    let mut peer = bench.connect();
    peer.send(arguments);
    bench.turn_until(|bench| bench.probe().parked.len() == 1);
    peer
}

#[test]
fn requests_behind_a_parked_one_wait_and_go_on_without_further_bytes() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut waiter = bench.connect();
    waiter.send(&[b"PARK"]);
    waiter.send(&[b"ECHO", b"behind"]);
    bench.turn_until(|bench| bench.probe().parked.len() == 1);
    waiter.send(&[b"ECHO", b"later"]);
    for _ in 0..3 {
        bench.turn();
    }
    assert_eq!(waiter.take_reply(), None);

    let mut waker = bench.connect();
    assert_eq!(bench.call(&mut waker, &[b"WAKE"]), Value::Integer(1));
    assert_eq!(bench.reply(&mut waiter), status("woken"));
    assert_eq!(bench.reply(&mut waiter), bytes("behind"));
    assert_eq!(bench.reply(&mut waiter), bytes("later"));
}

#[test]
fn a_client_can_be_parked_and_woken_in_one_round() {
    let mut bench = Bench::new(LoopOptions::default());
    let (mut waiter, mut waker) = (bench.connect(), bench.connect());
    waiter.send(&[b"PARK"]);
    waiter.send(&[b"ECHO", b"behind"]);
    waker.send(&[b"WAKE"]);
    bench.turn();
    assert_eq!(waiter.take_reply(), Some(status("woken")));
    assert_eq!(waker.take_reply(), Some(Value::Integer(1)));
    bench.turn();
    assert_eq!(waiter.take_reply(), Some(bytes("behind")));
}

#[test]
fn a_parked_client_is_answered_when_its_deadline_passes_and_not_before() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut waiter = parked(&mut bench, &[b"PARK", b"500"]);
    waiter.send(&[b"ECHO", b"behind"]);
    bench.clock.advance(Duration::from_millis(499));
    bench.turn();
    assert_eq!(waiter.take_reply(), None);
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(bench.reply(&mut waiter), Value::Nil);
    assert_eq!(bench.reply(&mut waiter), bytes("behind"));
}

#[test]
fn a_deadline_is_kept_without_any_other_event() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut waiter = parked(&mut bench, &[b"PARK", b"50"]);
    bench.clock.advance(Duration::from_millis(50));
    bench.turning.turn().unwrap();
    assert_eq!(bench.reply(&mut waiter), Value::Nil);
}

#[test]
fn a_client_can_be_woken_without_a_reply() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut waiter = parked(&mut bench, &[b"PARK"]);
    waiter.send(&[b"ECHO", b"behind"]);
    bench.turn();
    let mut waker = bench.connect();
    waker.send(&[b"WAKE-SILENTLY"]);
    assert_eq!(bench.reply(&mut waiter), bytes("behind"));
}

#[test]
fn a_request_that_was_half_there_when_its_client_parked_is_found_whole_afterwards() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut waiter = bench.connect();
    let last = request(&[b"ECHO", b"last"]);
    waiter.send(&[b"PARK"]);
    waiter.send(&[b"ECHO", b"behind"]);
    waiter.send_bytes(&last[..18]);
    bench.turn_until(|bench| bench.probe().parked.len() == 1);
    let mut waker = bench.connect();
    assert_eq!(bench.call(&mut waker, &[b"WAKE"]), Value::Integer(1));
    assert_eq!(bench.reply(&mut waiter), status("woken"));
    assert_eq!(bench.reply(&mut waiter), bytes("behind"));
    waiter.send_bytes(&last[18..]);
    assert_eq!(bench.reply(&mut waiter), bytes("last"));
}

#[test]
fn a_parked_client_that_leaves_is_gone_before_anything_is_given_to_it() {
    let mut bench = Bench::new(LoopOptions::default());
    let waiter = parked(&mut bench, &[b"PARK"]);
    let mut waker = bench.connect();
    // Both in one round.
    drop(waiter);
    let woken = bench.call(&mut waker, &[b"WAKE"]);
    assert_eq!(woken, Value::Integer(0), "P5: it was said to be gone first");
    assert_eq!(bench.probe().gone.len(), 1);
}

#[test]
fn a_parked_client_that_is_closed_is_gone_before_the_next_request_of_the_round() {
    let mut bench = Bench::new(LoopOptions::default());
    let _waiter = parked(&mut bench, &[b"PARK"]);
    let mut killer = bench.connect();
    killer.send_bytes(&[request(&[b"KILL-OTHERS"]), request(&[b"WAKE"])].concat());
    assert_eq!(bench.reply(&mut killer), Value::Integer(1));
    assert_eq!(bench.reply(&mut killer), Value::Integer(0));
}

#[test]
fn a_client_that_sends_no_more_cannot_park_but_gets_its_earlier_replies() {
    let mut bench = Bench::new(LoopOptions { requests_per_round: 1, ..LoopOptions::default() });
    let mut peer = bench.connect();
    peer.send(&[b"ECHO", b"first"]);
    peer.send(&[b"ECHO", b"second"]);
    peer.send(&[b"PARK"]);
    peer.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(bench.reply(&mut peer), bytes("first"));
    assert_eq!(bench.reply(&mut peer), bytes("second"));
    bench.end(&mut peer);
    assert_eq!(bench.probe().parked, []);
}

#[test]
fn a_client_that_parks_after_its_end_is_gone_before_the_next_request_of_the_round() {
    let mut bench = Bench::new(LoopOptions { requests_per_round: 1, ..LoopOptions::default() });
    let (mut waiter, mut waker) = (bench.connect(), bench.connect());
    waiter.send_bytes(&[request(&[b"ECHO", b"1"]), request(&[b"ECHO", b"2"]), request(&[b"PARK"])].concat());
    waiter.stream.shutdown(Shutdown::Write).unwrap();
    waker.send_bytes(&[request(&[b"ECHO", b"1"]), request(&[b"ECHO", b"2"]), request(&[b"WAKE"])].concat());
    assert_eq!(bench.reply(&mut waker), bytes("1"));
    assert_eq!(bench.reply(&mut waker), bytes("2"));
    assert_eq!(bench.reply(&mut waker), Value::Integer(0), "P5: nothing is given to who has left");
    assert_eq!(bench.reply(&mut waiter), bytes("1"));
    assert_eq!(bench.reply(&mut waiter), bytes("2"));
    bench.end(&mut waiter);
}

#[test]
fn a_parked_client_that_sends_no_more_is_kept_where_that_is_asked_for() {
    let mut bench = Bench::new(LoopOptions { keep_half_closed: true, ..LoopOptions::default() });
    let mut before = parked(&mut bench, &[b"PARK"]);
    before.stream.shutdown(Shutdown::Write).unwrap();
    let mut at_once = bench.connect();
    at_once.send(&[b"PARK"]);
    at_once.stream.shutdown(Shutdown::Write).unwrap();
    bench.turn_until(|bench| bench.probe().parked.len() == 2);
    let mut waker = bench.connect();
    assert_eq!(bench.call(&mut waker, &[b"WAKE"]), Value::Integer(2));
    for peer in [&mut before, &mut at_once] {
        assert_eq!(bench.reply(peer), status("woken"));
        bench.end(peer);
    }
}

#[test]
fn a_service_may_finish_what_is_parked_before_the_end() {
    let mut bench = Bench::new(LoopOptions::default());
    bench.probe_mut().finishes = true;
    let mut peer = parked(&mut bench, &[b"PARK"]);
    bench.turning.waker().shut_down();
    let probe = bench.turning.run().unwrap();
    assert_eq!(probe.gone, [], "P5: nothing is executed after the end, so who was still open is not told");
    assert_eq!(peer.take_reply(), Some(status("finished")));
    assert!(peer.ended);
}

//! What one client may not do to the others.
#![allow(clippy::unwrap_used)]

mod harness;

use std::time::Duration;

use harness::{Asked, Bench, bytes, request};
use heapwood_poll_loop::{Interest, LoopOptions, RequestLimits};
use heapwood_sockets::Value;
use pretty_assertions::assert_eq;

fn small() -> LoopOptions {
    LoopOptions {
        request_limits: RequestLimits { max_body_bytes: 10_000, max_arguments: 10 },
        input_bytes: 30_000,
        read_bytes_per_round: 4_096,
        soft_output_bytes: 50_000,
        hard_output_bytes: 1_000_000,
        warn: |_| {},
        ..LoopOptions::default()
    }
}

/// The wake pipe and the listener are added before the first client.
const FIRST_CLIENT: usize = 2;

#[test]
fn a_client_that_never_reads_is_limited_then_dropped_and_hurts_nobody() {
    let mut bench = Bench::new(small());
    let (mut greedy, mut polite) = (bench.connect(), bench.connect());
    let flood = request(&[b"BYTES", b"9000"]).repeat(200_000);
    let mut sent = 0;
    bench.turn_until(|bench| {
        sent += greedy.send_some(&flood[sent..]);
        bench.poller.interest(FIRST_CLIENT) == Interest { readable: false, writable: true }
    });
    assert!(sent < flood.len(), "P4: its input was full before that");
    // P1: the loop, which could write nothing more to one client, has not waited for it.
    assert_eq!(bench.call(&mut polite, &[b"ECHO", b"hello"]), bytes("hello"));

    bench.clock.advance(Duration::from_secs(9));
    bench.turn();
    assert_eq!(bench.turning.counters().dropped, 0, "it has some seconds");
    bench.clock.advance(Duration::from_secs(2));
    bench.turn_until(|bench| bench.turning.counters().dropped == 1);
    assert_eq!(bench.probe().gone.len(), 1);
    assert_eq!(bench.call(&mut polite, &[b"ECHO", b"alone"]), bytes("alone"));
}

#[test]
fn a_parked_client_may_send_ahead_up_to_its_limit() {
    let mut bench = Bench::new(small());
    let (mut waiter, mut waker) = (bench.connect(), bench.connect());
    waiter.send(&[b"PARK"]);
    let ahead = request(&[b"COUNT"]).repeat(500_000);
    let mut sent = 0;
    bench.turn_until(|bench| {
        sent += waiter.send_some(&ahead[sent..]);
        bench.poller.interest(FIRST_CLIENT) == Interest::NONE
    });
    assert!(sent < ahead.len());
    assert_eq!(bench.call(&mut waker, &[b"WAKE"]), Value::Integer(1));
    bench.reply(&mut waiter);
    for number in 0..500_000 {
        if sent < ahead.len() {
            sent += waiter.send_some(&ahead[sent..]);
        }
        assert_eq!(bench.reply(&mut waiter), Value::Integer(number + 3));
    }
}

#[test]
fn a_client_that_reads_slowly_is_served_to_the_end() {
    let mut bench = Bench::new(small());
    let mut slow = bench.connect();
    let pipeline = request(&[b"BYTES", b"9000"]).repeat(2_000);
    let mut sent = 0;
    for received in 0..2_000 {
        bench.turn_until(|bench| {
            sent += slow.send_some(&pipeline[sent..]);
            bench.clock.advance(Duration::from_millis(1));
            slow.received.len() > 9_000 || {
                slow.receive();
                slow.received.len() > 9_000
            }
        });
        let reply = slow.take_reply();
        assert_eq!(reply, Some(Value::Bytes(vec![b'x'; 9_000])), "reply {received}");
    }
    assert_eq!(bench.turning.counters().dropped, 0);
}

#[test]
fn a_client_above_the_hard_limit_is_dropped_at_once() {
    let mut bench = Bench::new(small());
    let (mut greedy, mut polite) = (bench.connect(), bench.connect());
    greedy.send(&[b"BYTES", b"1000001"]);
    bench.end(&mut greedy);
    assert_eq!(bench.turning.counters().dropped, 1, "P4: above the hard limit");
    assert_eq!(bench.call(&mut polite, &[b"ECHO", b"hello"]), bytes("hello"));
}

#[test]
fn write_interest_lasts_exactly_as_long_as_something_is_left() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut peer = bench.connect();
    assert_eq!(bench.call(&mut peer, &[b"ECHO", b"small"]), bytes("small"));
    assert_eq!(bench.poller.changes(), 0, "a reply that fits needs no interest");

    peer.send(&[b"BYTES", b"50000000"]);
    bench.turn_until(|bench| bench.probe().executed == 2);
    let both = Interest { readable: true, writable: true };
    assert_eq!(bench.poller.interest(FIRST_CLIENT), both);
    for _ in 0..5 {
        bench.turn();
    }
    assert_eq!(bench.poller.interest(FIRST_CLIENT), both);
    assert_eq!(bench.reply(&mut peer), Value::Bytes(vec![b'x'; 50_000_000]));
    bench.turn();
    assert_eq!(bench.poller.interest(FIRST_CLIENT), Interest::READ);
    assert_eq!(bench.poller.changes(), 2);
}

#[test]
fn one_client_too_many_is_told_so_and_room_is_used_again() {
    let mut bench = Bench::new(LoopOptions { max_clients: 2, ..LoopOptions::default() });
    let (mut first, _second) = (bench.connect(), bench.connect());
    let mut third = bench.dial();
    third.send(&[b"ECHO", b"hello"]);
    let Value::Error(text) = bench.reply(&mut third) else {
        panic!("an error");
    };
    assert!(text.starts_with("MAXCLIENTS "), "{text}");
    bench.end(&mut third);
    assert_eq!(bench.call(&mut first, &[b"ECHO", b"here"]), bytes("here"));
    drop(first);
    bench.turn_until(|bench| bench.probe().gone.len() == 1);
    let mut fourth = bench.connect();
    assert_eq!(bench.call(&mut fourth, &[b"ECHO", b"room"]), bytes("room"));
}

#[test]
fn one_client_too_many_can_wait_for_a_place_instead() {
    let options = LoopOptions { max_clients: 2, refuse_when_full: false, ..LoopOptions::default() };
    let mut bench = Bench::new(options);
    let (mut first, mut second) = (bench.connect(), bench.connect());
    let mut third = bench.dial();
    third.send(&[b"ECHO", b"hello"]);
    for _ in 0..10 {
        assert_eq!(bench.call(&mut first, &[b"ECHO", b"here"]), bytes("here"));
        assert_eq!(third.take_reply(), None);
    }
    drop(first);
    assert_eq!(bench.reply(&mut third), bytes("hello"));

    bench.probe_mut().makes_room = true;
    let mut fourth = bench.connect();
    assert_eq!(bench.call(&mut fourth, &[b"ECHO", b"room"]), bytes("room"));
    bench.turn_until(|bench| bench.probe().gone.len() == 2);
    second.receive();
    third.receive();
    assert!(second.ended != third.ended, "one of them made room");

    bench.probe_mut().makes_room = false;
    fourth.send(&[b"QUIT"]);
    bench.reply(&mut fourth);
    bench.end(&mut fourth);
    let mut fifth = bench.dial();
    fifth.send(&[b"ECHO", b"room"]);
    assert_eq!(bench.reply(&mut fifth), bytes("room"), "although the fourth has not closed");
}

#[test]
fn a_storm_of_connections_is_accepted_in_portions() {
    let mut bench = Bench::new(LoopOptions { accepts_per_round: 3, ..LoopOptions::default() });
    let mut peer = bench.connect();
    let mut storm: Vec<_> = (0..50).map(|_| bench.dial()).collect();
    peer.send(&[b"ECHO", b"between"]);
    bench.turn();
    assert!(bench.turning.counters().accepted <= 1 + 3);
    assert_eq!(bench.reply(&mut peer), bytes("between"));
    for peer in &mut storm {
        peer.send(&[b"COUNT"]);
    }
    for peer in &mut storm {
        bench.reply(peer);
    }
}

#[test]
fn an_idle_client_is_dropped_only_when_that_is_asked_for_and_never_while_it_waits() {
    let day = Duration::from_secs(86_400);
    let mut bench = Bench::new(LoopOptions::default());
    let mut peer = bench.connect();
    bench.clock.advance(day);
    bench.turn();
    assert_eq!(bench.call(&mut peer, &[b"ECHO", b"here"]), bytes("here"));

    let mut bench =
        Bench::new(LoopOptions { idle_timeout: Some(Duration::from_secs(60)), ..LoopOptions::default() });
    let (mut idle, mut waiter) = (bench.connect(), bench.connect());
    waiter.send(&[b"PARK"]);
    bench.turn_until(|bench| bench.probe().parked.len() == 1);
    bench.clock.advance(Duration::from_secs(60));
    bench.turn();
    assert_eq!(bench.call(&mut idle, &[b"ECHO", b"here"]), bytes("here"));
    bench.clock.advance(Duration::from_secs(61));
    bench.end(&mut idle);
    assert_eq!(bench.probe().parked.len(), 1);
}

#[test]
fn a_connection_is_closed_although_its_peer_goes_on_sending() {
    let mut bench = Bench::new(LoopOptions::default());
    let (mut peer, mut brief) = (bench.connect(), bench.connect());
    let removed = |bench: &Bench| {
        let asked = bench.poller.asked.borrow();
        asked.iter().filter(|asked| matches!(asked, Asked::Remove(_))).count()
    };
    brief.send(&[b"QUIT"]);
    bench.reply(&mut brief);
    brief.send(&[b"ECHO", b"too late"]);
    drop(brief);
    bench.turn_until(|bench| removed(bench) == 1);

    peer.send(&[b"QUIT"]);
    bench.reply(&mut peer);
    bench.end(&mut peer);
    peer.send_some(&[0; 1_000]);
    bench.turn();
    assert_eq!(removed(&bench), 1, "it lingers, so that no reset destroys the reply");
    bench.clock.advance(Duration::from_secs(3));
    bench.turn_until(|bench| removed(bench) == 2);
}

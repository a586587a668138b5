//! Requests and rounds: what a client gets for what it sends.
#![allow(clippy::unwrap_used)]

mod harness;

use std::net::Shutdown;

use harness::{Bench, bytes, request, status};
use heapwood_poll_loop::{Interest, LoopOptions, RequestLimits};
use heapwood_sockets::Value;
use pretty_assertions::assert_eq;

#[test]
fn a_request_split_at_every_byte_is_answered_once() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut peer = bench.connect();
    let whole = request(&[b"ECHO", b"hello"]);
    for split in 0..=whole.len() {
        peer.send_bytes(&whole[..split]);
        bench.turn();
        peer.send_bytes(&whole[split..]);
        assert_eq!(bench.reply(&mut peer), bytes("hello"));
    }
    for byte in &whole {
        assert_eq!(peer.take_reply(), None);
        peer.send_bytes(&[*byte]);
        bench.turn();
    }
    assert_eq!(bench.reply(&mut peer), bytes("hello"));
}

#[test]
fn a_pipeline_is_answered_in_order_and_seen_whole_before_its_first_call() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut peer = bench.connect();
    let texts: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let pipeline: Vec<u8> = texts.iter().flat_map(|text| request(&[b"ECHO", text.as_bytes()])).collect();
    peer.send_bytes(&pipeline);
    for text in &texts {
        assert_eq!(bench.reply(&mut peer), bytes(text));
    }
    assert_eq!(bench.probe().warmed, 100);
}

#[test]
fn a_client_that_sends_a_hundred_thousand_requests_before_it_reads_gets_all_replies() {
    let mut bench = Bench::new(LoopOptions { soft_output_bytes: 10_000, ..LoopOptions::default() });
    let mut peer = bench.connect();
    let text = [b'r'; 100];
    let one = request(&[b"ECHO", &text]);
    let pipeline = one.repeat(100_000);
    let mut sent = 0;
    bench.turn_until(|_| {
        sent += peer.send_some(&pipeline[sent..]);
        sent == pipeline.len()
    });
    for _ in 0..100_000 {
        assert_eq!(bench.reply(&mut peer), Value::Bytes(text.to_vec()));
    }
    assert_eq!(bench.probe().executed, 100_000);
}

#[test]
fn a_client_that_stops_sending_still_gets_the_replies_to_its_pipeline() {
    let mut bench =
        Bench::new(LoopOptions { soft_output_bytes: 1_000, requests_per_round: 7, ..LoopOptions::default() });
    let mut peer = bench.connect();
    peer.send_bytes(&request(&[b"BYTES", b"20000"]).repeat(1_000));
    peer.send_bytes(&request(&[b"ECHO", b"half"])[..6]);
    peer.stream.shutdown(Shutdown::Write).unwrap();
    // It waits for the peer to read, and no longer for what it knows already.
    let blocked = Interest { readable: false, writable: true };
    bench.turn_until(|bench| bench.poller.interest(2) == blocked);
    assert_eq!(bench.probe().gone, []);
    for _ in 0..1_000 {
        assert_eq!(bench.reply(&mut peer), Value::Bytes(vec![b'x'; 20_000]));
    }
    bench.end(&mut peer);
    assert_eq!(bench.probe().gone.len(), 1);
}

#[test]
fn a_malformed_frame_is_answered_in_its_turn_and_closes_only_its_own_connection() {
    let mut bench = Bench::new(LoopOptions::default());
    let (mut bad, mut good) = (bench.connect(), bench.connect());
    bad.send(&[b"ECHO", b"before"]);
    bad.send_bytes(&[0xff; 100]);
    good.send(&[b"ECHO", b"good"]);
    // A client that writes all it has before it reads must get that far.
    let (rest, mut sent) = (vec![0xff; 30_000_000], 0);
    bench.turn_until(|_| {
        sent += bad.send_some(&rest[sent..]);
        sent == rest.len()
    });
    assert_eq!(bench.reply(&mut bad), bytes("before"));
    let Value::Error(text) = bench.reply(&mut bad) else {
        panic!("an error");
    };
    assert!(text.starts_with("PROTOCOL "), "{text}");
    bench.end(&mut bad);
    assert_eq!(bench.reply(&mut good), bytes("good"));
    assert_eq!(bench.call(&mut good, &[b"ECHO", b"still"]), bytes("still"));
    assert_eq!(bench.turning.counters().protocol_errors, 1);
}

#[test]
fn a_request_without_a_reply_sends_nothing() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut peer = bench.connect();
    peer.send(&[b"NOTHING"]);
    assert_eq!(bench.call(&mut peer, &[b"ECHO", b"next"]), bytes("next"));
}

#[test]
fn a_quitting_client_gets_its_replies_then_the_end_and_its_later_requests_are_ignored() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut peer = bench.connect();
    peer.send(&[b"ECHO", b"one"]);
    peer.send(&[b"QUIT"]);
    peer.send(&[b"ECHO", b"never"]);
    assert_eq!(bench.reply(&mut peer), bytes("one"));
    assert_eq!(bench.reply(&mut peer), status("bye"));
    bench.end(&mut peer);
    assert_eq!(bench.probe().executed, 2);
}

#[test]
fn a_flooding_client_does_not_starve_a_polite_one() {
    let mut bench = Bench::new(LoopOptions { requests_per_round: 10, ..LoopOptions::default() });
    let (mut flood, mut polite) = (bench.connect(), bench.connect());
    flood.send_bytes(&request(&[b"COUNT"]).repeat(5_000));
    polite.send(&[b"COUNT"]);
    for round in 1..=5 {
        let Value::Integer(executed) = bench.reply(&mut polite) else {
            panic!("a number");
        };
        // At most ten of the others were executed in each round that one took, and its own.
        assert!(executed <= round * 3 * 10, "P2: {executed} before it in round {round}");
        polite.send(&[b"COUNT"]);
    }
    for _ in 0..5_000 {
        bench.reply(&mut flood);
    }
}

#[test]
fn limits_that_a_request_changes_hold_for_the_next_one_of_the_same_pipeline() {
    let initial = RequestLimits { max_body_bytes: 64, max_arguments: 10 };
    let mut bench =
        Bench::new(LoopOptions { initial_request_limits: Some(initial), ..LoopOptions::default() });
    let long = "long".repeat(100);
    let mut peer = bench.connect();
    peer.send(&[b"AUTH"]);
    peer.send(&[b"ECHO", long.as_bytes()]);
    assert_eq!(bench.reply(&mut peer), status("OK"));
    assert_eq!(bench.reply(&mut peer), bytes(&long));

    let mut stranger = bench.connect();
    stranger.send(&[b"ECHO", long.as_bytes()]);
    assert!(matches!(bench.reply(&mut stranger), Value::Error(_)));
    bench.end(&mut stranger);
}

#[test]
fn one_client_can_close_others_and_each_is_reported_gone_once() {
    let mut bench = Bench::new(LoopOptions::default());
    let mut others = [bench.connect(), bench.connect()];
    let mut killer = bench.connect();
    others[0].send(&[b"PARK"]);
    bench.turn_until(|bench| bench.probe().parked.len() == 1);
    assert_eq!(bench.call(&mut killer, &[b"KILL-OTHERS"]), Value::Integer(2));
    for other in &mut others {
        bench.end(other);
    }
    assert_eq!(bench.probe().gone.len(), 2);
    assert_eq!(bench.probe().parked, []);
    assert_eq!(bench.call(&mut killer, &[b"KILL-OTHERS"]), Value::Integer(0));
}

#[test]
fn events_of_clients_that_left_are_ignored() {
    let mut bench = Bench::new(LoopOptions::default());
    let invented = heapwood_poll_loop::Event { token: 77, readable: true, writable: true, hung_up: true };
    bench.poller.invented.borrow_mut().push(invented);
    let mut peer = bench.connect();
    assert_eq!(bench.call(&mut peer, &[b"ECHO", b"here"]), bytes("here"));
}

#[test]
fn a_client_that_rests_lets_the_others_go_first_and_loses_nothing() {
    let mut bench = Bench::new(LoopOptions::default());
    let (mut slow, mut other) = (bench.connect(), bench.connect());
    slow.send_bytes(&request(&[b"REST"]).repeat(3));
    slow.stream.shutdown(Shutdown::Write).unwrap();
    other.send_bytes(&request(&[b"COUNT"]).repeat(2));
    bench.turn_until(|bench| bench.probe().executed == 5);
    let count = Value::Integer;
    let others = [bench.reply(&mut other), bench.reply(&mut other)];
    assert!(others.iter().all(|place| [1, 2, 3].map(count).contains(place)), "{others:?}");
    let last = [(); 3].map(|()| bench.reply(&mut slow))[1..].to_vec();
    assert_eq!(last, [count(4), count(5)]);
    bench.end(&mut slow);
}

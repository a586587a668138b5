#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use heapwood_poll_loop::{
    EventLoop, FrameWire, LoopOptions, Outcome, Request, Round, Service, SystemClock, raise_open_files,
};
use heapwood_sockets::{Client, Value};

use super::*;

/// Two ends each; the descriptor of the first is watched with its index as token.
fn pairs(count: usize) -> Vec<(UnixStream, UnixStream)> {
    raise_open_files(8_192);
    (0..count).map(|_| UnixStream::pair().unwrap()).collect()
}

fn ready(poller: &mut AutoPoller) -> Vec<u64> {
    let mut events = Vec::new();
    poller.wait(Some(Duration::ZERO), &mut events).unwrap();
    let mut tokens: Vec<u64> = events.iter().map(|event| event.token).collect();
    tokens.sort_unstable();
    tokens
}

#[test]
fn auto_moves_everything_to_epoll_at_the_threshold_and_stays_there() {
    let mut poller = choose(PollerChoice::Auto).unwrap();
    let mut pairs = pairs(EPOLL_FROM_DESCRIPTORS + 10);
    for (index, (ours, _)) in pairs.iter().enumerate() {
        let expected = if index < EPOLL_FROM_DESCRIPTORS { "poll" } else { "epoll" };
        assert_eq!(poller.shared_name().get(), expected, "with {index} descriptors");
        poller.add(ours.as_raw_fd(), index as u64, Interest::READ).unwrap();
        if index == 7 {
            poller.change(ours.as_raw_fd(), 7_000, Interest::NONE).unwrap();
        }
        if index == 9 {
            let both = Interest { readable: true, writable: true };
            poller.change(ours.as_raw_fd(), 9, both).unwrap();
        }
    }
    for index in [3, 7, EPOLL_FROM_DESCRIPTORS + 5] {
        pairs[index].1.write_all(b"x").unwrap();
    }
    let last = EPOLL_FROM_DESCRIPTORS as u64 + 5;
    assert_eq!(ready(&mut poller), [3, 9, last]);
    assert_eq!(ready(&mut poller), [3, 9, last], "reported until it is read");

    poller.change(pairs[7].0.as_raw_fd(), 7_000, Interest::READ).unwrap();
    assert_eq!(ready(&mut poller), [3, 9, last, 7_000]);
    for (ours, _) in &pairs[4..] {
        poller.remove(ours.as_raw_fd()).unwrap();
    }
    assert_eq!((ready(&mut poller), poller.shared_name().get()), (vec![3], "epoll"));
}

#[test]
fn poll_stays_poll_and_epoll_is_epoll_from_the_start() {
    let pairs = pairs(EPOLL_FROM_DESCRIPTORS + 10);
    for (choice, name) in [(PollerChoice::Poll, "poll"), (PollerChoice::Epoll, "epoll")] {
        let mut poller = choose(choice).unwrap();
        for (index, (ours, _)) in pairs.iter().enumerate() {
            assert_eq!(poller.shared_name().get(), name);
            poller.add(ours.as_raw_fd(), index as u64, Interest::READ).unwrap();
        }
        assert_eq!(poller.shared_name().get(), name);
    }
}

#[test]
fn both_pollers_report_a_peer_that_left_whatever_the_interest() {
    for choice in [PollerChoice::Poll, PollerChoice::Epoll] {
        let mut poller = choose(choice).unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        poller.add(ours.as_raw_fd(), 1, Interest::NONE).unwrap();
        assert!(ready(&mut poller).is_empty());
        drop(theirs);
        let mut events = Vec::new();
        poller.wait(None, &mut events).unwrap();
        assert!(events[0].hung_up && !events[0].readable, "{choice:?}: {events:?}");
    }
}

/// Answers everything with its own argument.
struct Echo;

impl Service for Echo {
    type Wire = FrameWire;

    fn call(&mut self, round: &mut Round<'_, FrameWire>, request: Request<'_>) -> Outcome {
        round.reply(request.client(), |replies| replies.bytes(request.arg(0)));
        Outcome::Done
    }
}

#[test]
fn a_loop_serves_all_its_clients_before_and_after_the_move() {
    raise_open_files(8_192);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let poller = choose(PollerChoice::Auto).unwrap();
    let options = LoopOptions::default();
    let event_loop =
        EventLoop::new(vec![listener], Echo, poller, SystemClock::with_floor(0), options).unwrap();
    let (addr, waker) = (event_loop.local_addr().unwrap(), event_loop.waker());
    let thread = std::thread::spawn(move || event_loop.run().map(drop));
    let mut clients = Vec::new();
    for number in 0..300 {
        let mut client = Client::connect(addr).unwrap();
        let text = format!("first {number}");
        assert_eq!(client.call(&[&text]).unwrap(), Value::Bytes(text.into()));
        clients.push(client);
    }
    clients.truncate(100);
    for client in &mut clients {
        assert_eq!(client.call(&["again"]).unwrap(), Value::Bytes("again".into()));
    }
    waker.shut_down();
    thread.join().unwrap().unwrap();
    assert!(clients[0].call(&["too late"]).is_err());
}

use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

use heapwood_kit::given;
use heapwood_poll_loop::{Event, Interest, LoopOptions, Poller};

use super::subject::{ClientId, Connection, Output, Phase, Stream};

const BOTH: Interest = Interest { readable: true, writable: true };
const WRITE: Interest = Interest { readable: false, writable: true };

/// A poller that only remembers what it was told.
#[derive(Default)]
struct Memory {
    changes: Vec<(RawFd, u64, Interest)>,
    is_broken: bool,
}

impl Poller for Memory {
    fn add(&mut self, _: RawFd, _: u64, _: Interest) -> io::Result<()> {
        Err(io::Error::other("the client was added already"))
    }

    fn change(&mut self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.changes.push((fd, token, interest));
        if self.is_broken { Err(io::Error::other("the poller is broken")) } else { Ok(()) }
    }

    fn remove(&mut self, _: RawFd) -> io::Result<()> {
        Err(io::Error::other("the client is still there"))
    }

    fn wait(&mut self, _: Option<Duration>, _: &mut Vec<Event>) -> io::Result<()> {
        Err(io::Error::other("only the loop waits"))
    }
}

/// A client with descriptor 5 and token 77, of which the loop waits to read.
fn client() -> Connection {
    Connection {
        id: ClientId::new(77),
        stream: Stream::new(5),
        phase: Phase::Open,
        interest: Interest::READ,
        input: Vec::new(),
        at_end: false,
        output: Output::default(),
    }
}

/// Calls `watch` once, and gives the interest that was asked for, where something was.
fn asked(client: &mut Connection) -> Option<Interest> {
    let mut poller = Memory::default();
    let options = LoopOptions { input_bytes: 100, ..LoopOptions::default() };
    let result = client.watch(&mut poller, &options);
    given("a poller that works").holds(result.is_ok(), "no error", "an error");
    poller.changes.last().map(|change| change.2)
}

/// Replies that are left over make the loop wait for room to write, besides more to read; nothing left over costs no call.
pub fn a_remainder() {
    given("an open client, of which the loop waits to read already, and nothing to send: what the poller is told")
        .expect(None, asked(&mut client()));
    let mut client = client();
    client.output = Output::new(10, 10);
    let mut poller = Memory::default();
    let result = client.watch(&mut poller, &LoopOptions::default());
    let given = given("an open client, descriptor 5, token 77, with 10 bytes left that may leave");
    given.expect(vec![(5, 77, BOTH)], poller.changes);
    given.holds(result.is_ok(), "no error", "an error");
    let mut client = self::client();
    client.output = Output::new(10, 1);
    self::given("an open client with 10 bytes left, one of which may leave")
        .expect(Some(BOTH), asked(&mut client));
}

/// When everything has left, the loop no longer waits for room.
pub fn nothing_left() {
    let mut client = client();
    client.output = Output::new(10, 10);
    asked(&mut client);
    client.output = Output::default();
    given("a client with 10 bytes left; in the next round all have left")
        .expect(Some(Interest::READ), asked(&mut client));
}

/// Replies that wait for a commit do not make the loop wait for room: there is room, and nothing to do with it.
pub fn withheld_replies() {
    let mut client = client();
    client.output = Output::new(10, 0);
    given("an open client with 10 bytes of replies, none of which may leave yet")
        .expect(None, asked(&mut client));
}

/// The poller is told of a change once, and an error of it reaches the caller.
pub fn the_same_twice() {
    let mut client = client();
    client.output = Output::new(10, 10);
    let mut poller = Memory::default();
    for _ in 0..3 {
        let _ = client.watch(&mut poller, &LoopOptions::default());
    }
    given("a client with 10 bytes left, for three rounds: how often the poller is told")
        .expect(1, poller.changes.len());
    client.output = Output::default();
    poller.is_broken = true;
    let result = client.watch(&mut poller, &LoopOptions::default());
    given("a change, and a poller that fails").holds(result.is_err(), "the poller's error", "no error");
}

/// A client whose input is full is not read from, and is again when there is room (P4).
pub fn a_full_input() {
    let mut client = client();
    client.input = vec![b'r'; 100];
    given("an open client whose input of 100 bytes is full").expect(Some(Interest::NONE), asked(&mut client));
    client.output = Output::new(10, 10);
    given("the same, with 10 bytes left to send").expect(Some(WRITE), asked(&mut client));
    client.input.truncate(99);
    given("the same, with 99 bytes in its input").expect(Some(BOTH), asked(&mut client));
}

/// A client that sends no more is not read from: the end of a stream stays readable.
pub fn the_end_of_the_stream() {
    let mut client = client();
    client.at_end = true;
    given("an open client that sends no more").expect(Some(Interest::NONE), asked(&mut client));
    client.output = Output::new(10, 10);
    given("the same, with 10 bytes left to send").expect(Some(WRITE), asked(&mut client));
}

/// A lingering client is read from, however full its input is, and whatever it has sent.
pub fn a_lingering_client() {
    for (len, at_end) in [(0, false), (100, false), (0, true)] {
        let mut client = client();
        client.interest = WRITE;
        client.phase = Phase::Lingering;
        client.input = vec![b'r'; len];
        client.at_end = at_end;
        given(format!("a lingering client; {len} of 100 bytes of input; it sends no more: {at_end}"))
            .expect(Some(Interest::READ), asked(&mut client));
    }
}

/// A client that is closing is only written to, and one that has ended is not waited for at all.
pub fn a_client_on_its_way_out() {
    let mut client = client();
    client.interest = Interest::NONE;
    client.phase = Phase::Closing;
    client.output = Output::new(10, 10);
    given("a closing client with 10 bytes left; the poller was told of no interest")
        .expect(Some(WRITE), asked(&mut client));
    client.output = Output::default();
    client.phase = Phase::Ended;
    given("the same, all sent, and it has ended").expect(Some(Interest::NONE), asked(&mut client));
}

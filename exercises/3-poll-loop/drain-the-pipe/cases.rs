use std::io::{self, ErrorKind, Read};

use heapwood_kit::{Pieces, Step, given};

use super::subject::{STOP, WAKE, WakeReader, Waker};

fn give(bytes: &[u8]) -> Step {
    Step::Give(bytes.to_vec())
}

/// A reader whose pipe holds these steps, with the flag set as after a wake.
fn reader(steps: impl IntoIterator<Item = Step>) -> WakeReader<Pieces> {
    let waker = Waker::default();
    waker.wake();
    WakeReader { reader: Pieces::new(steps), waker }
}

/// What a thread's `wake` has left in the pipe, as text.
fn in_the_pipe(waker: &Waker) -> String {
    String::from_utf8_lossy(&waker.pipe.lock().unwrap()).into_owned()
}

/// An ordinary wake is no stop, and after it a thread can wake the loop again.
pub fn a_wake() {
    let mut reader = reader([give(b"w"), Step::Fail(ErrorKind::WouldBlock)]);
    given("a pipe with \"w\": has drain seen a stop?").expect(false, reader.drain());
    reader.waker.pipe.lock().unwrap().clear();
    reader.waker.wake();
    given("a wake, a drain, and one more wake: what the second wake has left in the pipe")
        .expect("w", in_the_pipe(&reader.waker).as_str());
}

/// A stop is found wherever it stands among wakes.
pub fn a_stop_between_wakes() {
    for bytes in ["s", "sw", "ws", "wsw"] {
        let mut reader = reader([give(bytes.as_bytes()), Step::Fail(ErrorKind::WouldBlock)]);
        given(format!("a pipe with {bytes:?}: has drain seen a stop?")).expect(true, reader.drain());
        reader.waker.pipe.lock().unwrap().clear();
        reader.waker.wake();
        given(format!("a pipe with {bytes:?}, a drain, and then a wake: what the wake has left in the pipe"))
            .expect("w", in_the_pipe(&reader.waker).as_str());
    }
    let steps = [Step::Fail(ErrorKind::Interrupted), give(b"s"), Step::Fail(ErrorKind::WouldBlock)];
    let mut reader = reader(steps);
    given("a read that is interrupted, then a pipe with \"s\": has one of two drains seen a stop?")
        .expect(true, reader.drain() | reader.drain());
}

/// A stop is not forgotten because more bytes follow it than one read takes.
pub fn a_stop_that_is_followed_by_many_wakes() {
    for (before, after) in [(0, 64), (10, 100), (63, 1)] {
        let bytes = [vec![WAKE; before], vec![STOP], vec![WAKE; after]].concat();
        let mut reader = reader([give(&bytes), Step::Fail(ErrorKind::WouldBlock)]);
        given(format!("a pipe with {before} wakes, a stop, and {after} wakes: has drain seen a stop?"))
            .expect(true, reader.drain());
    }
}

/// Everything that is in the pipe is taken out of it, and a stop at its end is found.
pub fn a_pipe_that_is_fuller_than_the_buffer() {
    for wakes in [64, 200, 1_024] {
        let bytes = [vec![WAKE; wakes], vec![STOP]].concat();
        let mut reader = reader([give(&bytes), Step::Fail(ErrorKind::WouldBlock)]);
        let given = given(format!("a pipe with {wakes} wakes and a stop"));
        given.holds(reader.drain(), "drain sees the stop at the end", "it does not");
        let left: usize = std::iter::from_fn(|| reader.reader.read(&mut [0; 64]).ok()).take(100).sum();
        given.holds(left == 0, "the pipe is empty", format!("{left} bytes are left in it"));
    }
}

/// What stands behind a stop is taken out of the pipe, too.
pub fn bytes_behind_a_stop() {
    for (before, after) in [(0, 64), (0, 300), (70, 100)] {
        let bytes = [vec![WAKE; before], vec![STOP], vec![WAKE; after]].concat();
        let mut reader = reader([give(&bytes), Step::Fail(ErrorKind::WouldBlock)]);
        reader.drain();
        let left: usize = std::iter::from_fn(|| reader.reader.read(&mut [0; 64]).ok()).take(100).sum();
        given(format!("a pipe with {before} wakes, a stop, and {after} wakes; after drain")).holds(
            left == 0,
            "the pipe is empty",
            format!("{left} bytes are left in it"),
        );
    }
}

/// A wake that comes while the pipe is drained must not be the last one.
pub fn a_wake_during_the_drain() {
    /// A pipe into which another thread writes right before it is read for the first time.
    struct Meanwhile {
        waker: Waker,
        calls: usize,
    }

    impl Read for Meanwhile {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            self.calls += 1;
            if self.calls == 1 {
                self.waker.wake();
            }
            let mut pipe = self.waker.pipe.lock().unwrap();
            if pipe.is_empty() {
                return Err(ErrorKind::WouldBlock.into());
            }
            let count = pipe.len().min(room.len());
            room[..count].copy_from_slice(&pipe[..count]);
            pipe.drain(..count);
            Ok(count)
        }
    }

    let waker = Waker::default();
    waker.wake();
    let mut reader =
        WakeReader { reader: Meanwhile { waker: waker.clone(), calls: 0 }, waker: waker.clone() };
    reader.drain();
    waker.wake();
    given("a wake, a drain during which another thread wakes, and a wake after it: what the last wake has left in the pipe")
        .expect("w", in_the_pipe(&waker).as_str());
}

/// A pipe that is closed is drained, and that comes to an end.
pub fn a_closed_pipe() {
    let mut reader = reader([give(b"ws")]);
    given("a pipe with \"ws\", closed behind it: has drain seen a stop?").expect(true, reader.drain());
    given("the same pipe, drained once more: has drain seen a stop?").expect(false, reader.drain());
}

//! Empty the pipe, and lose no wake.
//!
//! The loop sleeps in `poll` and nowhere else (P1). A thread that has something for it writes one byte into a pipe that
//! `poll` watches; a signal handler writes another byte, which says "stop". When `poll` reports the pipe, the loop empties
//! it. That is your part: write `WakeReader::drain` and the `read_all` that it calls.
//!
//! What must hold:
//!
//! - After `drain` the pipe is empty, however many bytes were in it, unless a read has failed: an interrupted one, say.
//!   Then the rest may stay where it is, since `poll` reports it again.
//! - `drain` says whether a `STOP` was among the bytes that it took, wherever it stood.
//! - It never waits and never panics. The pipe does not block: a read of an empty one fails with `WouldBlock`. One that is
//!   closed reads as 0 bytes, again and again.
//! - No wake is lost. Whoever calls `wake` after `drain` has returned leaves a byte in the pipe, also if other threads have
//!   called `wake` while `drain` was at work. (Those need no byte: the round that begins now sees what they tell of.)
//!
//! Given are the pipe's other end, `Waker`, with the flag by which many wakes leave one byte, and the struct. In the server
//! the reader is a `UnixStream`; here it is anything that can be read from, so that a case can script it.
//!
//! Run `cargo learn drain-the-pipe`.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The byte of a wake.
pub const WAKE: u8 = b'w';
/// The byte that asks the loop to stop.
pub const STOP: u8 = b's';

/// Wakes a loop, from any thread.
#[derive(Clone, Default)]
pub struct Waker {
    /// What is in the pipe.
    pub pipe: Arc<Mutex<Vec<u8>>>,
    /// A wake is already in the pipe: a second one would say nothing new, and could fill it.
    pub woken: Arc<AtomicBool>,
}

impl Waker {
    /// Makes the loop run a round soon. Cheap when it is about to do so anyway.
    pub fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.pipe.lock().unwrap_or_else(PoisonError::into_inner).push(WAKE);
        }
    }
}

/// The loop's end of the pipe.
pub struct WakeReader<R> {
    /// Where the bytes come from.
    pub reader: R,
    /// The other end.
    pub waker: Waker,
}

impl<R: Read> WakeReader<R> {
    /// Empties the pipe and says whether the loop was asked to stop.
    pub fn drain(&mut self) -> bool {
        // The flag after the bytes: the read may take a newer wake's byte, and would leave its flag. A
        // wake between the two leaves no byte, and needs none: the round that begins now sees what it tells of.
        let stop = self.read_all();
        self.waker.woken.swap(false, Ordering::AcqRel);
        stop
    }

    /// Reads what is in the pipe, and says whether `STOP` was among it.
    fn read_all(&mut self) -> bool {
        let mut bytes = [0; 64];
        let mut stop = false;
        while let Ok(count) = self.reader.read(&mut bytes) {
            stop |= bytes[..count].contains(&STOP);
            if count < bytes.len() {
                break;
            }
        }
        stop
    }
}

//! The self-pipe: what makes a loop that waits for sockets also wait for signals and threads
//! (D. J. Bernstein, *The self-pipe trick*). Waking is writing a byte that the loop polls for.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys;

const WAKE: u8 = b'w';
const STOP: u8 = sys::SIGNAL_BYTE;

/// Wakes a loop, from any thread.
#[derive(Clone)]
pub struct Waker {
    writer: Arc<UnixStream>,
    /// A wake is already in the pipe: a second one would say nothing new, and could fill it.
    woken: Arc<AtomicBool>,
}

impl Waker {
    /// Makes the loop run a round soon. Cheap when it is about to do so anyway.
    pub fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.send(WAKE);
        }
    }

    /// Makes the loop finish its round and stop.
    pub fn shut_down(&self) {
        self.send(STOP);
    }

    fn send(&self, byte: u8) {
        // A full pipe wakes the loop as well; a closed one belongs to a loop that has ended.
        let _ = (&*self.writer).write(&[byte]);
    }
}

/// Makes SIGINT and SIGTERM stop this waker's loop: the whole process has one such loop, the
/// last that asked. The handler stays for the life of the process.
///
/// # Errors
/// The system refuses a descriptor or the handler.
pub fn stop_on_signals(waker: &Waker) -> io::Result<()> {
    sys::write_on_signals(waker.writer.try_clone()?)
}

/// The loop's end of the pipe.
///
/// Public for loops that are not an [`EventLoop`](crate::EventLoop) but wait with a [`Poller`](crate::Poller).
pub struct WakeReader {
    reader: UnixStream,
    waker: Waker,
}

impl WakeReader {
    /// A new pipe: a pair of sockets, which the standard library can make non-blocking.
    ///
    /// # Errors
    /// The system refuses a descriptor.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok(Self { reader, waker: Waker { writer: Arc::new(writer), woken: Arc::default() } })
    }

    /// The other end; clone it for each thread.
    pub fn waker(&self) -> &Waker {
        &self.waker
    }

    /// What the loop waits for.
    pub fn fd(&self) -> RawFd {
        self.reader.as_raw_fd()
    }

    /// Empties the pipe and says whether the loop was asked to stop.
    pub fn drain(&mut self) -> bool {
        // The flag after the bytes: the read may take a newer wake's byte, and would leave its flag. A
        // wake between the two leaves no byte, and needs none: the round that begins now sees what it tells of.
        let stop = self.read_all();
        self.waker.woken.swap(false, Ordering::AcqRel);
        stop
    }

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::poller::{Interest, PollPoller, Poller};
    use std::sync::atomic::AtomicU64;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn many_wakes_are_one_byte_and_none_is_lost_after_a_drain() {
        let mut reader = WakeReader::new().unwrap();
        let waker = reader.waker().clone();
        for _ in 0..1_000_000 {
            waker.wake();
        }
        assert!(!reader.drain());
        assert!(reader.reader.read(&mut [0; 1]).is_err(), "empty now");
        waker.wake();
        assert_eq!(reader.reader.read(&mut [0; 8]).unwrap(), 1);
    }

    #[test]
    fn a_wake_while_the_pipe_is_emptied_is_not_lost() {
        const TELLERS: u64 = 4;
        const EACH: u64 = 50_000;
        let mut reader = WakeReader::new().unwrap();
        let told = Arc::new(AtomicU64::new(0));
        for _ in 0..TELLERS {
            let (told, waker) = (Arc::clone(&told), reader.waker().clone());
            std::thread::spawn(move || {
                for _ in 0..EACH {
                    told.fetch_add(1, Ordering::AcqRel);
                    waker.wake();
                    std::thread::yield_now();
                }
            });
        }
        let (mut poller, mut ready) = (PollPoller::new(), Vec::new());
        poller.add(reader.fd(), 0, Interest::READ).unwrap();
        while told.load(Ordering::Acquire) < TELLERS * EACH {
            ready.clear();
            poller.wait(Some(PATIENCE), &mut ready).unwrap();
            assert!(!ready.is_empty(), "nobody was woken any more");
            reader.drain();
        }
    }

    #[test]
    fn a_stop_is_told_from_a_wake() {
        let mut reader = WakeReader::new().unwrap();
        reader.waker().wake();
        reader.waker().shut_down();
        assert!(reader.drain());
        assert!(!reader.drain());
    }
}

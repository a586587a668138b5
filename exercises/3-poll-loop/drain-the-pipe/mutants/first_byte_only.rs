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
            stop |= bytes[..count].first() == Some(&STOP);
            if count < bytes.len() {
                break;
            }
        }
        stop
    }
}

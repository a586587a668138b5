//! Carries requests to `tiny_http` and answers back, on a thread each.

use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use heapwood_poll_loop::Waker;

/// What an answer is cut into.
const PIECE_BYTES: usize = 16 * 1024;

/// Sends threads, and knows how many are under way.
#[derive(Clone)]
pub(crate) struct Courier {
    /// Where `tiny_http` listens.
    door: PathBuf,
    /// How long one read or write may take.
    patience: Duration,
    /// Wakes the loop that waits for the pieces.
    pub(crate) waker: Option<Waker>,
    /// One more reference for each thread.
    tally: Arc<()>,
}

impl Courier {
    pub(crate) fn new(door: PathBuf, patience: Duration) -> Self {
        Self { door, patience, waker: None, tally: Arc::default() }
    }

    pub(crate) fn under_way(&self) -> usize {
        Arc::strong_count(&self.tally) - 1
    }

    /// The pieces of the answer. One waits here until it is taken, the others inside: a client that reads slowly makes
    /// the application wait. The end of the channel is that of the answer, also of one that never began.
    pub(crate) fn carry(&self, request: Vec<u8>) -> Receiver<Vec<u8>> {
        let (sender, pieces) = sync_channel(1);
        let (this, waker) = (self.clone(), self.waker.clone());
        let errand = move || {
            // Whatever fails, the guard sees how far the answer came.
            let _ = this.fetch(&request, &sender);
            drop((this, sender));
            waker.iter().for_each(Waker::wake);
        };
        // Without a thread the sender is dropped at once.
        let _ = thread::Builder::new().name("http courier".to_owned()).spawn(errand);
        pieces
    }

    fn fetch(&self, request: &[u8], pieces: &SyncSender<Vec<u8>>) -> io::Result<()> {
        let mut inner = UnixStream::connect(&self.door)?;
        inner.set_read_timeout(Some(self.patience))?;
        inner.set_write_timeout(Some(self.patience))?;
        // It may answer without reading to the end; then the answer counts.
        let _ = inner.write_all(request);
        // The end of the stream tells tiny_http that no second request follows, and ends its thread.
        let _ = inner.shutdown(Shutdown::Write);
        let mut answer = BufReader::with_capacity(PIECE_BYTES, inner);
        skip_continue(&mut answer)?;
        loop {
            let piece = answer.fill_buf()?.to_vec();
            answer.consume(piece.len());
            if piece.is_empty() || pieces.send(piece).is_err() {
                return Ok(());
            }
            self.waker.iter().for_each(Waker::wake);
        }
    }
}

/// The guard has answered `Expect` already. `tiny_http` does so too, in one write of its own.
fn skip_continue(answer: &mut impl BufRead) -> io::Result<()> {
    if answer.fill_buf()?.starts_with(b"HTTP/1.1 100") {
        let mut line = Vec::new();
        while line != b"\r\n" {
            line.clear();
            answer.read_until(b'\n', &mut line)?;
        }
    }
    Ok(())
}

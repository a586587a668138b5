//! The thread that syncs once a second, so that a slow disk does not stop the event loop.
//!
//! The log tells how far it has written; the thread answers how far that is known durable. What is durable after a sync is what was written *before
//! the sync began*: bytes written meanwhile may or may not have been taken along.

use crate::storage::StoredFile;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Between the beginnings of two syncs.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// What the log and the thread share.
struct State<F> {
    file: Arc<F>,
    /// Counts files: an answer about an earlier one is dropped.
    generation: u64,
    written: u64,
    durable: u64,
    /// When the oldest byte was written that no sync has taken on.
    waiting_since: Option<Instant>,
    /// The same of the sync that is under way.
    syncing_since: Option<Instant>,
    failed: Option<io::Error>,
    syncs: u64,
    stop: bool,
}

struct Shared<F> {
    state: Mutex<State<F>>,
    changed: Condvar,
}

impl<F> Shared<F> {
    /// A panic of the other thread leaves nothing half done in the state.
    fn state(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread has to tell.
#[derive(Debug)]
pub(crate) struct Report {
    /// Everything below is durable.
    pub(crate) durable: u64,
    /// Why the last sync failed; told once.
    pub(crate) failed: Option<io::Error>,
    /// Syncs that succeeded since the last report.
    pub(crate) syncs: u64,
    /// How long the oldest byte that is not durable has waited.
    pub(crate) unsynced_for: Option<Duration>,
}

/// The log's end of the thread. Dropping it ends the thread without a further sync and without waiting for one.
pub(crate) struct Flusher<F: StoredFile> {
    shared: Arc<Shared<F>>,
    thread: Option<JoinHandle<()>>,
}

impl<F: StoredFile> Flusher<F> {
    /// Starts the thread for `file`, all of whose `durable` bytes are durable.
    pub(crate) fn start(file: Arc<F>, durable: u64) -> io::Result<Self> {
        let state = State {
            file,
            generation: 0,
            written: durable,
            durable,
            waiting_since: None,
            syncing_since: None,
            failed: None,
            syncs: 0,
            stop: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        let thread = Builder::new().name("log flusher".into()).spawn(move || run(&theirs))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The file now reaches to `end`. Wakes the thread only when it has nothing to do: a round costs no context switch.
    pub(crate) fn written(&self, end: u64) {
        let mut state = self.shared.state();
        state.written = end;
        if state.waiting_since.is_none() {
            state.waiting_since = Some(Instant::now());
            self.shared.changed.notify_one();
        }
    }

    /// From now on `file`, all of whose `durable` bytes are durable.
    pub(crate) fn follow(&self, file: Arc<F>, durable: u64) {
        let mut state = self.shared.state();
        state.file = file;
        state.generation += 1;
        (state.written, state.durable) = (durable, durable);
        state.waiting_since = None;
        state.failed = None;
    }

    pub(crate) fn report(&self) -> Report {
        let mut state = self.shared.state();
        let oldest = state.syncing_since.or(state.waiting_since);
        Report {
            durable: state.durable,
            failed: state.failed.take(),
            syncs: std::mem::take(&mut state.syncs),
            unsynced_for: oldest.map(|since| since.elapsed()),
        }
    }

    /// Ends the thread and waits for the sync it may be in.
    pub(crate) fn stop(mut self) {
        if let Some(thread) = self.signal_stop() {
            let ended = thread.join();
            debug_assert!(ended.is_ok(), "the flusher does not panic");
        }
    }

    fn signal_stop(&mut self) -> Option<JoinHandle<()>> {
        self.shared.state().stop = true;
        self.shared.changed.notify_one();
        self.thread.take()
    }
}

impl<F: StoredFile> Drop for Flusher<F> {
    fn drop(&mut self) {
        self.signal_stop();
    }
}

/// The thread: waits for something to sync, then until a second after the last sync began.
fn run<F: StoredFile>(shared: &Shared<F>) {
    let mut due: Option<Instant> = None;
    let mut state = shared.state();
    while !state.stop {
        let wait = due.map_or(Duration::ZERO, |due| due.saturating_duration_since(Instant::now()));
        if state.waiting_since.is_none() {
            let woken = shared.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        } else if !wait.is_zero() {
            let woken = shared.changed.wait_timeout(state, wait);
            (state, _) = woken.unwrap_or_else(PoisonError::into_inner);
        } else {
            due = Instant::now().checked_add(SYNC_INTERVAL);
            state = sync(shared, state);
        }
    }
}

/// One sync, with the state unlocked meanwhile.
fn sync<'a, F: StoredFile>(
    shared: &'a Shared<F>,
    mut state: MutexGuard<'a, State<F>>,
) -> MutexGuard<'a, State<F>> {
    let (file, generation, upto) = (Arc::clone(&state.file), state.generation, state.written);
    state.syncing_since = state.waiting_since.take();
    drop(state);
    let synced = file.sync_data();
    let mut state = shared.state();
    state.syncing_since = None;
    if state.generation == generation {
        match synced {
            Ok(()) => {
                state.durable = upto;
                state.syncs += 1;
            }
            Err(error) => state.failed = Some(error),
        }
    }
    state
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    /// A file whose syncs tell that they have begun, and end when they are let.
    struct Gated {
        begun: SyncSender<()>,
        end: Mutex<Receiver<()>>,
    }

    impl StoredFile for Gated {
        fn len(&self) -> io::Result<u64> {
            Ok(0)
        }

        fn read_at(&self, _offset: u64, _bytes: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }

        fn write_at(&self, _offset: u64, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn truncate(&self, _len: u64) -> io::Result<()> {
            Ok(())
        }

        fn sync_data(&self) -> io::Result<()> {
            self.begun.send(()).map_err(io::Error::other)?;
            self.end.lock().unwrap().recv().map_err(io::Error::other)
        }
    }

    fn gated() -> (Arc<Gated>, Receiver<()>, SyncSender<()>) {
        let (begun, has_begun) = sync_channel(1);
        let (let_end, end) = sync_channel(1);
        let end = Mutex::new(end);
        (Arc::new(Gated { begun, end }), has_begun, let_end)
    }

    #[test]
    fn what_is_written_during_a_sync_is_not_durable_after_it_but_after_the_next() {
        let (file, begun, let_end) = gated();
        let flusher = Flusher::start(file, 10).unwrap();
        flusher.written(20);
        begun.recv().unwrap();
        flusher.written(30);
        let_end.send(()).unwrap();
        begun.recv().unwrap();
        assert_eq!(flusher.report().durable, 20);
        let_end.send(()).unwrap();
        flusher.stop();
    }

    #[test]
    fn an_answer_about_an_earlier_file_is_dropped() {
        let (old, old_begun, old_end) = gated();
        let flusher = Flusher::start(old, 10).unwrap();
        flusher.written(20);
        old_begun.recv().unwrap();
        let (new, new_begun, new_end) = gated();
        flusher.follow(new, 5);
        flusher.written(7);
        drop(old_end);
        new_begun.recv().unwrap();
        let report = flusher.report();
        assert_eq!((report.durable, report.failed.is_some()), (5, false));
        new_end.send(()).unwrap();
        flusher.stop();
    }
}

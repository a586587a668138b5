//! The thread that syncs once a second, so that a slow disk does not stop the event loop.
//!
//! The log tells how far it has written; the thread answers how far that is known durable. What is durable after a sync is what was written *before
//! the sync began*: bytes written meanwhile may or may not have been taken along.

use crate::storage::StoredFile;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Between the beginnings of two syncs.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

type File = Arc<dyn StoredFile>;

/// What the log and the thread share.
#[derive(Default)]
struct Shared {
    written: AtomicU64,
    /// The thread has been sent a file and has not begun to sync it. So rounds that follow cost no message and wake nobody.
    asked: AtomicBool,
}

/// A sync that has ended.
struct Answer {
    file: File,
    began: Instant,
    /// What was written when it began.
    written: u64,
    outcome: io::Result<()>,
}

/// The log's end of the thread, which ends some time after this is dropped.
pub(crate) struct Flusher {
    shared: Arc<Shared>,
    files: Sender<File>,
    answers: Receiver<Answer>,
    /// When the oldest byte was written that is not known to be durable.
    waiting_since: Option<Instant>,
}

impl Flusher {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (files, to_sync) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("log flusher".into());
        thread.spawn(move || run(&theirs, &to_sync, &answer))?;
        Ok(Self { shared, files, answers, waiting_since: None })
    }

    /// `file` now reaches to `end`.
    pub(crate) fn written(&mut self, file: &File, end: u64) {
        self.waiting_since.get_or_insert_with(Instant::now);
        self.shared.written.store(end, Ordering::SeqCst);
        if !self.shared.asked.swap(true, Ordering::SeqCst) {
            // The thread ends only after this end of the channel.
            let _ = self.files.send(Arc::clone(file));
        }
    }

    /// A fresh file takes the place of the one so far; all of it is durable.
    pub(crate) fn forget(&mut self) {
        self.waiting_since = None;
        self.shared.asked.store(false, Ordering::SeqCst);
    }

    /// How far the syncs of `file` that have ended since the last call made it durable, one by one; those of an earlier file are passed over.
    pub(crate) fn hear(&mut self, file: &File) -> Option<io::Result<u64>> {
        let answer = self.answers.try_iter().find(|answer| Arc::ptr_eq(&answer.file, file))?;
        Some(answer.outcome.map(|()| {
            let behind = answer.written < self.shared.written.load(Ordering::SeqCst);
            self.waiting_since = behind.then_some(answer.began);
            answer.written
        }))
    }

    /// How long the oldest byte has waited that is not known to be durable.
    pub(crate) fn unsynced_for(&self) -> Option<Duration> {
        self.waiting_since.map(|since| since.elapsed())
    }
}

/// The thread: waits for something to sync, then until a second after the last sync began.
fn run(shared: &Shared, files: &Receiver<File>, answers: &Sender<Answer>) {
    let mut due = Instant::now();
    while let Ok(first) = files.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let began = Instant::now();
        due = began + SYNC_INTERVAL;
        // From here on a round asks again; so what is written after the next lines is not forgotten.
        shared.asked.store(false, Ordering::SeqCst);
        let file = files.try_iter().last().unwrap_or(first);
        // L4: read before the sync begins, because it need not take along what is written meanwhile.
        let written = shared.written.load(Ordering::SeqCst);
        let outcome = file.sync_data();
        if answers.send(Answer { file, began, written, outcome }).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::FileExt;
    use std::sync::Mutex;
    use std::sync::mpsc::{SyncSender, sync_channel};

    /// A file whose syncs tell that they have begun, and end when they are let.
    struct Gated {
        begun: SyncSender<()>,
        end: Mutex<Receiver<()>>,
    }

    impl FileExt for Gated {
        fn read_at(&self, _bytes: &mut [u8], _offset: u64) -> io::Result<usize> {
            Ok(0)
        }

        fn write_at(&self, bytes: &[u8], _offset: u64) -> io::Result<usize> {
            Ok(bytes.len())
        }
    }

    impl StoredFile for Gated {
        fn size(&self) -> io::Result<u64> {
            Ok(0)
        }

        fn truncate(&self, _len: u64) -> io::Result<()> {
            Ok(())
        }

        fn sync_data(&self) -> io::Result<()> {
            self.begun.send(()).map_err(io::Error::other)?;
            self.end.lock().unwrap().recv().map_err(io::Error::other)
        }
    }

    fn gated() -> (File, Receiver<()>, SyncSender<()>) {
        let (begun, has_begun) = sync_channel(1);
        let (let_end, end) = sync_channel(1);
        let end = Mutex::new(end);
        (Arc::new(Gated { begun, end }), has_begun, let_end)
    }

    #[test]
    fn what_is_written_during_a_sync_is_not_durable_after_it_but_after_the_next() {
        let (file, begun, let_end) = gated();
        let mut flusher = Flusher::start().unwrap();
        flusher.written(&file, 20);
        begun.recv().unwrap();
        flusher.written(&file, 30);
        let_end.send(()).unwrap();
        begun.recv().unwrap();
        assert_eq!(flusher.hear(&file).unwrap().unwrap(), 20, "L4: written before the sync began");
        assert!(flusher.unsynced_for().is_some() && flusher.hear(&file).is_none());
        let_end.send(()).unwrap();
        let durable = loop {
            if let Some(heard) = flusher.hear(&file) {
                break heard.unwrap();
            }
        };
        assert_eq!((durable, flusher.unsynced_for()), (30, None));
    }

    #[test]
    fn an_answer_about_an_earlier_file_is_dropped() {
        let (old, old_begun, old_end) = gated();
        let mut flusher = Flusher::start().unwrap();
        flusher.written(&old, 20);
        old_begun.recv().unwrap();
        let (new, new_begun, new_end) = gated();
        flusher.forget();
        flusher.written(&new, 7);
        drop(old_end);
        new_begun.recv().unwrap();
        assert!(flusher.hear(&new).is_none());
        new_end.send(()).unwrap();
        let durable = loop {
            if let Some(heard) = flusher.hear(&new) {
                break heard.unwrap();
            }
        };
        assert_eq!(durable, 7);
    }
}

//! One server a data folder: a lock that the system lets go of when its holder ends, however it
//! ends, and a note in the locked file that says who the holder is.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The locked file's name in its folder.
pub const LOCK_NAME: &str = "heapwood.lock";

/// A holder's note is a line; more is not ours and not worth showing.
const MAX_NOTE_BYTES: u64 = 200;

/// A locked folder. The lock ends with this value, or with the process.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
}

/// Why a folder could not be locked.
#[derive(Debug)]
pub enum LockError {
    /// Another process holds it; its note, or words in place of one that is not there yet.
    Held(String),
    /// The folder or the file in it cannot be made.
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
}

impl FolderLock {
    /// Locks `folder`, which is made when it is missing.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] when another process has it, [`LockError::Io`] for the rest.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let failed = |doing, path: &Path| {
            let path = path.to_owned();
            move |source| LockError::Io { doing, path, source }
        };
        fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
        let path = folder.join(LOCK_NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed("write to", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                // Its holder may not have come to write it yet.
                let note = Some(note_in(&mut file)).filter(|note| !note.is_empty());
                return Err(LockError::Held(note.unwrap_or_else(|| String::from("it is just starting"))));
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock", &path)(source)),
        }
        let mut lock = Self { file };
        lock.write_note("starting").map_err(failed("write to", &path))?;
        Ok(lock)
    }

    /// Notes where this process can be reached.
    ///
    /// # Errors
    ///
    /// Whatever the system answers; the lock holds all the same.
    pub fn announce(&mut self, addr: SocketAddr) -> io::Result<()> {
        self.write_note(&addr.to_string())
    }

    fn write_note(&mut self, place: &str) -> io::Result<()> {
        let note = format!("pid {}, {place}\n", std::process::id());
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(note.as_bytes())
    }
}

fn note_in(file: &mut File) -> String {
    let mut note = Vec::new();
    // Without a readable note the message is shorter; that the folder is held is known anyway.
    let _ = file.take(MAX_NOTE_BYTES).read_to_end(&mut note);
    note.trim_ascii().escape_ascii().to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_second_to_lock_learns_who_was_first() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("made/on/the/way");
        let mut first = FolderLock::take(&folder).unwrap();
        first.announce("127.0.0.1:7379".parse().unwrap()).unwrap();
        let Err(LockError::Held(holder)) = FolderLock::take(&folder) else {
            panic!("locked twice");
        };
        assert_eq!(holder, format!("pid {}, 127.0.0.1:7379", std::process::id()));
    }

    #[test]
    fn a_lock_let_go_can_be_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        drop(FolderLock::take(folder.path()).unwrap());
        FolderLock::take(folder.path()).unwrap();
    }
}

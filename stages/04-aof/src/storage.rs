//! The files below the log, as a trait, so that tests can fail any operation and see what a crash would leave.

use crate::sys;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

/// One directory that holds the log and what it needs beside it. Names are plain file names.
pub trait Storage {
    /// Opens an existing file to read and write.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there is none by that name; whatever else the system answers.
    fn open(&self, name: &str) -> io::Result<Arc<dyn StoredFile>>;

    /// Makes an empty file, in place of one that has the name.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn create(&self, name: &str) -> io::Result<Arc<dyn StoredFile>>;

    /// Gives `from` the name `to` in one step; a file that had it is gone. Durable after [`Storage::sync_directory`].
    ///
    /// # Errors
    /// Whatever the system answers; then both names are as before.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a name.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the names durable.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn sync_directory(&self) -> io::Result<()>;

    /// What a person calls this file, for messages.
    fn path(&self, name: &str) -> PathBuf;
}

/// An open file, read and written by [`FileExt`]. Every method takes `&self`: the flusher syncs from its own thread while the log writes.
pub trait StoredFile: FileExt + Send + Sync + 'static {
    /// Its length in bytes.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn size(&self) -> io::Result<u64>;

    /// Makes the file `len` bytes long.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn truncate(&self, len: u64) -> io::Result<()>;

    /// Returns when everything written before the call would survive a power cut.
    ///
    /// # Errors
    /// Whatever the system answers; what reached the disk is then unknown, and asking again proves nothing.
    fn sync_data(&self) -> io::Result<()>;
}

/// The real thing: a directory of the file system.
#[derive(Clone, Debug)]
pub struct DiskStorage {
    directory: PathBuf,
}

impl DiskStorage {
    /// The files of `directory`, which exists. From now on a write beyond `RLIMIT_FSIZE` is an error and no longer ends the process.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        sys::ignore_file_size_signal();
        Self { directory: directory.into() }
    }
}

impl Storage for DiskStorage {
    fn open(&self, name: &str) -> io::Result<Arc<dyn StoredFile>> {
        // From a pipe or a device nothing could be read back.
        if !fs::metadata(self.path(name))?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        Ok(Arc::new(File::options().read(true).write(true).open(self.path(name))?))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StoredFile>> {
        let mut options = File::options();
        Ok(Arc::new(options.read(true).write(true).create(true).truncate(true).open(self.path(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl StoredFile for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    /// `fdatasync` on Linux; on macOS the standard library asks for `F_FULLFSYNC`, because plain `fsync` stops at the drive's cache there.
    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }
}

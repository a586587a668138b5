//! Files in memory, for tests, which include this file by its path: they record every operation, fail where they are told to, and show what a crash could leave.
//!
//! What is written is not durable before a sync, and a name is not before the directory's. After a failed sync the bytes that it should have made
//! durable never become so, as on Linux, where the pages count as clean afterwards; they can still be read.

#![allow(dead_code, unreachable_pub)]

use heapwood_aof::{Storage, StoredFile};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was asked of a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A file was made.
    Create(String),
    /// Bytes were written at an offset.
    Write(u64, Vec<u8>),
    /// A file was cut to a length.
    Truncate(u64),
    /// A file was synced.
    Sync,
    /// The first name was replaced by the second.
    Rename(String, String),
    /// The file of the first name got the second too.
    Link(String, String),
    /// A name was removed.
    Remove(String),
    /// The names were synced.
    SyncDirectory,
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Allow,
    /// It fails; nothing is done.
    Fail(io::ErrorKind),
    /// A write takes only so many bytes.
    Short(usize),
}

/// A change that no sync has covered.
#[derive(Clone, Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, written) => {
                let (start, end) = (*offset as usize, *offset as usize + written.len());
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[start..end].copy_from_slice(written);
            }
            Self::Truncate(len) => bytes.resize(*len as usize, 0),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Inode {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    changes: Vec<Change>,
}

type Names = BTreeMap<String, usize>;
type Judge = Box<dyn FnMut(&Operation) -> Verdict + Send>;

#[derive(Default)]
struct Disk {
    names: Names,
    durable_names: Names,
    inodes: Vec<Inode>,
    operations: Vec<Operation>,
    judge: Option<Judge>,
}

impl Disk {
    /// Notes the operation and asks what becomes of it: how many bytes a write takes.
    fn judge(&mut self, operation: Operation) -> io::Result<usize> {
        let verdict = match &mut self.judge {
            Some(judge) => judge(&operation),
            None => Verdict::Allow,
        };
        self.operations.push(operation);
        match verdict {
            Verdict::Allow => Ok(usize::MAX),
            Verdict::Short(bytes) => Ok(bytes),
            Verdict::Fail(kind) => Err(kind.into()),
        }
    }

    fn inode(&self, name: &str) -> io::Result<usize> {
        let found = self.names.get(name).copied();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Files in memory. Clones share them.
#[derive(Clone, Default)]
pub struct MemStorage {
    disk: Arc<Mutex<Disk>>,
}

/// A file of a [`MemStorage`].
pub struct MemFile {
    disk: Arc<Mutex<Disk>>,
    inode: usize,
}

/// A test that failed while it held the lock has nothing to protect.
fn lock(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemStorage {
    /// From now on `judge` decides what becomes of each operation that changes something.
    pub fn judge(&self, judge: impl FnMut(&Operation) -> Verdict + Send + 'static) {
        lock(&self.disk).judge = Some(Box::new(judge));
    }

    /// What was asked so far, in order.
    pub fn operations(&self) -> Vec<Operation> {
        lock(&self.disk).operations.clone()
    }

    /// Puts a file there, durably.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut disk = lock(&self.disk);
        let inode = disk.inodes.len();
        disk.inodes.push(Inode { bytes: bytes.to_vec(), durable: bytes.to_vec(), changes: Vec::new() });
        disk.names.insert(name.into(), inode);
        disk.durable_names.insert(name.into(), inode);
    }

    /// What a reader of the file sees now.
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let disk = lock(&self.disk);
        let inode = disk.inode(name).ok()?;
        Some(disk.inodes[inode].bytes.clone())
    }

    /// The names that there are.
    pub fn names(&self) -> Vec<String> {
        lock(&self.disk).names.keys().cloned().collect()
    }

    /// What a power cut could leave: the changes that no sync covered, for each file those for which `kept` says how many of their bytes survive
    /// (`None`: the change is lost), and the names as now or as last synced.
    pub fn crash(&self, names_survive: bool, mut kept: impl FnMut(usize) -> Option<usize>) -> Self {
        let disk = lock(&self.disk);
        let mut left = Disk::default();
        for inode in &disk.inodes {
            let mut bytes = inode.durable.clone();
            for change in &inode.changes {
                match change {
                    Change::Write(offset, written) => {
                        if let Some(survive) = kept(written.len()) {
                            let survive = survive.min(written.len());
                            Change::Write(*offset, written[..survive].to_vec()).make(&mut bytes);
                        }
                    }
                    Change::Truncate(_) if kept(0).is_some() => change.make(&mut bytes),
                    Change::Truncate(_) => {}
                }
            }
            left.inodes.push(Inode { durable: bytes.clone(), bytes, changes: Vec::new() });
        }
        let names = if names_survive { &disk.names } else { &disk.durable_names };
        left.names.clone_from(names);
        left.durable_names.clone_from(names);
        Self { disk: Arc::new(Mutex::new(left)) }
    }

    /// Gives a file a second name, which must be free.
    pub fn link(&self, name: &str, second: &str) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.judge(Operation::Link(name.into(), second.into()))?;
        let inode = disk.inode(name)?;
        if disk.names.contains_key(second) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.names.insert(second.into(), inode);
        Ok(())
    }

    fn file(&self, inode: usize) -> Arc<dyn StoredFile> {
        Arc::new(MemFile { disk: Arc::clone(&self.disk), inode })
    }
}

impl Storage for MemStorage {
    fn open(&self, name: &str) -> io::Result<Arc<dyn StoredFile>> {
        let inode = lock(&self.disk).inode(name)?;
        Ok(self.file(inode))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StoredFile>> {
        let mut disk = lock(&self.disk);
        disk.judge(Operation::Create(name.into()))?;
        let inode = disk.inodes.len();
        disk.inodes.push(Inode::default());
        disk.names.insert(name.into(), inode);
        drop(disk);
        Ok(self.file(inode))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.judge(Operation::Rename(from.into(), to.into()))?;
        let inode = disk.inode(from)?;
        disk.names.remove(from);
        disk.names.insert(to.into(), inode);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.judge(Operation::Remove(name.into()))?;
        disk.inode(name)?;
        disk.names.remove(name);
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.judge(Operation::SyncDirectory)?;
        disk.durable_names = disk.names.clone();
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        name.into()
    }
}

impl FileExt for MemFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let disk = lock(&self.disk);
        let there = &disk.inodes[self.inode].bytes;
        let rest = there.get(offset as usize..).unwrap_or_default();
        let read = rest.len().min(bytes.len());
        bytes[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut disk = lock(&self.disk);
        let taken = disk.judge(Operation::Write(offset, bytes.to_vec()))?;
        let bytes = &bytes[..taken.min(bytes.len())];
        disk.inodes[self.inode].change(Change::Write(offset, bytes.to_vec()));
        Ok(bytes.len())
    }
}

impl StoredFile for MemFile {
    fn size(&self) -> io::Result<u64> {
        Ok(lock(&self.disk).inodes[self.inode].bytes.len() as u64)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        disk.judge(Operation::Truncate(len))?;
        disk.inodes[self.inode].change(Change::Truncate(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = lock(&self.disk);
        let judged = disk.judge(Operation::Sync);
        let inode = &mut disk.inodes[self.inode];
        for change in std::mem::take(&mut inode.changes) {
            if judged.is_ok() {
                change.make(&mut inode.durable);
            }
        }
        judged.map(|_| ())
    }
}

impl Inode {
    fn change(&mut self, change: Change) {
        change.make(&mut self.bytes);
        self.changes.push(change);
    }
}

use std::cell::RefCell;
use std::rc::Rc;

/// A log of records, which are lines of ASCII text, not empty. Records that are added between two calls of `commit` are a round.
///
/// The promises:
///
/// - **L1, whole**: after a power cut at any moment, `open` gives the records of whole rounds, from the first on, in order,
///   none missing in between. A round that was not committed is not among them.
/// - **L3, commit**: records that were acknowledged before the cut are among them. Others may be or not.
/// - A log that was opened after a cut goes on behind what `open` gave, and keeps its promises for all of it.
pub trait Log: Sized {
    /// Opens the log that a disk holds, an empty one on a new disk. Gives it, and its records. All of these count as
    /// acknowledged.
    fn open(disk: Disk) -> (Self, Vec<String>);

    /// Adds a record to the round. Nothing is promised yet.
    fn record(&mut self, record: &str);

    /// Ends the round. Gives how many records are acknowledged now, counted from the log's first one: it never falls, and
    /// may be less than all (a log may sync several rounds together).
    fn commit(&mut self) -> usize;

    /// Makes durable what was committed, and gives how many records are acknowledged now: all of the rounds so far.
    fn flush(&mut self) -> usize;
}

/// A disk in memory with one file. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Rc<RefCell<File>>);

#[derive(Clone, Debug, Default)]
struct File {
    bytes: Vec<u8>,
    /// So many of them survive a power cut for certain.
    synced: usize,
}

impl Disk {
    /// Writes at the file's end.
    pub fn write(&self, bytes: &[u8]) {
        self.0.borrow_mut().bytes.extend_from_slice(bytes);
    }

    /// Makes everything that was written durable.
    pub fn sync(&self) {
        let mut file = self.0.borrow_mut();
        file.synced = file.bytes.len();
    }

    /// The whole file, as a reader sees it while there is power.
    pub fn read(&self) -> Vec<u8> {
        self.0.borrow().bytes.clone()
    }

    /// Cuts the file to a length, durably.
    pub fn truncate(&self, bytes: usize) {
        let mut file = self.0.borrow_mut();
        file.bytes.truncate(bytes);
        file.synced = file.bytes.len();
    }

    /// How many bytes no sync has covered.
    pub fn unsynced(&self) -> usize {
        let file = self.0.borrow();
        file.bytes.len() - file.synced
    }

    /// Another disk, with what a power cut now would leave: what was synced, and the first `kept` bytes behind that. This disk
    /// is as it was, so that a test can try every `kept` from 0 to [`unsynced`](Self::unsynced).
    pub fn after_power_cut(&self, kept: usize) -> Self {
        let file = self.0.borrow();
        let left = file.bytes.len().min(file.synced + kept);
        Self(Rc::new(RefCell::new(File { bytes: file.bytes[..left].to_vec(), synced: left })))
    }
}

/// Passes on a log that keeps the promises of [`Log`], and fails on any other.
pub fn test<L: Log>() {
    let disk = Disk::default();
    let (log, found) = L::open(disk.clone());
    assert_eq!(found, [""; 0], "a new disk has no records");
    go_on(&disk, log, &mut vec![], true);
}

/// Adds rounds to a log, and lets the power fail before and after each commit. `rounds` is what the log has. With `again` the log
/// that is left after each cut is put to the same test.
fn go_on<L: Log>(disk: &Disk, mut log: L, rounds: &mut Vec<Vec<String>>, again: bool) {
    let mut acknowledged = rounds.concat().len();
    for size in [1, 3, 2, 1] {
        let first = rounds.concat().len();
        let round: Vec<String> = (first..first + size).map(|number| format!("record {number}")).collect();
        for record in &round {
            log.record(record);
            cut_anywhere::<L>(disk, rounds, acknowledged, again);
        }
        rounds.push(round);
        let now = log.commit();
        assert!(now >= acknowledged, "what was acknowledged stays so");
        acknowledged = now;
        cut_anywhere::<L>(disk, rounds, acknowledged, again);
    }
    assert_eq!(log.flush(), rounds.concat().len(), "after a flush all is acknowledged");
    cut_anywhere::<L>(disk, rounds, rounds.concat().len(), again);
}

/// Lets the power fail with each number of bytes that may survive, and looks at what is left.
fn cut_anywhere<L: Log>(disk: &Disk, rounds: &[Vec<String>], acknowledged: usize, again: bool) {
    for kept in 0..=disk.unsynced() {
        let left = disk.after_power_cut(kept);
        let (log, found) = L::open(left.clone());
        let whole = (0..=rounds.len()).find(|&count| rounds[..count].concat() == found);
        assert!(whole.is_some(), "L1: {found:?} are no whole rounds of {rounds:?}");
        assert!(found.len() >= acknowledged, "L3: {acknowledged} were acknowledged, {found:?} are left");
    }
}

//! Writes a log, damages it in every way, and says what a start makes of each: built by `cargo learn crash` with the stages' code,
//! with the learner's functions in it or without. Not a module of the tool.
//!
//! Prints the log in hexadecimal, then a line for each damage: `cut OFFSET` or `flip BIT`, and `refused`, or the rounds that
//! were loaded, as a number with a bit for each, or `panicked`.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use heapwood_aof::{FsyncPolicy, Log, LogOptions, Replay, Snapshot, SortedRun, Storage, StoredFile};

/// A file in memory.
#[derive(Default)]
struct Bytes(Mutex<Vec<u8>>);

impl FileExt for Bytes {
    fn read_at(&self, room: &mut [u8], offset: u64) -> io::Result<usize> {
        let bytes = self.0.lock().unwrap();
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(room.len());
        room[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, new: &[u8], offset: u64) -> io::Result<usize> {
        let mut bytes = self.0.lock().unwrap();
        let (start, end) = (offset as usize, offset as usize + new.len());
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[start..end].copy_from_slice(new);
        Ok(new.len())
    }
}

impl StoredFile for Bytes {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().len() as u64)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.0.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A directory in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<String, Arc<Bytes>>>>);

impl Storage for Memory {
    fn open(&self, name: &str) -> io::Result<Arc<dyn StoredFile>> {
        let found = self.0.lock().unwrap().get(name).cloned();
        found.map(|file| file as Arc<dyn StoredFile>).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StoredFile>> {
        let file = Arc::new(Bytes::default());
        self.0.lock().unwrap().insert(name.to_owned(), file.clone());
        Ok(file)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.0.lock().unwrap();
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let removed = self.0.lock().unwrap().remove(name);
        removed.map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        name.into()
    }
}

/// A store that remembers which rounds it was given: the keys are their numbers.
#[derive(Default)]
struct Rounds(u64);

impl Rounds {
    fn note(&mut self, key: &[u8]) {
        let number: u32 = std::str::from_utf8(key).ok().and_then(|key| key.parse().ok()).unwrap_or(63);
        self.0 |= 1 << number.min(63);
    }
}

impl Replay for Rounds {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        args.get(1).into_iter().for_each(|key| self.note(key));
        Ok(())
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        run.for_each(|(key, _)| self.note(key));
        Ok(())
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(Nothing)
    }
}

/// A fresh log begins empty.
struct Nothing;

impl Snapshot for Nothing {
    fn step(&mut self, _emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        true
    }
}

fn options() -> LogOptions {
    // Synced where the program says so; never compacted.
    LogOptions { policy: FsyncPolicy::No, seed: Some(1), compact_floor_bytes: u64::MAX, ..LogOptions::default() }
}

/// The log: every round changes one key, its number, and after every second one there is a sync.
fn write(rounds: u32) -> Vec<u8> {
    let storage = Memory::default();
    let opened = Log::open(storage.clone(), options(), 1_700_000_000_000, &mut Rounds::default(), &mut |_, _| {});
    let (mut log, _) = opened.unwrap_or_else(|error| panic!("a fresh log: {error}"));
    for round in 1..=rounds {
        log.record(&[b"SET", round.to_string().as_bytes(), format!("value {round}").as_bytes()]);
        log.commit(1_700_000_000_000 + u64::from(round)).unwrap_or_else(|error| panic!("round {round}: {error}"));
        if round % 2 == 0 {
            log.sync().unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
    }
    let files = storage.0.lock().unwrap();
    let bytes = files[heapwood_aof::LOG_NAME].0.lock().unwrap().clone();
    bytes
}

/// What a start makes of a file.
fn start(bytes: &[u8]) -> String {
    let storage = Memory::default();
    let file = Arc::new(Bytes(Mutex::new(bytes.to_vec())));
    storage.0.lock().unwrap().insert(heapwood_aof::LOG_NAME.to_owned(), file);
    let mut rounds = Rounds::default();
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Log::open(storage, options(), 1_700_000_000_000, &mut rounds, &mut |_, _| {}).map(drop).is_ok()
    }));
    match opened {
        Ok(true) => rounds.0.to_string(),
        Ok(false) => "refused".into(),
        Err(_) => "panicked".into(),
    }
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(6);
    set_hook(Box::new(|_| {}));
    let whole = write(rounds);
    println!("{}", whole.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    for end in 0..=whole.len() {
        println!("cut {end} {}", start(&whole[..end]));
    }
    for bit in 0..8 * whole.len() {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        println!("flip {bit} {}", start(&damaged));
    }
}

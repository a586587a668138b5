//! The log: its bytes, what a cut or a flipped bit leaves, what recovery makes of it; and the order of write, sync and
//! reply.
//!
//! The real `Log` runs over the files in memory that the stage's tests use, with a fixed seed and a fixed clock. Lines
//! of a block, in any order that makes sense:
//!
//! - `view bytes` (the default) draws the file's bytes; `view order` draws each operation on its way to the disk.
//! - `fsync always` (the default) or `fsync no`.
//! - `set KEY VALUE`, `del KEY`: carried out and recorded. `commit`, `sync`, `close`: as in `Log`.
//! - `quiet` and `loud`: what lies between makes no frames.
//! - `field NAME` (bytes): points at `id`, `off`, `len`, `synced`, `now`, `crc` or `records` of the last round.
//! - `cut OFFSET`, `flip OFFSET`: the file is cut there, or the lowest bit of that byte flips, and `back OFFSET` puts it
//!   back; a scan says what is left.
//! - `lose all`: a power cut that takes every write that was not synced; `lose N`: only the N-th of them, from 1.
//! - `recover` (bytes): opens what is there.
//! - `fail write`, `fail sync`: the next one fails. `mend` (order): what housekeeping calls afterwards.

mod bytes;
#[path = "../../../../stages/04-aof/tests/mem_storage/mod.rs"]
mod mem_storage;
mod order;

use super::{Frame, Line, Script};
use heapwood_aof::{
    FsyncPolicy, LOG_NAME, Log, LogOptions, Recovery, Replay, Snapshot, SortedRun, StringsSnapshot,
    load_strings,
};
use heapwood_treap::{Packed, Treap, strings};
use mem_storage::{MemStorage, Operation, Verdict};
use order::{Order, Step};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};

const SEED: u64 = 4;

/// What the clock shows at first; each commit is a second later.
const NOW_UNIX_MS: u64 = 1_700_000_000_000;

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let has = |verb: &str, rest: &str| script.lines.iter().any(|line| line.verb == verb && line.rest == rest);
    let policy = if has("fsync", "no") { FsyncPolicy::No } else { FsyncPolicy::Always };
    let mut recorder = Recorder::new(policy, has("view", "order"))?;
    for line in &script.lines {
        recorder.carry_out(line).map_err(|why| format!("{} {}: {why}", line.verb, line.rest))?;
    }
    let in_order = recorder.in_order;
    Ok(if in_order { order::draw(&recorder.steps) } else { bytes::draw(&recorder.views) })
}

/// Keys and strings, as in the stage's server.
struct Tree(Treap<Packed>);

impl Replay for Tree {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        Err(format!("unknown command '{}'", args[0].escape_ascii()))
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        load_strings(&mut self.0, run)
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(StringsSnapshot::new(&self.0))
    }
}

impl Tree {
    /// Its keys, in order.
    fn keys(&mut self) -> Vec<String> {
        let (mut keys, mut snapshot) = (Vec::new(), self.snapshot());
        while !snapshot.step(&mut |args| keys.push(args[1].escape_ascii().to_string())) {}
        keys
    }
}

type MemLog = Log<MemStorage>;

/// What was asked of the files, and whether it failed.
type Heard = Arc<Mutex<Vec<(Operation, bool)>>>;

struct Recorder {
    storage: MemStorage,
    /// None while the file is as a crash or a hand left it.
    log: Option<MemLog>,
    tree: Tree,
    policy: FsyncPolicy,
    now_unix_ms: u64,
    in_order: bool,
    quiet: bool,
    heard: Heard,
    fails: Arc<Mutex<Option<&'static str>>>,
    order: Order,
    steps: Vec<Step>,
    views: Vec<bytes::View>,
}

impl Recorder {
    fn new(policy: FsyncPolicy, in_order: bool) -> Result<Self, String> {
        let storage = MemStorage::default();
        let mut tree = Tree(Treap::new());
        let (log, _) = open(&storage, policy, NOW_UNIX_MS, &mut tree)?;
        let (heard, fails) = (Heard::default(), Arc::new(Mutex::new(None)));
        let order = Order::new(log.figures().bytes, log.figures().durable_bytes);
        let recorder = Self {
            storage,
            log: Some(log),
            tree,
            policy,
            now_unix_ms: NOW_UNIX_MS,
            in_order,
            quiet: false,
            heard,
            fails,
            order,
            steps: Vec::new(),
            views: Vec::new(),
        };
        recorder.listen();
        Ok(recorder)
    }

    /// Notes every operation from now on, and fails the one that is to fail.
    fn listen(&self) {
        let (heard, fails) = (Arc::clone(&self.heard), Arc::clone(&self.fails));
        self.storage.judge(move |operation| {
            let kind = match operation {
                Operation::Write(..) => "write",
                Operation::Sync => "sync",
                _ => "",
            };
            let mut due = fails.lock().unwrap_or_else(PoisonError::into_inner);
            let failed = due.take_if(|due| *due == kind).is_some();
            heard.lock().unwrap_or_else(PoisonError::into_inner).push((operation.clone(), failed));
            if failed { Verdict::Fail(ErrorKind::StorageFull) } else { Verdict::Allow }
        });
    }

    fn carry_out(&mut self, line: &Line) -> Result<(), String> {
        let words: Vec<&str> = line.words().collect();
        match (line.verb.as_str(), &words[..]) {
            ("view", ["bytes" | "order"]) | ("fsync", ["always" | "no"]) => Ok(()),
            ("quiet", []) => self.set_quiet(true),
            ("loud", []) => self.set_quiet(false),
            ("set", [key, value]) => {
                let (key, value) = (key.as_bytes(), value.as_bytes());
                let found = self.tree.0.find(key);
                strings::set(&mut self.tree.0, found, key, value).map_err(|error| error.to_string())?;
                self.note(&[b"SET", key, value])
            }
            ("del", [key]) => {
                self.tree.0.remove(key.as_bytes()).ok_or("there is no such key")?;
                self.note(&[b"DEL", key.as_bytes()])
            }
            ("commit", []) => self.commit(),
            ("sync", []) => self.call("sync", |log, _, _| log.sync().map_err(|error| error.to_string())),
            ("close", []) => {
                self.call("close", |log, _, now| log.close(now).map_err(|error| error.to_string()))
            }
            ("mend", []) => {
                let mend = |log: &mut MemLog, tree: &mut Tree, now| {
                    log.mend(&mut *tree.snapshot(), now).map_err(|error| error.to_string())
                };
                self.call("mend", mend)
            }
            ("fail", ["write"]) => self.fail("write"),
            ("fail", ["sync"]) => self.fail("sync"),
            ("field", [name]) => {
                let last = self.views.last().ok_or("nothing is drawn yet")?;
                let view = last.pointing_at(name)?;
                self.views.push(view);
                Ok(())
            }
            ("cut", [at]) => {
                let at = self.offset(at)?;
                self.left(self.bytes()?[..at].to_vec(), &format!("The file ends at offset {at}"), None)
            }
            ("flip", [at]) => self.flip(at, "has flipped"),
            ("back", [at]) => self.flip(at, "is put back"),
            ("lose", [which]) => self.lose(which),
            ("recover", []) => self.recover(),
            _ => Err("is no line of a log".into()),
        }
    }

    fn set_quiet(&mut self, quiet: bool) -> Result<(), String> {
        self.quiet = quiet;
        Ok(())
    }

    fn fail(&mut self, kind: &'static str) -> Result<(), String> {
        *self.fails.lock().unwrap_or_else(PoisonError::into_inner) = Some(kind);
        Ok(())
    }

    fn note(&mut self, args: &[&[u8]]) -> Result<(), String> {
        self.log.as_mut().ok_or("the log is not open")?.record(args);
        let words: Vec<String> = args.iter().map(|arg| arg.escape_ascii().to_string()).collect();
        let step = self.order.recorded(words.join(" "));
        self.push_steps(vec![step]);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), String> {
        self.now_unix_ms += 1_000;
        self.call("commit", |log, _, now| log.commit(now).map_err(|error| error.to_string()))
    }

    /// Calls the log, and notes what it did to the files, and what it answered.
    fn call(
        &mut self,
        name: &'static str,
        call: impl FnOnce(&mut MemLog, &mut Tree, u64) -> Result<(), String>,
    ) -> Result<(), String> {
        let log = self.log.as_mut().ok_or("the log is not open")?;
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let answer = call(log, &mut self.tree, self.now_unix_ms);
        let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        let mut steps: Vec<Step> =
            heard.iter().map(|(operation, failed)| self.order.done(operation, *failed)).collect();
        steps.push(self.order.answered(name, &answer, self.policy == FsyncPolicy::Always));
        let (figures, len) = (log.figures(), self.bytes()?.len() as u64);
        let durable = self.storage.crash(true, |_| None).contents(LOG_NAME).unwrap_or_default();
        if answer.is_ok() {
            self.order.agrees(len, durable.len() as u64, figures.durable_bytes)?;
        }
        self.push_steps(steps);
        if !self.in_order && !self.quiet {
            let view = bytes::View::after(name, &answer, self.bytes()?, figures.durable_bytes)?;
            self.views.push(view);
        }
        Ok(())
    }

    fn push_steps(&mut self, steps: Vec<Step>) {
        if !self.quiet {
            self.steps.extend(steps);
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        self.storage.contents(LOG_NAME).ok_or_else(|| "there is no file".into())
    }

    /// An offset in the file.
    fn offset(&self, text: &str) -> Result<usize, String> {
        let at = text.parse().map_err(|_| format!("{text:?} is no offset"))?;
        let len = self.bytes()?.len();
        if at < len { Ok(at) } else { Err(format!("the file has {len} bytes")) }
    }

    fn flip(&mut self, at: &str, what: &str) -> Result<(), String> {
        let (at, mut bytes) = (self.offset(at)?, self.bytes()?);
        bytes[at] ^= 1;
        self.left(bytes, &format!("One bit of the byte at offset {at} {what}"), Some(at))
    }

    fn lose(&mut self, which: &str) -> Result<(), String> {
        let lost: Option<usize> = match which {
            "all" => None,
            number => Some(number.parse().map_err(|_| format!("{number:?} is no number"))?),
        };
        let mut write = 0;
        let left = self.storage.crash(true, |bytes| {
            write += 1;
            (lost.is_some() && lost != Some(write)).then_some(bytes)
        });
        let bytes = left.contents(LOG_NAME).ok_or("there is no file left")?;
        if lost.is_some_and(|lost| lost == 0 || lost > write) {
            return Err(format!("{write} writes are not synced"));
        }
        let caption = match lost {
            None => "A power cut takes every write that no sync covered".to_owned(),
            Some(lost) => format!(
                "A power cut takes write {lost} of the {write} that no sync covered, and leaves the others"
            ),
        };
        self.left(bytes, &caption, None)
    }

    /// The file is now this, and nobody has it open.
    fn left(&mut self, bytes: Vec<u8>, caption: &str, hot: Option<usize>) -> Result<(), String> {
        self.log = None;
        self.storage = MemStorage::default();
        self.storage.put(LOG_NAME, &bytes);
        let view = bytes::View::left(caption, bytes, hot)?;
        self.views.push(view);
        Ok(())
    }

    fn recover(&mut self) -> Result<(), String> {
        let mut tree = Tree(Treap::new());
        let before = self.bytes()?;
        match open(&self.storage, self.policy, self.now_unix_ms, &mut tree) {
            Ok((log, recovery)) => {
                let Recovery { records, rounds, cut_bytes, .. } = recovery;
                let keys = tree.keys();
                let caption = format!(
                    "Recovery loads {} of {} and cuts {cut_bytes} bytes; the store holds {}",
                    order::counted(records as usize, "record"),
                    order::counted(rounds as usize, "round"),
                    if keys.is_empty() { "nothing".into() } else { keys.join(", ") }
                );
                let durable = log.figures().durable_bytes;
                (self.log, self.tree) = (Some(log), tree);
                self.listen();
                self.views.push(bytes::View::recovered(caption, self.bytes()?, durable)?);
            }
            Err(refusal) => {
                if self.bytes()? != before {
                    return Err("a refused file was changed".into());
                }
                let said = refusal.split("; nothing").next().unwrap_or_default().to_owned();
                self.views.push(bytes::View::refused(&said, before)?);
            }
        }
        Ok(())
    }
}

fn open(
    storage: &MemStorage,
    policy: FsyncPolicy,
    now_unix_ms: u64,
    tree: &mut Tree,
) -> Result<(MemLog, Recovery), String> {
    let options = LogOptions { policy, seed: Some(SEED), ..LogOptions::default() };
    let opened = Log::open(storage.clone(), options, now_unix_ms, tree, &mut |_, _| {});
    opened.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pretty_assertions::assert_eq;

    fn captions(body: &str) -> Result<Vec<String>, String> {
        let frames = record(&Script::parse(&format!("title T\n{body}")).unwrap())?;
        Ok(frames.into_iter().map(|frame| frame.caption).collect())
    }

    #[test]
    fn a_commit_is_a_write_then_a_sync_then_its_return() {
        let said = captions("view order\nset a 1\nset b 2\ncommit").unwrap();
        assert_eq!(said.len(), 5);
        assert!(said[2].starts_with("One write hands the round's line and its 2 records"), "{said:?}");
        assert!(said[3].starts_with("The sync has ended"), "{said:?}");
        assert!(said[4].starts_with("commit returns Ok: only now"), "{said:?}");
    }

    #[test]
    fn after_a_failed_sync_a_fresh_log_is_renamed_into_place() {
        let said = captions("view order\nset a 1\nfail sync\ncommit\nmend").unwrap();
        assert!(said[2].starts_with("The sync fails") && said[3].contains("returns an error"), "{said:?}");
        let renamed = said.iter().position(|said| said.contains("takes the old one's place")).unwrap();
        assert!(said[renamed - 1].starts_with("The sync has ended"), "{said:?}");
        assert!(said.last().unwrap().contains("takes writes"), "{said:?}");
    }

    #[test]
    fn a_cut_is_recovered_and_damage_below_synced_is_refused() {
        let said = captions("set a 1\ncommit\nset b 2\ncommit\ncut 230\nrecover").unwrap();
        assert!(said[3].contains("1 record of 2 rounds") && said[3].ends_with("holds a."), "{said:?}");
        let said = captions("set a 1\ncommit\nset b 2\ncommit\nflip 150\nrecover").unwrap();
        assert!(said[3].starts_with("The start is refused"), "{said:?}");
    }

    #[test]
    fn a_bad_line_is_an_error() {
        for (body, why) in [
            ("jump 3", "is no line of a log"),
            ("cut 5000", "the file has"),
            ("flip x", "is no offset"),
            ("del a", "there is no such key"),
            ("set a 1\ncommit\nfield colour", "is no field"),
        ] {
            let refused = captions(body).unwrap_err();
            assert!(refused.contains(why), "{body}: {refused}");
        }
    }
}

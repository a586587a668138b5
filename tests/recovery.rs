//! A log that the server wrote, cut at every byte and with every bit flipped, against the rules as `support::rounds` tells them.
//!
//! Most cases are opened in this process, by the crate that the server opens them with; a sample goes through the binary, with `check-aof`, its
//! repair, and a start on what is repaired.
#![allow(clippy::unwrap_used)]

#[path = "../stages/04-aof/tests/mem_storage/mod.rs"]
mod mem_storage;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use heapwood_aof::{
    FsyncPolicy, LOG_NAME, Log, LogOptions, OpenError, Problem, Recovery, Replay, Snapshot, SortedRun,
};
use mem_storage::MemStorage;
use pretty_assertions::assert_eq;
use rand::Rng;
use rand::rngs::StdRng;
use support::dump::{State, dump};
use support::rounds::{Judged, Judgement, judge};
use support::seed::seeded;
use support::{Ended, Server, Value, run_in};

/// One command a round, of all kinds that the log knows.
const COMMANDS: &[&str] = &[
    "SET a one",
    "SET b \r\n#HW1",
    "MSET c 3 d 4",
    "SET a two PXAT 4000000000000",
    "INCRBY c 39",
    "RPUSH list x y z",
    "PERSIST a",
    "DEL b",
    "LPOP list",
    "PEXPIREAT list 4001000000000",
    "RENAME d e",
    "APPEND a more",
    "SET e last",
    "GETDEL c",
];

/// What the server wrote.
struct Written {
    file: Vec<u8>,
    /// What it held after each round that the file has.
    states: Vec<State>,
}

/// How a log came about.
#[derive(Clone, Copy, Debug)]
enum History {
    /// Every round was synced before the next, and the server closed in order.
    Closed,
    /// The same, but the server was killed.
    Killed,
    /// Nothing was synced, the server was killed, and another life went on behind that.
    TwoLives,
}

fn write(history: History) -> Written {
    let policy = if matches!(history, History::TwoLives) { "no" } else { "always" };
    let mut server = Server::start_with(&["--fsync", policy]);
    let mut client = server.client();
    let mut states = vec![State::new()];
    for (number, command) in COMMANDS.iter().enumerate() {
        if matches!(history, History::TwoLives) && number == COMMANDS.len() / 2 {
            server.kill();
            server.restart();
            client = server.client();
        }
        let words: Vec<&str> = command.split(' ').collect();
        let reply = client.call(&words).unwrap();
        assert!(!matches!(reply, Value::Error(_) | Value::Nil), "{command}: {reply:?}");
        states.push(dump(&mut client));
    }
    if matches!(history, History::Closed) {
        assert_eq!(server.stop().code(), Some(0));
        states.push(states.last().unwrap().clone());
    } else {
        server.kill();
    }
    let file = fs::read(server.log()).unwrap();
    let judged = judge(&file);
    assert_eq!(judged.judgement, Judgement::Sound, "{history:?}");
    assert_eq!(judged.rounds.len(), states.len(), "one command a round, {history:?}");
    Written { file, states }
}

/// What reached the store, in order: commands one by one, and runs of plain `SET` and `DEL` by what they leave of each key.
#[derive(Debug, Default, PartialEq)]
struct Loaded(Vec<Step>);

#[derive(Debug, PartialEq)]
enum Step {
    Command(Vec<Vec<u8>>),
    Run(BTreeMap<Vec<u8>, Option<Vec<u8>>>),
}

impl Loaded {
    /// What should come of these commands.
    fn of(commands: &[Vec<Vec<u8>>]) -> Self {
        let mut loaded = Self::default();
        for words in commands {
            match &words[..] {
                [set, key, value] if set == b"SET" => loaded.note(key, Some(value)),
                [del, keys @ ..] if del == b"DEL" => keys.iter().for_each(|key| loaded.note(key, None)),
                _ => loaded.0.push(Step::Command(words.clone())),
            }
        }
        loaded
    }

    fn note(&mut self, key: &[u8], value: Option<&Vec<u8>>) {
        if !matches!(self.0.last(), Some(Step::Run(_))) {
            self.0.push(Step::Run(BTreeMap::new()));
        }
        if let Some(Step::Run(run)) = self.0.last_mut() {
            run.insert(key.to_vec(), value.cloned());
        }
    }
}

impl Replay for Loaded {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        match args {
            [b"DEL", keys @ ..] => keys.iter().for_each(|key| self.note(key, None)),
            _ => self.0.push(Step::Command(args.iter().map(|word| word.to_vec()).collect())),
        }
        Ok(())
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        for (key, value) in run {
            self.note(key, value.map(<[u8]>::to_vec).as_ref());
        }
        Ok(())
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(Nothing)
    }
}

/// A fresh log is only made here when nothing was loaded.
struct Nothing;

impl Snapshot for Nothing {
    fn step(&mut self, _emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        true
    }
}

fn open(storage: &MemStorage) -> Result<(Log<MemStorage>, Recovery, Loaded), OpenError> {
    let options = LogOptions { policy: FsyncPolicy::No, ..LogOptions::default() };
    let mut loaded = Loaded::default();
    let (log, recovery) = Log::open(storage.clone(), options, 1, &mut loaded, &mut |_, _| {})?;
    Ok((log, recovery, loaded))
}

/// Opens a file in this process, and compares with the rules. Where it opens, the log is written on and opened again.
fn check(file: &[u8], what: &str) -> Judgement {
    let judged = judge(file);
    let storage = MemStorage::default();
    storage.put(LOG_NAME, file);
    match (judged.judgement.clone(), open(&storage)) {
        (Judgement::Damaged(at), Err(OpenError { problem: Problem::Damaged { offset, synced }, .. })) => {
            let safe = judged.rounds.iter().map(|round| round.synced).max().unwrap();
            assert_eq!((offset, synced), (at as u64, safe as u64), "{what}");
            assert_eq!(storage.contents(LOG_NAME).unwrap(), file, "{what}: a refusal changes nothing");
        }
        (Judgement::Sound | Judgement::Tail(_), Ok((log, recovery, loaded))) => {
            assert_eq!(loaded, Loaded::of(&judged.loaded(file)), "{what}");
            check_recovery(file, &judged, &recovery, what);
            go_on(log, &storage, &judged.loaded(file), what);
        }
        // A file of Redis has no checksums; that it is not taken for ours is all that can be said.
        (Judgement::Foreign, Err(OpenError { problem: Problem::Foreign, .. })) => {}
        (expected, Err(error)) => panic!("{what}: {expected:?}, but {error}"),
        (expected, Ok(_)) => panic!("{what}: {expected:?}, but it opened"),
    }
    judged.judgement
}

fn check_recovery(file: &[u8], judged: &Judged, recovery: &Recovery, what: &str) {
    let end = if let Judgement::Tail(at) = judged.judgement { at } else { file.len() };
    assert_eq!(recovery.cut_bytes, (file.len() - end) as u64, "{what}");
    assert_eq!(recovery.cut_rounds > 0, recovery.cut_bytes > 0, "{what}: a cut is told");
    assert_eq!(recovery.rounds, judged.sound_rounds as u64, "{what}");
    let now_ms = judged.rounds.iter().map(|round| round.now_ms).max();
    assert_eq!(
        recovery.last_now_unix_ms, now_ms,
        "{what}: the clock never goes back, also behind what is cut"
    );
}

/// Writes a round behind what was recovered, and opens the log once more.
fn go_on(mut log: Log<MemStorage>, storage: &MemStorage, before: &[Vec<Vec<u8>>], what: &str) {
    let after = [&b"SET"[..], b"after", b"1"];
    log.record(&after);
    log.commit(1).unwrap();
    log.close(1).unwrap();
    let file = storage.contents(LOG_NAME).unwrap();
    let judged = judge(&file);
    assert_eq!(judged.judgement, Judgement::Sound, "{what}");
    let mut expected = before.to_vec();
    expected.push(after.map(<[u8]>::to_vec).to_vec());
    assert_eq!(judged.loaded(&file), expected, "{what}");
    let (_, recovery, loaded) = open(storage).unwrap();
    assert_eq!((loaded, recovery.cut_bytes), (Loaded::of(&expected), 0), "{what}");
}

#[test]
fn a_log_cut_at_any_byte_loads_as_its_whole_rounds() {
    for history in [History::Closed, History::Killed, History::TwoLives] {
        let file = write(history).file;
        for cut in 0..=file.len() {
            let judgement = check(&file[..cut], &format!("{history:?} cut at {cut}"));
            let no_refusal = matches!(judgement, Judgement::Sound | Judgement::Tail(_));
            assert!(no_refusal, "what is missing at the end was never known to be on disk: {judgement:?}");
        }
    }
}

#[test]
fn a_log_with_any_bit_flipped_is_cut_or_refused_by_the_rules() {
    for history in [History::Closed, History::Killed, History::TwoLives] {
        let file = write(history).file;
        let rounds = judge(&file).rounds;
        // All of the one log; of the others the rounds about which they differ: the last, and those where one life ends.
        let stretch = match history {
            History::Closed => 0..file.len(),
            History::Killed => rounds[rounds.len() - 2].start..file.len(),
            History::TwoLives => rounds[rounds.len() / 2 - 1].start..rounds[rounds.len() / 2 + 1].records.end,
        };
        let (mut tails, mut refusals) = (0, 0);
        for bit in stretch.start * 8..stretch.end * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match check(&damaged, &format!("{history:?} with bit {bit} flipped")) {
                Judgement::Tail(_) => tails += 1,
                Judgement::Damaged(_) => refusals += 1,
                other => panic!("bit {bit} was overlooked: {other:?}"),
            }
        }
        assert!(tails > 0 && refusals > 0, "{history:?}: {tails} tails, {refusals} refusals");
    }
}

#[test]
fn a_log_damaged_in_any_other_way_is_cut_or_refused_by_the_rules() {
    let mut rng = seeded();
    let written = [History::Closed, History::Killed, History::TwoLives].map(|history| write(history).file);
    for number in 0..2_000 {
        let [mut file, other] = [(); 2].map(|()| written[rng.random_range(0..written.len())].clone());
        for _ in 0..rng.random_range(1..4) {
            damage(&mut file, &other, &mut rng);
        }
        check(&file, &format!("damage {number}"));
    }
}

/// What disks, copies and people do to files.
fn damage(file: &mut Vec<u8>, other: &[u8], rng: &mut StdRng) {
    let from = rng.random_range(0..=file.len());
    let upto = (from + rng.random_range(0..300)).min(file.len());
    let rounds = judge(file).rounds;
    let round = rounds.get(rng.random_range(0..rounds.len().max(1)));
    let place = round.map_or(from..upto, |round| round.start..round.records.end);
    match rng.random_range(0..9) {
        0 => file[from..upto].fill(0),
        1 => file.truncate(from),
        2 => drop(file.drain(from..upto)),
        3 => file.extend_from_slice(&vec![0; upto - from]),
        4 => file[from..upto].iter_mut().for_each(|byte| *byte = rng.random()),
        5 => drop(file.splice(from..from, b"garbage\n".iter().copied())),
        // Whole rounds: one is gone, one is there twice, one of another log.
        6 => drop(file.drain(place)),
        7 => {
            let twice = file[place.clone()].to_vec();
            drop(file.splice(place.end..place.end, twice));
        }
        _ => {
            let theirs = judge(other).rounds;
            let theirs = &theirs[rng.random_range(0..theirs.len())];
            drop(file.splice(place, other[theirs.start..theirs.records.end].iter().copied()));
        }
    }
}

/// The folder of a server whose log is this.
fn folder_with(file: &[u8]) -> Arc<tempfile::TempDir> {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data").join(LOG_NAME), file).unwrap();
    folder
}

fn check_aof(folder: &Path, more: &[&str]) -> Ended {
    run_in(folder, &[&["check-aof", "data/database.aof"], more].concat())
}

/// What a server holds that starts in this folder, and how it ends.
fn start_and_dump(folder: &Arc<tempfile::TempDir>) -> State {
    let mut server = Server::start_in(Arc::clone(folder), &[] as &[&str]);
    let state = dump(&mut server.client());
    assert_eq!(server.stop().code(), Some(0));
    state
}

/// The one backup that a repair keeps.
fn backup(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder.join("data")).unwrap().map(|entry| entry.unwrap().path());
    let backups: Vec<_> = entries
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let time = name.strip_prefix("database.aof.bak-");
            time.is_some_and(|time| time.len() == 13 && time.bytes().all(|byte| byte.is_ascii_digit()))
        })
        .collect();
    assert_eq!(backups.len(), 1, "{backups:?}");
    fs::read(&backups[0]).unwrap()
}

#[test]
fn the_server_starts_on_a_cut_log_with_what_its_whole_rounds_made() {
    let mut rng = seeded();
    let Written { file, states } = write(History::Killed);
    for _ in 0..10 {
        let cut = rng.random_range(0..file.len());
        let judged = judge(&file[..cut]);
        // No round at all is a log of no commands, too.
        let expected = states[..judged.sound_rounds].last().cloned().unwrap_or_default();
        let cut_by_server = folder_with(&file[..cut]);
        let cut_by_hand = folder_with(&file[..cut]);
        let torn = matches!(judged.judgement, Judgement::Tail(_));
        assert_eq!(check_aof(cut_by_hand.path(), &[]).code, Some(i32::from(torn)), "cut at {cut}");
        let repaired = check_aof(cut_by_hand.path(), &["--fix"]);
        assert_eq!(repaired.code, Some(0), "cut at {cut}: {repaired:?}");
        if torn {
            assert_eq!(backup(cut_by_hand.path()), &file[..cut]);
        }
        for folder in [cut_by_server, cut_by_hand] {
            assert_eq!(start_and_dump(&folder), expected, "cut at {cut}");
        }
    }
}

#[test]
fn the_server_refuses_a_damaged_log_until_it_is_repaired() {
    let mut rng = seeded();
    let Written { file, .. } = write(History::Closed);
    for _ in 0..8 {
        let mut damaged = file.clone();
        // Below the last line, which says that all before it is safe.
        let at = rng.random_range(0..judge(&file).rounds.last().unwrap().start);
        damaged[at] ^= 1 << rng.random_range(0..8);
        let judged = judge(&damaged);
        let Judgement::Damaged(offset) = judged.judgement else {
            panic!("byte {at}: {:?}", judged.judgement);
        };
        let folder = folder_with(&damaged);
        let refused = run_in(folder.path(), &["server", "--port", "0"]);
        assert_eq!((refused.code, &*refused.output), (Some(1), ""), "byte {at}: {refused:?}");
        for part in [format!("offset {offset}"), "heapwood check-aof ./data/database.aof --fix".into()] {
            assert!(refused.errors.contains(&part), "{part}: {}", refused.errors);
        }
        let found = check_aof(folder.path(), &[]);
        assert_eq!(found.code, Some(1), "byte {at}");
        assert!(found.output.contains(&format!("offset {offset}")), "{}", found.output);
        assert_eq!(fs::read(folder.path().join("data").join(LOG_NAME)).unwrap(), damaged, "only looked at");

        let repaired = check_aof(folder.path(), &["--fix"]);
        assert_eq!(repaired.code, Some(0), "byte {at}: {repaired:?}");
        assert_eq!(backup(folder.path()), damaged);
        assert_eq!(check_aof(folder.path(), &[]).code, Some(0));
        assert_eq!(start_and_dump(&folder), state_after(&judged.saved(&damaged)), "byte {at}");
    }
}

/// What a server holds that is given these commands; those that do not fit what is there change nothing.
fn state_after(commands: &[Vec<Vec<u8>>]) -> State {
    let server = Server::start_with(&["--no-aof"]);
    let mut client = server.client();
    for words in commands {
        client.call(words).unwrap();
    }
    dump(&mut client)
}

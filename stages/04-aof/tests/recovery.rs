//! What comes back after a crash, after a cut at every byte, and after every flipped bit, against the rules.
#![allow(clippy::unwrap_used)]

mod mem_storage;
mod store;

use heapwood_aof::reader::Reader;
use heapwood_aof::round::{RoundBuffer, RoundLine};
use heapwood_aof::scan::{BLOCK_BYTES, scan};
use heapwood_aof::{FsyncPolicy, LOG_NAME, LogOptions, OpenError, Problem, Storage, StoredFile};
use mem_storage::MemStorage;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Map, Store, open};

fn options(policy: FsyncPolicy) -> LogOptions {
    LogOptions { policy, seed: Some(7), ..LogOptions::default() }
}

/// One round as written, and what the store held after it.
#[derive(Clone, Debug)]
struct Written {
    start: u64,
    end: u64,
    synced: u64,
    after: Map,
}

/// A log in memory, and what the rules say about it.
struct History {
    storage: MemStorage,
    rounds: Vec<Written>,
    durable: u64,
}

type Command = (u8, u8, Vec<u8>);
type Round = (Vec<Command>, bool);

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let value = proptest::collection::vec(any::<u8>(), 0..12);
    let command = (0..8u8, 0..6u8, value);
    proptest::collection::vec((proptest::collection::vec(command, 1..5), any::<bool>()), 0..8)
}

/// Writes the rounds; after each for which it is asked, a sync.
fn write(rounds: &[Round], policy: FsyncPolicy) -> History {
    let storage = MemStorage::default();
    let (mut log, _, mut store) = open(storage.clone(), options(policy)).unwrap();
    let header = log.figures().bytes;
    let mut written = vec![Written { start: 0, end: header, synced: 0, after: Map::new() }];
    for (number, (commands, sync)) in rounds.iter().enumerate() {
        let before = log.figures();
        for (kind, key, value) in commands {
            let key = [b'k', *key];
            let args: &[&[u8]] = match kind {
                0..=3 => &[b"SET", &key, value],
                4..=5 => &[b"DEL", &key],
                _ => &[b"APPEND", &key, value],
            };
            heapwood_aof::Replay::apply(&mut store, args).unwrap();
            log.record(args);
        }
        log.commit(2_000 + number as u64).unwrap();
        written.push(Written {
            start: before.bytes,
            end: log.figures().bytes,
            synced: before.durable_bytes,
            after: store.map.clone(),
        });
        if *sync {
            log.sync().unwrap();
        }
    }
    History { storage, rounds: written, durable: log.figures().durable_bytes }
}

/// What must come of a file in which exactly the rounds for which `intact` is true are as they were written.
fn check(file: &[u8], rounds: &[Written], intact: impl Fn(&Written) -> bool) {
    let storage = MemStorage::default();
    storage.put(LOG_NAME, file);
    let synced = rounds.iter().filter(|round| intact(round)).map(|round| round.synced).max();
    let sound = rounds.iter().take_while(|round| intact(round)).count();
    let damage = rounds[..sound].last().map_or(0, |round| round.end);
    let on_disk = synced.is_some_and(|synced| damage < synced || damage == 0);
    match open(storage.clone(), options(FsyncPolicy::No)) {
        Err(OpenError { problem: Problem::Damaged { offset, .. }, .. }) => {
            assert!(on_disk, "L2: refused without need at {offset}");
            assert_eq!(offset, damage);
            assert_eq!(storage.contents(LOG_NAME).unwrap(), file);
        }
        Err(error) => panic!("{error}"),
        Ok((mut log, recovery, store)) => {
            assert!(!on_disk, "L2: silent loss at {damage}");
            let expected = rounds[..sound].last().map(|round| &round.after);
            assert_eq!(&store.map, expected.unwrap_or(&Map::new()), "L1: whole rounds only");
            assert_eq!(recovery.rounds, sound as u64);
            assert_eq!(recovery.cut_bytes, file.len() as u64 - damage);
            assert_eq!(recovery.cut_rounds > 0, recovery.cut_bytes > 0);
            log.record(&[b"SET", b"after", b"1"]);
            log.commit(3_000).unwrap();
            log.close(3_000).unwrap();
            let (_, again, reopened) = open(storage, options(FsyncPolicy::No)).unwrap();
            assert_eq!((again.cut_bytes, again.last_now_unix_ms), (0, Some(3_000)));
            assert_eq!(reopened.map.len(), store.map.len() + 1);
        }
    }
}

/// Three rounds, of which the first is known durable to the third.
fn small() -> History {
    let set = |key, value: &[u8]| (0, key, value.to_vec());
    write(
        &[
            (vec![set(1, b"one"), set(2, b"\r\n#HW1 id=")], true),
            (vec![set(1, b"uno"), (6, 2, b"more".to_vec())], false),
            (vec![(4, 1, vec![]), set(3, b"three")], false),
        ],
        FsyncPolicy::No,
    )
}

#[test]
fn a_file_cut_at_any_byte_loads_as_the_rounds_before_the_cut() {
    let history = small();
    let file = history.storage.contents(LOG_NAME).unwrap();
    // L1: what the cut went through does not count at all. L2: nothing here was known to be durable behind the cut.
    for cut in 0..=file.len() {
        check(&file[..cut], &history.rounds, |round| round.end <= cut as u64);
    }
}

#[test]
fn a_flipped_bit_is_cut_as_tail_or_refused_but_never_overlooked() {
    let history = small();
    let file = history.storage.contents(LOG_NAME).unwrap();
    // L1 and L2: `check` knows what was synced, and what must then come of each bit.
    for bit in 0..file.len() * 8 {
        let mut damaged = file.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let at = bit as u64 / 8;
        check(&damaged, &history.rounds, |round| at < round.start || round.end <= at);
    }
}

#[test]
fn a_flipped_bit_after_a_clean_shutdown_is_refused_everywhere_below_the_last_line() {
    let history = small();
    let (mut log, ..) = open(history.storage.clone(), options(FsyncPolicy::No)).unwrap();
    let records_end = log.figures().bytes;
    log.close(4_000).unwrap();
    let file = history.storage.contents(LOG_NAME).unwrap();
    for at in 0..records_end {
        let storage = MemStorage::default();
        let mut damaged = file.clone();
        damaged[at as usize] ^= 4;
        storage.put(LOG_NAME, &damaged);
        let refused = open(storage, options(FsyncPolicy::No));
        let Err(OpenError { problem: Problem::Damaged { offset, synced }, .. }) = refused else {
            panic!("damage at {at} was overlooked");
        };
        assert!(offset <= at && synced == records_end);
    }
}

#[test]
fn what_a_killed_server_left_in_the_system_s_cache_is_synced_before_it_counts_as_durable() {
    let history = small();
    let (mut log, ..) = open(history.storage.clone(), options(FsyncPolicy::No)).unwrap();
    log.record(&[b"SET", b"after", b"1"]);
    log.commit(4_000).unwrap();
    // Of what is not synced only the last write survives.
    for survivor in 0..4 {
        let mut change = 0;
        let left = history.storage.crash(false, |bytes| {
            change += 1;
            (change == survivor).then_some(bytes)
        });
        let (_, recovery, store) = open(left, options(FsyncPolicy::No)).unwrap();
        assert!(recovery.rounds >= 4 && store.map.len() >= 2, "{recovery:?}");
    }
}

#[test]
fn closing_twice_in_a_row_adds_nothing() {
    let history = small();
    for _ in 0..2 {
        let (mut log, ..) = open(history.storage.clone(), options(FsyncPolicy::Always)).unwrap();
        log.close(4_000).unwrap();
    }
    let bytes = history.storage.contents(LOG_NAME).unwrap().len() as u64;
    let (log, recovery, _) = open(history.storage, options(FsyncPolicy::Always)).unwrap();
    assert_eq!(log.figures().bytes, bytes);
    assert_eq!(recovery.rounds, 5);
}

#[test]
fn a_file_that_only_begins_as_ours_is_the_tail_of_a_crash() {
    for start in ["", "#", "#HW", "#HW1", "#HW1 id=00", "#HW1 nonsense\n*1\r\n"] {
        let storage = MemStorage::default();
        storage.put(LOG_NAME, start.as_bytes());
        let (_, recovery, store) = open(storage, options(FsyncPolicy::No)).unwrap();
        assert_eq!(store, Store::default());
        assert_eq!(recovery.cut_bytes, start.len() as u64);
    }
}

#[test]
fn a_file_with_a_valid_line_anywhere_is_ours_whatever_it_begins_with() {
    let history = small();
    let mut file = history.storage.contents(LOG_NAME).unwrap();
    file[..10].copy_from_slice(b"REDIS0011\n");
    let storage = MemStorage::default();
    storage.put(LOG_NAME, &file);
    let refused = open(storage, options(FsyncPolicy::No)).map(|_| ()).unwrap_err();
    assert!(matches!(refused.problem, Problem::Damaged { offset: 0, .. }), "{refused}");
    let text = refused.to_string();
    assert!(text.contains("heapwood check-aof database.aof --fix"), "{text}");
}

/// A client stores a line that is right in its place, with an id of its own; then all rounds in front of it are damaged.
#[test]
fn a_line_that_a_client_stored_does_not_become_the_file_s_by_damage_to_the_head() {
    let planted = |offset| {
        let line = RoundLine { id: 0xdead_beef, offset, len: 0, synced: 0, now_unix_ms: 1 };
        RoundBuffer::default().seal(line).to_vec()
    };
    let log_with = |value: &[u8]| {
        let storage = MemStorage::default();
        let (mut log, ..) = open(storage.clone(), options(FsyncPolicy::Always)).unwrap();
        for key in [b"a", b"b"] {
            log.record(&[b"SET", key, value]);
            log.commit(1).unwrap();
        }
        storage.contents(LOG_NAME).unwrap()
    };
    let place = |file: &[u8], value: &[u8]| file.windows(value.len()).position(|bytes| bytes == value);
    let offset = place(&log_with(&planted(100)), &planted(100)).unwrap() as u64;
    let mut file = log_with(&planted(offset));
    assert_eq!(place(&file, &planted(offset)), Some(offset as usize));
    let second = 1 + place(&file[1..], b"#HW1").unwrap();
    for line in [0, second] {
        file[line + 10] ^= 1;
    }
    let storage = MemStorage::default();
    storage.put(LOG_NAME, &file);
    let progress = &mut |_| {};
    let stored = storage.open(LOG_NAME).unwrap();
    let found = scan(&mut Reader::new(&*stored, BLOCK_BYTES, progress).unwrap(), &mut |_, _| {}).unwrap();
    assert_eq!((found.rounds, found.first.unwrap().id, found.synced), (1, 0xdead_beef, 0));
    let refused = open(storage.clone(), options(FsyncPolicy::No)).map(|_| ()).unwrap_err();
    assert!(matches!(refused.problem, Problem::Damaged { offset: 0, .. }), "L2: the head: {refused}");
    assert!(refused.to_string().contains("in its first round"), "{refused}");
    assert_eq!(storage.contents(LOG_NAME).unwrap(), file);
}

#[test]
fn a_file_of_another_program_is_refused_and_left_alone() {
    let storage = MemStorage::default();
    let file = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
    storage.put(LOG_NAME, file);
    let refused = open(storage.clone(), options(FsyncPolicy::No)).map(|_| ()).unwrap_err();
    assert!(matches!(refused.problem, Problem::Foreign), "{refused}");
    assert!(refused.to_string().contains("heapwood server"), "{refused}");
    assert_eq!(storage.contents(LOG_NAME).unwrap(), file);
    assert_eq!(storage.names(), [LOG_NAME]);
}

/// A file that counts the bytes that are read of it.
struct Counting {
    file: Arc<dyn StoredFile>,
    read: AtomicU64,
}

impl FileExt for Counting {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = self.file.read_at(bytes, offset)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl StoredFile for Counting {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn truncate(&self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The head of a file is damaged, so its id is unknown, and a client stored lines that stand where they say and span all the rest.
#[test]
fn forged_lines_do_not_make_the_search_behind_damage_read_the_file_again_for_each() {
    const FORGED: u64 = 2_000;
    const REST_BYTES: usize = 8 * 1024 * 1024;
    let storage = MemStorage::default();
    let (mut log, ..) = open(storage.clone(), options(FsyncPolicy::No)).unwrap();
    log.record(&[b"SET", b"a", &vec![b'.'; FORGED as usize * 120]]);
    log.commit(1).unwrap();
    let second = log.figures().bytes;
    log.record(&[b"SET", b"b", &vec![b'.'; REST_BYTES]]);
    log.commit(2).unwrap();
    let mut file = storage.contents(LOG_NAME).unwrap();
    let first_value = file.windows(3).position(|bytes| bytes == b"...").unwrap();
    for forged in 0..FORGED as usize {
        let offset = first_value + forged * 120;
        let line =
            format!("#HW1 id={:016x} off={offset} len={REST_BYTES} synced=0 now=1 crc=00000000\n", forged);
        file[offset..offset + line.len()].copy_from_slice(line.as_bytes());
    }
    file[10] ^= 1;
    storage.put(LOG_NAME, &file);

    let counting = Counting { file: storage.open(LOG_NAME).unwrap(), read: AtomicU64::new(0) };
    let progress = &mut |_| {};
    let mut reader = Reader::new(&counting, BLOCK_BYTES, progress).unwrap();
    let found = scan(&mut reader, &mut |_, _| {}).unwrap();
    assert_eq!((found.rounds, found.first.unwrap().offset), (1, second));
    assert_eq!(found.damage.len(), 1);
    assert_eq!((found.damage[0].start, found.damage[0].end), (0, second));
    let read = counting.read.into_inner();
    let file_bytes = file.len() as u64;
    assert!(read < 3 * file_bytes + FORGED * 2 * 4_096, "{read} bytes read of {file_bytes}");
}

#[test]
fn a_round_of_another_file_is_damage() {
    let history = small();
    let other = MemStorage::default();
    let (mut log, ..) = open(other.clone(), LogOptions::default()).unwrap();
    log.record(&[b"SET", b"k\x01", b"one"]);
    log.commit(1).unwrap();
    let mut file = history.storage.contents(LOG_NAME).unwrap();
    let header = history.rounds[0].end as usize;
    file.splice(header.., other.contents(LOG_NAME).unwrap()[header..].to_vec());
    check(&file, &history.rounds, |round| round.start == 0);
}

/// The mark behind the damage lies at every place of a block, and so also across the end of one.
#[test]
fn a_round_behind_damage_is_found_wherever_its_mark_lies_in_what_is_read_at_a_time() {
    const BLOCK: usize = 200;
    let line = RoundLine { id: 1, offset: 0, len: 0, synced: 0, now_unix_ms: 1 };
    let header = RoundBuffer::default().seal(line).to_vec();
    for garbage in 2 * BLOCK..3 * BLOCK {
        let mut file = header.clone();
        file.resize(header.len() + garbage, b'.');
        let offset = file.len() as u64;
        file.extend_from_slice(RoundBuffer::default().seal(RoundLine { offset, ..line }));
        let storage = MemStorage::default();
        storage.put(LOG_NAME, &file);
        let (stored, progress) = (storage.open(LOG_NAME).unwrap(), &mut |_| {});
        let mut reader = Reader::new(&*stored, BLOCK, progress).unwrap();
        let found = scan(&mut reader, &mut |_, _| {}).unwrap();
        assert_eq!((found.rounds, found.damage[0].end), (2, offset), "{garbage} bytes of damage");
    }
}

/// So many that no sort leaves equal keys in their order by chance.
#[test]
fn of_many_records_for_one_key_the_last_one_wins() {
    let storage = MemStorage::default();
    let (mut log, ..) = open(storage.clone(), options(FsyncPolicy::No)).unwrap();
    for number in 0..1_000_u32 {
        let (key, value) = ([b'k', (number % 7) as u8], number.to_string());
        log.record(&[b"SET", &key, value.as_bytes()]);
    }
    log.commit(1).unwrap();
    let (_, _, store) = open(storage, options(FsyncPolicy::No)).unwrap();
    let expected = (993..1_000_u32).map(|number| (vec![b'k', (number % 7) as u8], number.to_string().into()));
    assert_eq!(store.map, expected.collect());
    assert!(store.runs <= 1, "no run is sent off early: the winners are found within it");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_crash_anywhere_keeps_every_synced_round_and_no_part_of_one(
        rounds in rounds(),
        always in any::<bool>(),
        names_survive in any::<bool>(),
        losses in proptest::collection::vec(proptest::option::weighted(0.8, 0..200usize), 12),
    ) {
        let policy = if always { FsyncPolicy::Always } else { FsyncPolicy::No };
        let history = write(&rounds, policy);
        let mut losses = losses.into_iter().cycle();
        let left = history.storage.crash(names_survive, |bytes| match losses.next().unwrap() {
            Some(kept) if kept > 100 => Some(bytes),
            kept => kept,
        });
        let file = left.contents(LOG_NAME).unwrap();
        let whole = history.storage.contents(LOG_NAME).unwrap();
        let place = |round: &Written| round.start as usize..round.end as usize;
        let intact = |round: &Written| file.get(place(round)) == whole.get(place(round));
        for round in &history.rounds {
            prop_assert!(round.end > history.durable || intact(round), "L4: what counts as synced survives");
        }
        check(&file, &history.rounds, intact);
        let (_, _, store) = open(left, options(policy)).unwrap();
        let survived = history.rounds.iter().take_while(|round| intact(round)).count();
        prop_assert!(history.rounds[survived - 1].end >= history.durable);
        prop_assert_eq!(&store.map, &history.rounds[survived - 1].after);
    }

    #[test]
    fn damage_of_any_kind_is_cut_or_refused_by_the_rules(
        rounds in rounds(),
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..4),
    ) {
        let history = write(&rounds, FsyncPolicy::No);
        let whole = history.storage.contents(LOG_NAME).unwrap();
        let mut file = whole.clone();
        for (at, byte, kind) in hits {
            let at = at.index(file.len().max(1)).min(file.len().saturating_sub(1));
            match kind {
                _ if file.is_empty() => {}
                0 => file[at] = byte,
                1 => file.truncate(at),
                2 => file.insert(at, byte),
                _ => file[at..].fill(0),
            }
        }
        let place = |round: &Written| round.start as usize..round.end as usize;
        let intact = |round: &Written| file.get(place(round)) == whole.get(place(round));
        // Without any valid round a file that does not begin with the mark is foreign.
        prop_assume!(history.rounds.iter().any(intact) || b"#HW1".starts_with(&file[..file.len().min(4)]));
        check(&file, &history.rounds, intact);
    }
}

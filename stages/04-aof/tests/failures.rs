//! Disks that refuse: what a commit leaves behind, how the log gets out of it, and that a crash meanwhile loses nothing that was acknowledged.
#![allow(clippy::unwrap_used)]

mod mem_storage;
mod store;

use heapwood_aof::{
    CommitError, FsyncPolicy, LOG_NAME, LogOptions, Problem, Replay, rewrite::TEMPORARY_NAME,
};
use mem_storage::{MemStorage, Operation, Verdict};
use pretty_assertions::assert_eq;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use store::{Map, Store, open};

fn options(policy: FsyncPolicy) -> LogOptions {
    LogOptions { policy, ..LogOptions::default() }
}

fn map(pairs: &[(&str, &str)]) -> Map {
    let bytes = |text: &str| text.as_bytes().to_vec();
    pairs.iter().map(|(key, value)| (bytes(key), bytes(value))).collect()
}

/// Fails the operations for which `fails` holds while the returned switch is on.
fn failing(storage: &MemStorage, kind: ErrorKind, fails: fn(&Operation) -> bool) -> Arc<AtomicBool> {
    let switch = Arc::new(AtomicBool::new(true));
    let on = Arc::clone(&switch);
    storage.judge(move |operation| match operation {
        operation if on.load(Ordering::SeqCst) && fails(operation) => Verdict::Fail(kind),
        _ => Verdict::Allow,
    });
    switch
}

#[test]
fn a_commit_is_one_write_for_all_its_records_and_with_always_one_sync_behind_it() {
    let synced = [(FsyncPolicy::Always, true), (FsyncPolicy::No, false)];
    for (policy, syncs) in synced {
        let storage = MemStorage::default();
        let (mut log, ..) = open(storage.clone(), options(policy)).unwrap();
        let before = storage.operations().len();
        for key in [b"a", b"b", b"c"] {
            log.record(&[b"SET", key, b"1"]);
        }
        assert_eq!(storage.operations().len(), before, "nothing is written before the commit");
        log.commit(1).unwrap();
        let done = &storage.operations()[before..];
        assert!(matches!(done[0], Operation::Write(..)), "{done:?}");
        // L3: had commit returned before the sync, replies would leave before it.
        let expected: &[Operation] = if syncs { &[Operation::Sync] } else { &[] };
        assert_eq!(&done[1..], expected, "L3: with {policy}");
    }
}

#[test]
fn a_full_disk_is_cut_back_and_the_bytes_are_written_when_there_is_room() {
    let storage = MemStorage::default();
    let (mut log, _, mut store) = open(storage.clone(), options(FsyncPolicy::Always)).unwrap();
    log.record(&[b"SET", b"a", b"1"]);
    log.commit(1).unwrap();
    let good = storage.contents(LOG_NAME).unwrap();

    let full = Arc::new(AtomicBool::new(true));
    let is_full = Arc::clone(&full);
    let mut writes = 0;
    storage.judge(move |operation| match operation {
        Operation::Write(..) if is_full.load(Ordering::SeqCst) => {
            writes += 1;
            if writes % 2 == 1 { Verdict::Short(10) } else { Verdict::Fail(ErrorKind::StorageFull) }
        }
        _ => Verdict::Allow,
    });
    log.record(&[b"SET", b"b", b"2"]);
    assert!(matches!(log.commit(2), Err(CommitError::Write(_))));
    assert_eq!(storage.contents(LOG_NAME).unwrap(), good);
    assert!(log.health().as_ref().unwrap_err().refusal().starts_with("MISCONF "));
    assert!(log.mend(&mut *store.snapshot(), 3).is_err());
    log.record(&[b"DEL", b"a"]);
    assert!(log.commit(4).is_err());
    assert_eq!(storage.contents(LOG_NAME).unwrap(), good);

    full.store(false, Ordering::SeqCst);
    log.mend(&mut *store.snapshot(), 5).unwrap();
    assert_eq!(log.health(), &Ok(()));
    assert_eq!(log.figures().durable_bytes, log.figures().bytes);
    let left = storage.crash(false, |_| None);
    let (_, recovery, store) = open(left, options(FsyncPolicy::Always)).unwrap();
    assert_eq!((recovery.cut_bytes, store.map), (0, map(&[("b", "2")])));
}

#[test]
fn a_write_that_cannot_even_be_cut_back_is_a_torn_tail_after_a_crash() {
    let storage = MemStorage::default();
    let (mut log, ..) = open(storage.clone(), options(FsyncPolicy::No)).unwrap();
    log.record(&[b"SET", b"a", b"1"]);
    log.commit(1).unwrap();
    let mut writes = 0;
    storage.judge(move |operation| match operation {
        Operation::Write(..) => {
            writes += 1;
            if writes == 1 { Verdict::Short(40) } else { Verdict::Fail(ErrorKind::FileTooLarge) }
        }
        Operation::Truncate(_) => Verdict::Fail(ErrorKind::Other),
        _ => Verdict::Allow,
    });
    log.record(&[b"SET", b"b", b"2"]);
    assert!(log.commit(2).is_err());
    let left = storage.crash(true, Some);
    let (_, recovery, store) = open(left, options(FsyncPolicy::No)).unwrap();
    assert_eq!((recovery.cut_bytes, recovery.cut_rounds), (40, 1));
    assert_eq!(store.map, map(&[("a", "1")]));
}

#[test]
fn interrupted_and_short_writes_are_continued() {
    let storage = MemStorage::default();
    let mut turn = 0;
    storage.judge(move |operation| match operation {
        Operation::Write(..) => {
            turn += 1;
            if turn % 2 == 0 { Verdict::Fail(ErrorKind::Interrupted) } else { Verdict::Short(7) }
        }
        _ => Verdict::Allow,
    });
    let (mut log, ..) = open(storage.clone(), options(FsyncPolicy::No)).unwrap();
    log.record(&[b"SET", b"a", b"1"]);
    log.commit(1).unwrap();
    let (.., store) = open(storage, options(FsyncPolicy::No)).unwrap();
    assert_eq!(store.map, map(&[("a", "1")]));
}

#[test]
fn after_a_failed_sync_the_file_is_left_alone_and_a_fresh_one_takes_its_place() {
    let storage = MemStorage::default();
    let (mut log, _, mut store) = open(storage.clone(), options(FsyncPolicy::Always)).unwrap();
    let failing = failing(&storage, ErrorKind::Other, |operation| *operation == Operation::Sync);
    let set: &[&[u8]] = &[b"SET", b"a", b"1"];
    store.apply(set).unwrap();
    log.record(set);
    assert!(matches!(log.commit(1), Err(CommitError::Sync(_))));
    assert!(log.health().as_ref().unwrap_err().refusal().starts_with("MISCONF "));
    failing.store(false, Ordering::SeqCst);
    let before = storage.contents(LOG_NAME).unwrap();
    log.record(&[b"DEL", b"expired"]);
    assert!(log.commit(2).is_err());
    assert!(log.sync().is_err());
    assert!(log.close(4).is_err());
    assert_eq!(storage.contents(LOG_NAME).unwrap(), before, "L5: left alone");

    log.mend(&mut *store.snapshot(), 5).unwrap();
    assert_eq!(log.health(), &Ok(()));
    log.record(&[b"SET", b"b", b"2"]);
    log.commit(6).unwrap();
    let left = storage.crash(false, |_| None);
    let (.., store) = open(left, options(FsyncPolicy::Always)).unwrap();
    assert_eq!(store.map, map(&[("a", "1"), ("b", "2")]));
}

#[test]
fn a_rewrite_that_fails_or_crashes_at_any_step_leaves_one_whole_log() {
    for step in 0.. {
        let storage = MemStorage::default();
        let (mut log, _, mut store) = open(storage.clone(), options(FsyncPolicy::Always)).unwrap();
        for key in [b"a", b"b"] {
            let set: &[&[u8]] = &[b"SET", key, b"1"];
            store.apply(set).unwrap();
            log.record(set);
            log.commit(1).unwrap();
        }
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        storage.judge(move |_| {
            if counted.fetch_add(1, Ordering::SeqCst) >= step {
                Verdict::Fail(ErrorKind::Other)
            } else {
                Verdict::Allow
            }
        });
        let done = log.rewrite(&mut *store.snapshot(), 2).is_ok();
        for names_survive in [false, true] {
            for kept in [None, Some(30), Some(usize::MAX)] {
                let left = storage.crash(names_survive, |_| kept);
                let (_, recovery, reopened) = open(left.clone(), options(FsyncPolicy::Always)).unwrap();
                assert_eq!(reopened.map, store.map, "step {step}");
                assert_eq!(recovery.cut_bytes, 0);
                assert_eq!(left.names(), [LOG_NAME], "what was not finished is removed");
            }
        }
        if done {
            assert!(step > 6, "{step} steps");
            return;
        }
        // Whatever failed, the log recovers once the disk does.
        storage.judge(|_| Verdict::Allow);
        if log.health().is_ok() {
            log.record(&[b"SET", b"c", b"3"]);
            log.commit(3).unwrap();
        } else {
            store.apply(&[b"SET", b"c", b"3"]).unwrap();
            log.rewrite(&mut *store.snapshot(), 3).unwrap();
        }
        let left = storage.crash(false, |_| None);
        let (.., reopened) = open(left, options(FsyncPolicy::Always)).unwrap();
        assert_eq!(reopened.map.len(), 3);
    }
}

#[test]
fn opening_that_fails_or_crashes_at_any_step_loses_nothing() {
    let old = MemStorage::default();
    let (mut log, _, mut store) = open(old.clone(), options(FsyncPolicy::Always)).unwrap();
    for _ in 0..20 {
        let set: &[&[u8]] = &[b"SET", b"a", b"1"];
        store.apply(set).unwrap();
        log.record(set);
        log.commit(1).unwrap();
    }
    let ours = [old.contents(LOG_NAME).unwrap(), b"torn".to_vec()].concat();
    for step in 0.. {
        let storage = MemStorage::default();
        storage.put(LOG_NAME, &ours);
        storage.put(TEMPORARY_NAME, b"stale");
        let mut count = 0;
        storage.judge(move |_| {
            count += 1;
            if count > step { Verdict::Fail(ErrorKind::Other) } else { Verdict::Allow }
        });
        let compacting = LogOptions { compact_floor_bytes: 0, ..options(FsyncPolicy::Always) };
        let opened = open(storage.clone(), compacting.clone());
        let done = opened.as_ref().is_ok_and(|(_, recovery, _)| recovery.compaction_failed.is_none());
        for names_survive in [false, true] {
            for kept in [None, Some(9), Some(usize::MAX)] {
                let left = storage.crash(names_survive, |_| kept);
                let (.., reopened) = open(left, options(FsyncPolicy::Always)).unwrap();
                assert_eq!(reopened.map, store.map, "step {step}");
            }
        }
        if done {
            break;
        }
    }
}

#[test]
fn a_log_that_is_mostly_history_is_compacted_at_the_start() {
    let storage = MemStorage::default();
    let small = LogOptions { compact_floor_bytes: 2_000, ..options(FsyncPolicy::No) };
    let (mut log, ..) = open(storage.clone(), small.clone()).unwrap();
    for number in 0..40 {
        log.record(&[b"SET", b"a", number.to_string().as_bytes()]);
        log.commit(number).unwrap();
    }
    let before = log.figures().bytes;
    let (log, recovery, store) = open(storage.clone(), small.clone()).unwrap();
    let after = log.figures().bytes;
    assert_eq!(recovery.compacted_bytes, Some((before, after)));
    assert!(after < 400, "{after}");
    let (_, recovery, again) = open(storage, small).unwrap();
    assert_eq!((recovery.compacted_bytes, again.map), (None, store.map));
    assert_eq!(recovery.last_now_unix_ms, Some(1_000), "the time of its opening");
}

#[test]
fn everysec_syncs_without_further_writes_and_tells_when_a_sync_failed() {
    let storage = MemStorage::default();
    let (mut log, _, mut store) = open(storage.clone(), options(FsyncPolicy::EverySecond)).unwrap();
    let set: &[&[u8]] = &[b"SET", b"a", b"1"];
    store.apply(set).unwrap();
    log.record(set);
    log.commit(1).unwrap();
    wait(|| {
        assert_eq!(log.warning(), None);
        log.figures().durable_bytes == log.figures().bytes
    });
    let (.., synced) = open(storage.crash(false, |_| None), options(FsyncPolicy::No)).unwrap();
    assert_eq!(synced.map, store.map);

    let switch = failing(&storage, ErrorKind::Other, |operation| *operation == Operation::Sync);
    log.record(&[b"SET", b"b", b"1"]);
    log.commit(2).unwrap();
    wait(|| {
        assert_eq!(log.warning(), None);
        !log.health().is_ok()
    });
    assert!(matches!(log.health(), Err(CommitError::Sync(_))));
    switch.store(false, Ordering::SeqCst);
    log.rewrite(&mut *store.snapshot(), 3).unwrap();
    log.record(&[b"SET", b"c", b"1"]);
    log.close(4).unwrap();
    let (.., left) = open(storage.crash(false, |_| None), options(FsyncPolicy::No)).unwrap();
    assert_eq!(left.map, map(&[("a", "1"), ("c", "1")]));
}

#[test]
fn everysec_says_when_it_falls_behind_and_when_it_has_caught_up() {
    let storage = MemStorage::default();
    let (mut log, ..) = open(storage.clone(), options(FsyncPolicy::EverySecond)).unwrap();
    let (release, released) = mpsc::channel::<()>();
    log.record(&[b"SET", b"a", b"1"]);
    storage.judge(move |operation| {
        if *operation == Operation::Sync {
            let _ = released.recv_timeout(Duration::from_secs(60));
        }
        Verdict::Allow
    });
    log.commit(1).unwrap();
    let mut said = None;
    wait(|| {
        said = log.warning();
        said.is_some()
    });
    assert!(said.as_deref().unwrap().contains("slow"), "{said:?}");
    assert_eq!(log.warning(), None);
    drop(release);
    wait(|| {
        said = log.warning();
        said.is_some()
    });
    assert!(said.as_deref().unwrap().contains("caught up"), "{said:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_refused_by_name() {
    let storage = MemStorage::default();
    storage.judge(|_| Verdict::Fail(ErrorKind::PermissionDenied));
    let refused = open(storage, options(FsyncPolicy::No)).map(|_| ()).unwrap_err();
    assert!(matches!(refused.problem, Problem::Io(_)), "{refused}");
    assert!(refused.to_string().contains(LOG_NAME), "{refused}");
}

#[test]
fn an_empty_commit_writes_nothing() {
    let storage = MemStorage::default();
    let (mut log, _, mut store) = open(storage.clone(), options(FsyncPolicy::Always)).unwrap();
    let before = storage.operations().len();
    log.commit(1).unwrap();
    log.mend(&mut *store.snapshot(), 2).unwrap();
    assert_eq!(storage.operations().len(), before);
    assert_eq!(store, Store::default());
}

#[track_caller]
fn wait(mut met: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !met() {
        assert!(Instant::now() < deadline, "waited too long");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

//! A disk on which no sync succeeds any more: what the engine's side of the log makes of that at the end.
#![allow(clippy::unwrap_used)]

#[path = "../stages/04-aof/tests/mem_storage/mod.rs"]
mod mem_storage;

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use heapwood::engine::persistence::Persistence;
use heapwood::engine::replay::Loading;
use heapwood::engine::store::{Journal, Store};
use heapwood_aof::{FsyncPolicy, Log, LogOptions, Recovery, Replay, Storage};
use heapwood_poll_loop::Now;
use mem_storage::{MemStorage, Operation, Verdict};
use pretty_assertions::assert_eq;

const NOW: Now = Now { unix_ms: 1_000, mono_ms: 1_000 };

fn store() -> Store {
    Store::new(Some(7), 1 << 20)
}

fn open<S: Storage>(storage: S, policy: FsyncPolicy) -> (Persistence<S>, Store, Recovery) {
    let mut store = store();
    let options = LogOptions { policy, ..LogOptions::default() };
    let mut loading = Loading::new(&mut store);
    let (log, recovery) = Log::open(storage, options, NOW.unix_ms, &mut loading, &mut |_, _| {}).unwrap();
    drop(loading);
    (Persistence::with_log(log, policy, recovery.clone()), store, recovery)
}

fn set(store: &mut Store, log: &mut Persistence<MemStorage>, key: &[u8]) {
    Loading::new(store).apply(&[b"SET", key, b"1"]).unwrap();
    log.record(&[b"SET", key, b"1"]);
}

/// The next syncs fail, so many of them.
fn fail_syncs(storage: &MemStorage, how_many: usize) {
    let left = Arc::new(AtomicUsize::new(how_many));
    storage.judge(move |operation| match operation {
        Operation::Sync if left.load(Ordering::SeqCst) > 0 => {
            left.fetch_sub(1, Ordering::SeqCst);
            Verdict::Fail(ErrorKind::Other)
        }
        _ => Verdict::Allow,
    });
}

#[test]
fn a_shutdown_after_a_failed_sync_leaves_a_fresh_log_with_everything_and_reports_no_error() {
    let storage = MemStorage::default();
    let (mut log, mut store, _) = open(storage.clone(), FsyncPolicy::Always);
    set(&mut store, &mut log, b"a");
    log.commit(NOW, true).unwrap();
    fail_syncs(&storage, 1);
    set(&mut store, &mut log, b"b");
    log.commit(NOW, true).unwrap_err();
    assert!(!log.is_sound());
    log.close(&store.keys, NOW).unwrap();
    let (_, store, recovery) = open(storage.crash(false, |_| None), FsyncPolicy::Always);
    assert_eq!((store.keys.len(), recovery.cut_bytes), (2, 0));
}

#[test]
fn a_sync_that_fails_at_the_shutdown_itself_is_made_good_by_a_fresh_log() {
    let storage = MemStorage::default();
    let (mut log, mut store, _) = open(storage.clone(), FsyncPolicy::No);
    set(&mut store, &mut log, b"a");
    log.commit(NOW, true).unwrap();
    fail_syncs(&storage, 1);
    log.close(&store.keys, NOW).unwrap();
    let (_, store, recovery) = open(storage.crash(false, |_| None), FsyncPolicy::No);
    assert_eq!((store.keys.len(), recovery.cut_bytes), (1, 0));
}

#[test]
fn a_shutdown_on_a_disk_that_never_syncs_reports_it() {
    let storage = MemStorage::default();
    let (mut log, mut store, _) = open(storage.clone(), FsyncPolicy::No);
    set(&mut store, &mut log, b"a");
    log.commit(NOW, true).unwrap();
    fail_syncs(&storage, usize::MAX);
    log.close(&store.keys, NOW).unwrap_err();
}

//! The real redis-server loads this stage's file, with every key.
#![allow(clippy::unwrap_used)]

mod redis_server;
mod store;

use heapwood_aof::{DiskStorage, FsyncPolicy, LOG_NAME, LogOptions, Replay};
use pretty_assertions::assert_eq;
use redis_server::{RedisServer, Reply};
use store::{Map, Store, open};

fn options() -> LogOptions {
    LogOptions { policy: FsyncPolicy::No, ..LogOptions::default() }
}

/// A thousand rounds with values of every byte, keys set again, appended to and deleted.
fn write_rounds(directory: &std::path::Path, close: bool) -> Store {
    let (mut log, _, mut store) = open(DiskStorage::new(directory), options()).unwrap();
    for number in 0..1_000_u32 {
        let key = format!("key:{}", number % 300);
        let value: Vec<u8> = (0..number % 500).map(|byte| (byte * 7) as u8).collect();
        let mut commands: Vec<Vec<&[u8]>> = vec![vec![b"SET", key.as_bytes(), &value]];
        if number % 5 == 0 {
            commands.push(vec![b"APPEND", key.as_bytes(), b"\r\n#HW1 id="]);
        }
        if number % 7 == 0 {
            commands.push(vec![b"DEL", key.as_bytes()]);
        }
        for args in commands {
            store.apply(&args).unwrap();
            log.record(&args);
        }
        log.commit(u64::from(number)).unwrap();
    }
    if close {
        log.close(1_000).unwrap();
    }
    store
}

/// Whether redis-server holds exactly these strings.
fn assert_holds(server: &mut RedisServer, map: &Map) {
    assert_eq!(server.keys(), map.keys().cloned().collect::<Vec<_>>());
    for (key, value) in map {
        let there = server.call(&[b"GET", key]).unwrap();
        assert_eq!(there, Reply::Bytes(value.clone()), "{}", key.escape_ascii());
    }
}

#[test]
fn redis_server_loads_our_file_with_every_key_also_after_a_crash_and_a_compaction() {
    for kind in ["closed", "crashed", "compacted"] {
        let scratch = tempfile::tempdir().unwrap();
        let store = write_rounds(scratch.path(), kind == "closed");
        if kind == "compacted" {
            let (mut log, _, mut loaded) = open(DiskStorage::new(scratch.path()), options()).unwrap();
            log.rewrite(&mut *loaded.snapshot(), 2_000).unwrap();
        }
        let aof = scratch.path().join(LOG_NAME);
        let Some(mut server) = RedisServer::start(&scratch.path().join("redis"), &aof) else {
            return;
        };
        assert_holds(&mut server, &store.map);
    }
}

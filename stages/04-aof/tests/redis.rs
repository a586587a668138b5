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

#[test]
fn we_load_what_redis_server_wrote() {
    let scratch = tempfile::tempdir().unwrap();
    let store = write_rounds(scratch.path(), true);
    let aof = scratch.path().join(LOG_NAME);
    let theirs = scratch.path().join("redis");
    let Some(mut server) = RedisServer::start(&theirs, &aof) else {
        return;
    };
    server.call(&[b"MULTI"]).unwrap();
    server.call(&[b"SET", b"transaction", b"1"]).unwrap();
    server.call(&[b"APPEND", b"transaction", b"2"]).unwrap();
    server.call(&[b"EXEC"]).unwrap();
    let mut expected = store.map;
    expected.insert(b"transaction".to_vec(), b"12".to_vec());
    assert_holds(&mut server, &expected);

    // Since version 7 Redis keeps its log in parts; the last is what it appends to.
    let folder = theirs.join("appendonlydir");
    let ours = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    for part in ["appendonly.aof", "appendonly.aof.1.incr.aof"] {
        bytes.extend(std::fs::read(folder.join(part)).unwrap());
    }
    // As one file that Redis alone wrote.
    let start = bytes.iter().position(|&byte| byte == b'*').unwrap();
    let plain: Vec<u8> = without_lines(&bytes[start..]);
    std::fs::write(ours.path().join(LOG_NAME), plain).unwrap();
    let (_, recovery, loaded) = open(DiskStorage::new(ours.path()), options()).unwrap();
    assert!(recovery.foreign);
    assert_eq!(loaded.map, expected);
}

/// The commands of `bytes` without the lines between them.
fn without_lines(mut bytes: &[u8]) -> Vec<u8> {
    let limits = heapwood_sockets::RequestLimits::default();
    let mut commands = Vec::new();
    while let Some(&first) = bytes.first() {
        let mut parser = heapwood_aof::resp::CommandParser::default();
        let len = match first {
            b'#' => bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1,
            _ => parser.parse(bytes, &limits, &mut Vec::new()).unwrap().unwrap(),
        };
        if first != b'#' {
            commands.extend_from_slice(&bytes[..len]);
        }
        bytes = &bytes[len..];
    }
    commands
}

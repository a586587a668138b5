//! Files that Redis or Valkey wrote: loaded as they would load them, then replaced by a log of ours. The real redis-server writes one of them.
#![allow(clippy::unwrap_used)]

#[path = "../stages/04-aof/tests/mem_storage/mod.rs"]
mod mem_storage;
#[path = "../stages/04-aof/tests/redis_server/mod.rs"]
mod redis_server;
#[path = "../stages/04-aof/tests/store/mod.rs"]
mod store;

use std::io::ErrorKind;

use heapwood::engine::foreign::{self, Converted};
use heapwood_aof::reader::Reader;
use heapwood_aof::resp::encode_command;
use heapwood_aof::rewrite::TEMPORARY_NAME;
use heapwood_aof::scan::{BLOCK_BYTES, scan};
use heapwood_aof::{DiskStorage, LOG_NAME, LogOptions, OpenError, Problem, Recovery, Replay, Storage};
use mem_storage::{MemStorage, Verdict};
use pretty_assertions::assert_eq;
use redis_server::{RedisServer, Reply};
use store::{Map, Store, open};

/// Commands written with spaces; a line beginning with `#` goes in as it is.
fn file(lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        if line.starts_with('#') {
            bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
        } else {
            let args: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            encode_command(&args, &mut bytes);
        }
    }
    bytes
}

fn stored(bytes: &[u8]) -> MemStorage {
    let storage = MemStorage::default();
    storage.put(LOG_NAME, bytes);
    storage
}

/// Converts the file and opens the log that came of it.
fn convert(storage: &MemStorage) -> Result<(Converted, Recovery, Map), OpenError> {
    let link = |name: &str, second: &str| storage.link(name, second);
    let converted = foreign::convert(storage, &link, &mut Store::default(), 1_000)?;
    let (_, recovery, store) = open(storage.clone(), LogOptions::default())?;
    Ok((converted, recovery, store.map))
}

fn load(bytes: &[u8]) -> Result<(MemStorage, Converted, Map), OpenError> {
    let storage = stored(bytes);
    assert!(matches!(
        open(storage.clone(), LogOptions::default()),
        Err(OpenError { problem: Problem::Foreign, .. })
    ));
    let (converted, _, map) = convert(&storage)?;
    Ok((storage, converted, map))
}

fn map(pairs: &[(&str, &str)]) -> Map {
    let bytes = |text: &str| text.as_bytes().to_vec();
    pairs.iter().map(|(key, value)| (bytes(key), bytes(value))).collect()
}

#[test]
fn a_plain_file_of_redis_is_loaded_converted_and_kept() {
    let original = file(&[
        "SELECT 0",
        "#TS:1700000000",
        "SET a 1",
        "MULTI",
        "set b 2",
        "#TS:1700000001",
        "APPEND b 3",
        "EXEC",
        "DEL a",
    ]);
    let (storage, converted, map_loaded) = load(&original).unwrap();
    assert_eq!(map_loaded, map(&[("b", "23")]));
    assert_eq!(converted, Converted { kept: "database.aof.foreign".into(), cut_bytes: 0 });
    assert_eq!(storage.contents("database.aof.foreign").unwrap(), original);
    let ours = storage.open(LOG_NAME).unwrap();
    let progress = &mut |_| {};
    let scanned = scan(&mut Reader::new(&*ours, BLOCK_BYTES, progress).unwrap(), &mut |_, _| {}).unwrap();
    assert!(scanned.is_closed() && scanned.rounds == 3, "{scanned:?}");
    let (_, _, again) = open(storage, LogOptions::default()).unwrap();
    assert_eq!(again.map, map_loaded);
}

#[test]
fn an_earlier_kept_file_is_not_overwritten() {
    let storage = stored(&file(&["SET a 1"]));
    storage.put("database.aof.foreign", b"first");
    storage.put("database.aof.foreign.1", b"second");
    let (converted, ..) = convert(&storage).unwrap();
    assert_eq!(converted.kept, "database.aof.foreign.2");
    assert_eq!(storage.contents("database.aof.foreign").unwrap(), b"first");
    assert_eq!(storage.contents("database.aof.foreign.1").unwrap(), b"second");
}

#[test]
fn a_command_or_transaction_cut_short_at_the_end_is_dropped_whole() {
    let whole = file(&["SET a 1", "MULTI", "SET a 2", "SET b 2", "EXEC"]);
    let first = file(&["SET a 1"]).len();
    for cut in 1..whole.len() {
        let (storage, converted, loaded) = load(&whole[..cut]).unwrap();
        let (kept, expected) = match cut {
            cut if cut < first => (0, map(&[])),
            _ => (first, map(&[("a", "1")])),
        };
        assert_eq!(loaded, expected, "cut at {cut}");
        assert_eq!(converted.cut_bytes, (cut - kept) as u64);
        let kept_file = storage.contents("database.aof.foreign").unwrap();
        assert_eq!(kept_file, &whole[..cut]);
    }
}

#[test]
fn what_cannot_be_loaded_is_refused_with_its_offset_and_left_alone() {
    let start = file(&["SET a 1"]);
    let long_annotation = format!("#{}", "x".repeat(1_022));
    for (bad, problem) in [
        (file(&["FLY me to the moon"]), "unknown command"),
        (file(&["SELECT 1"]), "only database 0"),
        (file(&["MULTI", "MULTI"]), "MULTI inside"),
        (file(&["EXEC"]), "EXEC without"),
        (b"\0\0\0\0".to_vec(), "expected '*'"),
        (b"*0\r\n".to_vec(), "no name"),
        (b"*1\r\n$1\r\nabc".to_vec(), "CR LF"),
        (file(&[&long_annotation]), "1,024 bytes"),
    ] {
        let mut bytes = [&start[..], &bad, &start].concat();
        let storage = stored(&bytes);
        let refused = convert(&storage).map(|_| ()).unwrap_err();
        let text = refused.to_string();
        assert!(text.contains(problem), "{text}");
        let at = if problem.contains("inside") { start.len() + 15 } else { start.len() };
        assert!(text.contains(&format!("offset {at} ")), "{text}");
        assert_eq!(storage.contents(LOG_NAME).unwrap(), bytes);
        assert_eq!(storage.names(), [LOG_NAME]);
        bytes.clear();
    }
}

#[test]
fn the_longest_annotation_that_redis_takes_is_skipped() {
    let longest = format!("#{}", "x".repeat(1_020));
    let bytes = file(&[&longest, "SET a 1"]);
    assert_eq!(load(&bytes).unwrap().2, map(&[("a", "1")]));
}

#[test]
fn a_binary_preamble_is_refused_with_the_setting_that_avoids_it() {
    let refused = load(b"REDIS0011\xfa\x09redis-ver").map(|_| ()).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("aof-use-rdb-preamble no"), "{text}");
}

#[test]
fn commands_larger_than_a_piece_are_read_whole() {
    let value = "v".repeat(3 * 1024 * 1024);
    let bytes = file(&["SET a 1", &format!("APPEND a {value}"), "SET b 2"]);
    let loaded = load(&bytes).unwrap().2;
    assert_eq!(loaded[&b"a"[..]].len(), value.len() + 1);
    assert_eq!(loaded.len(), 2);
}

#[test]
fn a_conversion_that_fails_or_crashes_at_any_step_loses_nothing() {
    let file = file(&["SET a 1", "MULTI"]);
    for step in 0.. {
        let storage = stored(&file);
        storage.put(TEMPORARY_NAME, b"stale");
        let mut count = 0;
        storage.judge(move |_| {
            count += 1;
            if count > step { Verdict::Fail(ErrorKind::Other) } else { Verdict::Allow }
        });
        let done = convert(&storage).is_ok();
        for names_survive in [false, true] {
            for kept in [None, Some(9), Some(usize::MAX)] {
                let left = storage.crash(names_survive, |_| kept);
                let loaded = match open(left.clone(), LogOptions::default()) {
                    Ok((.., store)) => store.map,
                    Err(_) => convert(&left).unwrap().2,
                };
                assert_eq!(loaded, map(&[("a", "1")]), "step {step}");
            }
        }
        if done {
            break;
        }
    }
}

/// A thousand rounds with values of every byte, keys set again, appended to and deleted.
fn write_rounds(directory: &std::path::Path) -> Map {
    let (mut log, _, mut store) = open(DiskStorage::new(directory), LogOptions::default()).unwrap();
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
    log.close(1_000).unwrap();
    store.map
}

#[test]
fn we_load_what_redis_server_wrote() {
    let scratch = tempfile::tempdir().unwrap();
    let mut expected = write_rounds(scratch.path());
    let aof = scratch.path().join(LOG_NAME);
    let theirs = scratch.path().join("redis");
    let Some(mut server) = RedisServer::start(&theirs, &aof) else {
        return;
    };
    server.call(&[b"MULTI"]).unwrap();
    server.call(&[b"SET", b"transaction", b"1"]).unwrap();
    server.call(&[b"APPEND", b"transaction", b"2"]).unwrap();
    server.call(&[b"EXEC"]).unwrap();
    expected.insert(b"transaction".to_vec(), b"12".to_vec());
    assert_eq!(server.keys(), expected.keys().cloned().collect::<Vec<_>>());
    for (key, value) in &expected {
        assert_eq!(server.call(&[b"GET", key]).unwrap(), Reply::Bytes(value.clone()));
    }

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
    let storage = DiskStorage::new(ours.path());
    let link = |name: &str, second: &str| foreign::link_or_copy(ours.path(), name, second);
    foreign::convert(&storage, &link, &mut Store::default(), 1_000).unwrap();
    let (.., loaded) = open(storage, LogOptions::default()).unwrap();
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

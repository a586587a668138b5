//! Files that Redis or Valkey wrote: loaded as they would load them, then replaced by a log of ours.
#![allow(clippy::unwrap_used)]

mod mem_storage;
mod store;

use heapwood_aof::resp::encode_command;
use heapwood_aof::{LOG_NAME, LogOptions, OpenError, Storage, scan::scan};
use mem_storage::MemStorage;
use pretty_assertions::assert_eq;
use store::{Map, open};

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

fn load(bytes: &[u8]) -> Result<(MemStorage, heapwood_aof::Recovery, Map), OpenError> {
    let storage = stored(bytes);
    let (_, recovery, store) = open(storage.clone(), LogOptions::default())?;
    Ok((storage, recovery, store.map))
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
    let (storage, recovery, map_loaded) = load(&original).unwrap();
    assert_eq!(map_loaded, map(&[("b", "23")]));
    assert!(recovery.foreign);
    assert_eq!(recovery.foreign_kept.as_deref(), Some("database.aof.foreign"));
    assert_eq!(storage.contents("database.aof.foreign").unwrap(), original);
    let ours = storage.open(LOG_NAME).unwrap();
    let scanned = scan(&ours, &mut |_, _| {}, &mut |_, _| {}).unwrap();
    assert!(scanned.is_closed() && scanned.rounds == 3, "{scanned:?}");
    let (_, recovery, again) = open(storage, LogOptions::default()).unwrap();
    assert_eq!((recovery.foreign, again.map), (false, map_loaded));
}

#[test]
fn an_earlier_kept_file_is_not_overwritten() {
    let storage = stored(&file(&["SET a 1"]));
    storage.put("database.aof.foreign", b"first");
    storage.put("database.aof.foreign.1", b"second");
    let (_, recovery, _) = open(storage.clone(), LogOptions::default()).unwrap();
    assert_eq!(recovery.foreign_kept.as_deref(), Some("database.aof.foreign.2"));
    assert_eq!(storage.contents("database.aof.foreign").unwrap(), b"first");
    assert_eq!(storage.contents("database.aof.foreign.1").unwrap(), b"second");
}

#[test]
fn a_command_or_transaction_cut_short_at_the_end_is_dropped_whole() {
    let whole = file(&["SET a 1", "MULTI", "SET a 2", "SET b 2", "EXEC"]);
    let first = file(&["SET a 1"]).len();
    for cut in 1..whole.len() {
        let (storage, recovery, loaded) = load(&whole[..cut]).unwrap();
        let (kept, expected) = match cut {
            cut if cut < first => (0, map(&[])),
            _ => (first, map(&[("a", "1")])),
        };
        assert_eq!(loaded, expected, "cut at {cut}");
        assert_eq!(recovery.cut_bytes, (cut - kept) as u64);
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
        let refused = open(storage.clone(), LogOptions::default()).map(|_| ()).unwrap_err();
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

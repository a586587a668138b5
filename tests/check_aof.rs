//! `heapwood check-aof`: what it says of a log, its exit codes, and that a server loads what it repaired.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use heapwood_aof::reader::Reader;
use heapwood_aof::resp::encode_command;
use heapwood_aof::round::{RoundBuffer, RoundLine};
use heapwood_aof::scan::{BLOCK_BYTES, Scan, scan};
use heapwood_aof::{DiskStorage, FsyncPolicy, Log, LogOptions, Replay, Snapshot, SortedRun, Storage};
use pretty_assertions::assert_eq;
use support::{Server, Value, heapwood};

/// A store that a new log is opened for.
struct Empty;

impl Replay for Empty {
    fn apply(&mut self, _args: &[&[u8]]) -> Result<(), String> {
        Ok(())
    }

    fn load_run(&mut self, _run: SortedRun<'_>) -> Result<(), String> {
        Ok(())
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(Nothing)
    }
}

struct Nothing;

impl Snapshot for Nothing {
    fn step(&mut self, _emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        true
    }
}

/// A log with one round for each of these commands, each synced before the next; and where the rounds begin.
fn write_log(folder: &Path, commands: &[&str], close: bool) -> (PathBuf, Vec<u64>) {
    let options = LogOptions { policy: FsyncPolicy::Always, ..LogOptions::default() };
    let data = folder.join("data");
    fs::create_dir_all(&data).unwrap();
    let storage = DiskStorage::new(data);
    let path = storage.path("database.aof");
    let (mut log, _) = Log::open(storage, options, 1, &mut Empty, &mut |_, _| {}).unwrap();
    let mut starts = Vec::new();
    for (number, command) in commands.iter().enumerate() {
        starts.push(log.figures().bytes);
        let args: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        log.record(&args);
        log.commit(1_700_000_000_000 + number as u64).unwrap();
    }
    if close {
        log.close(1_700_000_000_000).unwrap();
    }
    (path, starts)
}

/// Exit code, and everything it said.
fn check(path: &Path, fix: bool) -> (Option<i32>, String) {
    let mut command = heapwood();
    command.arg("check-aof").arg(path);
    if fix {
        command.arg("--fix");
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// The one backup beside the log.
fn backup(log: &Path) -> Vec<u8> {
    let names = fs::read_dir(log.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let backups: Vec<PathBuf> =
        names.filter(|path| path.to_str().unwrap().contains("database.aof.bak-")).collect();
    assert_eq!(backups.len(), 1, "{backups:?}");
    fs::read(&backups[0]).unwrap()
}

fn scan_file(file: &fs::File, on_round: &mut dyn FnMut(&RoundLine)) -> Scan {
    let progress = &mut |_| {};
    let mut reader = Reader::new(file, BLOCK_BYTES, progress).unwrap();
    scan(&mut reader, &mut |line, _| on_round(line)).unwrap()
}

fn bytes(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

#[test]
fn a_sound_log_is_described_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = write_log(folder.path(), &["SET a 1", "SET b 2", "DEL a", "RPUSH q x"], true);
    let before = fs::read(&path).unwrap();
    for fix in [false, true] {
        let (code, said) = check(&path, fix);
        assert_eq!(code, Some(0), "{said}");
        for part in ["6 valid", "2023-11-14 22:13:20 UTC", "2 SET", "1 RPUSH", "3 different", "sound"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no backup of what is sound");
}

#[test]
fn a_torn_tail_is_told_and_cut() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (path, starts) = write_log(folder.path(), &["SET a 1", "SET b 2"], false);
    let mut torn = fs::read(&path).unwrap();
    torn.truncate(torn.len() - 1);
    fs::write(&path, &torn).unwrap();
    let (code, said) = check(&path, false);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("offset {}", starts[1])), "{said}");
    assert!(said.contains("--fix"), "{said}");
    assert_eq!(fs::read(&path).unwrap(), torn);

    let (code, said) = check(&path, true);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(backup(&path), torn);
    assert_eq!(fs::read(&path).unwrap(), &torn[..starts[1] as usize]);
    let server = Server::start_in(folder, &[] as &[&str]);
    assert_eq!(server.client().call(&["GET", "a"]).unwrap(), bytes("1"));
}

#[test]
fn damage_in_the_middle_is_told_and_cut_out_with_everything_valid_around_it_kept() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let commands = ["SET a 1", "SET b 2", "DEL l", "SET c 3", "SET d 4"];
    let (path, starts) = write_log(folder.path(), &commands, true);
    let mut damaged = fs::read(&path).unwrap();
    damaged[starts[2] as usize - 3] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let (code, said) = check(&path, false);
    assert_eq!(code, Some(1), "{said}");
    let place = format!("damaged: offset {} to {}", starts[1], starts[2]);
    assert!(said.contains(&place), "{said}");
    assert!(said.contains("keeps the 6 valid rounds"), "{said}");

    let (code, said) = check(&path, true);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("lost: {} bytes", starts[2] - starts[1])), "{said}");
    assert_eq!(backup(&path), damaged);
    let file = fs::File::open(&path).unwrap();
    let scanned = scan_file(&file, &mut |_| {});
    assert!(scanned.is_closed(), "{scanned:?}");
    let server = Server::start_in(folder, &[] as &[&str]);
    let mut client = server.client();
    for (key, value) in [("a", "1"), ("c", "3"), ("d", "4")] {
        assert_eq!(client.call(&["GET", key]).unwrap(), bytes(value));
    }
    assert_eq!(client.call(&["GET", "b"]).unwrap(), Value::Nil);
}

#[test]
fn records_that_make_no_sense_without_what_is_lost_are_dropped_so_that_the_log_loads() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let commands = ["SET k 1", "DEL k", "RPUSH k x", "SET a 1"];
    let (path, starts) = write_log(folder.path(), &commands, true);
    let mut damaged = fs::read(&path).unwrap();
    damaged[starts[1] as usize + 8] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let (code, said) = check(&path, true);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("dropped: 1 record that") && said.contains("WRONGTYPE"), "{said}");
    let server = Server::start_in(folder, &[] as &[&str]);
    let mut client = server.client();
    assert_eq!(client.call(&["GET", "k"]).unwrap(), bytes("1"));
    assert_eq!(client.call(&["GET", "a"]).unwrap(), bytes("1"));
}

#[test]
fn every_flipped_byte_is_found_and_repaired_into_a_sound_log() {
    let folder = tempfile::tempdir().unwrap();
    let (path, starts) = write_log(folder.path(), &["SET a 1", "SET b 2", "SET c 3"], true);
    let sound = fs::read(&path).unwrap();
    for at in (0..sound.len()).step_by(7) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        let (code, said) = check(&path, false);
        assert_eq!(code, Some(1), "{at}: {said}");
        let (code, said) = check(&path, true);
        assert_eq!(code, Some(0), "{at}: {said}");
        let hit = starts.iter().filter(|&&start| start as usize <= at).count();
        let file = fs::File::open(&path).unwrap();
        let mut kept = 0;
        let scanned = scan_file(&file, &mut |line| kept += u64::from(line.len > 0));
        assert!(scanned.damage.is_empty());
        let last =
            sound.len() - 1 - sound[..sound.len() - 1].iter().rev().position(|&byte| byte == b'\n').unwrap();
        let expected = if hit == 0 || at >= last { 3 } else { 2 };
        assert_eq!(kept, expected, "{at}");
    }
}

/// The first round was on disk before the file had its name: no crash can have damaged it, whatever the lines behind it say was synced.
#[test]
fn damage_to_the_first_round_is_no_tail_when_any_line_is_valid() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (path, _) = write_log(folder.path(), &[], false);
    let mut damaged = b"#HW1 nonsense\n".to_vec();
    let line = RoundLine { id: 7, offset: damaged.len() as u64, len: 0, synced: 0, now_unix_ms: 1 };
    let mut round = RoundBuffer::default();
    encode_command(&[b"SET", b"a", b"1"], round.records());
    damaged.extend_from_slice(round.seal(line));
    fs::write(&path, &damaged).unwrap();
    let refused = support::run_in(folder.path(), &["server", "--port", "0", "--dir", "data"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let (code, said) = check(&path, false);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("damaged: offset 0 to 14"), "{said}");
    assert!(said.contains("was known to be on disk") && said.contains("keeps the 1 valid round"), "{said}");
    assert_eq!(fs::read(&path).unwrap(), damaged);

    let (code, said) = check(&path, true);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(backup(&path), damaged);
    let server = Server::start_in(folder, &[] as &[&str]);
    assert_eq!(server.client().call(&["GET", "a"]).unwrap(), bytes("1"));
}

#[test]
fn a_file_of_redis_is_described_and_its_tail_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("database.aof");
    let mut file = Vec::new();
    for command in [&[&b"SELECT"[..], b"0"][..], &[b"SET", b"a", b"1"]] {
        encode_command(command, &mut file);
    }
    fs::write(&path, &file).unwrap();
    let (code, said) = check(&path, false);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Redis") && said.contains("1 SET"), "{said}");

    let torn = [&file[..], b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSE"].concat();
    fs::write(&path, &torn).unwrap();
    let (code, said) = check(&path, false);
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = check(&path, true);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read(&path).unwrap(), file);
    assert_eq!(backup(&path), torn);
}

#[test]
fn a_command_that_no_server_here_loads_is_told_with_its_offset() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("database.aof");
    let mut file = Vec::new();
    encode_command(&[b"SET", b"a", b"1"], &mut file);
    let offset = file.len();
    encode_command(&[b"GEOADD", b"a", b"1"], &mut file);
    fs::write(&path, &file).unwrap();
    let (code, said) = check(&path, false);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("offset {offset}")) && said.contains("GEOADD"), "{said}");
}

/// Names alone do not tell: the check carries out what it finds.
#[test]
fn what_a_server_would_refuse_is_never_called_sound_and_loads_once_repaired() {
    for bad in ["SET a", "LPUSH b x", "BLPOP q 0", "SET a 1 PXAT 99999999999999999999", "RENAME q r", "MULTI"]
    {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let (path, starts) = write_log(folder.path(), &["SET b 1", bad, "SET c 2"], true);
        let refused = support::run_in(folder.path(), &["server", "--port", "0", "--dir", "data"]);
        assert_eq!(refused.code, Some(1), "{bad}: {refused:?}");
        assert!(refused.errors.contains("database.aof --fix"), "{bad}: {refused:?}");
        let (code, said) = check(&path, false);
        assert_eq!(code, Some(1), "{bad}: {said}");
        let (round, next) = (starts[1], starts[2]);
        let offset = said.split("at offset ").nth(1).unwrap().split([':', ' ']).next().unwrap();
        let offset: u64 = offset.replace(',', "").parse().unwrap();
        assert!((round..next).contains(&offset), "{bad}: {offset}: {said}");
        let (code, said) = check(&path, true);
        assert_eq!(code, Some(0), "{bad}: {said}");
        let server = Server::start_in(folder, &[""; 0]);
        let mut client = server.client();
        assert_eq!(client.call(&["MGET", "b", "c"]).unwrap(), Value::Array(vec![bytes("1"), bytes("2")]));
    }
}

#[test]
fn a_pipe_or_a_device_is_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let path = data.join("database.aof");
    let pipe = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(pipe.success());
    for device in [false, true] {
        if device {
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        }
        let (code, said) = check(&path, false);
        assert_eq!((code, said.contains("no regular file")), (Some(2), true), "{said}");
        let refused = support::run_in(folder.path(), &["server", "--port", "0", "--dir", "data"]);
        assert_eq!(
            (refused.code, refused.errors.contains("no regular file")),
            (Some(2), true),
            "{refused:?}"
        );
    }
}

#[test]
fn a_file_that_was_never_a_log_is_left_as_it_is_also_by_fix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "buy milk\n").unwrap();
    for fix in [false, true] {
        let (code, said) = check(&path, fix);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("no log of Heapwood, Redis or Valkey"), "{said}");
    }
    assert_eq!(fs::read(&path).unwrap(), b"buy milk\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no backup either");
}

#[test]
fn what_cannot_be_read_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.aof");
    let preamble = folder.path().join("preamble.aof");
    fs::write(&preamble, b"REDIS0011\xfa").unwrap();
    for (path, part) in [
        (&missing, "missing.aof"),
        (&preamble, "aof-use-rdb-preamble no"),
        (&folder.path().to_path_buf(), "cannot"),
    ] {
        let (code, said) = check(path, true);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(part) && said.lines().count() == 1, "{said}");
    }
    let output = heapwood().arg("check-aof").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_log_in_use_is_not_repaired() {
    let server = Server::start_with(&["--fsync", "always"]);
    server.client().call(&["SET", "a", "1"]).unwrap();
    let path = server.log();
    let mut torn = fs::read(&path).unwrap();
    torn.extend_from_slice(b"#HW1 id=");
    fs::write(&path, &torn).unwrap();
    let (code, said) = check(&path, true);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("in use"), "{said}");
    assert_eq!(fs::read(&path).unwrap(), torn);
}

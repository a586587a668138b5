//! Starts that cannot be, and ends in order: what `start.rs` leaves over.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use support::rounds::{Judgement, judge};
use support::{Ended, Server, Value, ask, figure, frame, heapwood, run, run_in, say_aloud, send, wait_for};

/// Bad use: exit code 2, nothing on standard output, one line that names what it is about and what to do.
#[track_caller]
fn assert_refused(ended: &Ended, parts: &[&str]) {
    assert_eq!((ended.code, &*ended.output), (Some(2), ""), "{ended:?}");
    assert_eq!(ended.errors.lines().count(), 1, "{}", ended.errors);
    assert!(ended.errors.starts_with("heapwood: "), "{}", ended.errors);
    for part in parts {
        assert!(ended.errors.contains(part), "{part:?} is not in: {}", ended.errors);
    }
}

fn start(folder: &Path, options: &str) -> Ended {
    let words: Vec<&str> = ["server", "--port", "0"].into_iter().chain(options.split_whitespace()).collect();
    run_in(folder, &words)
}

#[test]
fn a_folder_that_cannot_be_written_is_told_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
    if fs::write(closed.join("try"), "").is_ok() {
        say_aloud("permissions bind nobody who is root: trying the folders of the system only");
    } else {
        assert_refused(&start(folder.path(), "--dir closed"), &["closed", "ermission denied", "--dir"]);
        assert_refused(&start(folder.path(), "--dir closed/data"), &["closed/data", "--dir"]);
    }
    if cfg!(target_os = "linux") {
        for dir in ["/proc/heapwood", "/proc/self"] {
            assert_refused(&start(folder.path(), &format!("--dir {dir}")), &[dir, "--dir"]);
        }
    }
}

#[test]
fn a_log_that_is_no_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("data/database.aof")).unwrap();
    assert_refused(&start(folder.path(), ""), &["data/database.aof", "--dir"]);
}

#[test]
fn limits_that_no_machine_has_room_for_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for option in ["--max-clients", "--read-bytes-per-round"] {
        for value in ["18446744073709551615", "9223372036854775807", "1099511627776"] {
            assert_refused(&start(folder.path(), &format!("{option} {value}")), &[option, value]);
        }
    }
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    for options in ["--bind 0.0.0.0", "--fsync never", "--requirepass= ", "--bind 192.0.2.1 --requirepass x"]
    {
        assert_eq!(start(folder.path(), options).code, Some(2), "{options}");
    }
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    // The folder itself is made before its lock is taken; no log is.
    assert!(files.into_iter().all(|path| !path.join("database.aof").exists()));
    let server = Server::start();
    assert_refused(&start(folder.path(), &format!("--port {}", server.addr().port())), &["--port"]);
    assert!(!folder.path().join("data/database.aof").exists(), "a log is made for nobody");
}

#[test]
fn rules_for_passwords() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty"), "\nsecond line\n").unwrap();
    fs::write(folder.path().join("good"), "sesame\n").unwrap();
    for (options, parts) in [
        ("--requirepass-file empty", &["empty"][..]),
        ("--requirepass-file .", &["--requirepass-file"]),
        ("--requirepass a --requirepass-file good", &["--requirepass"]),
        ("--bind ::", &["::", "without a password"]),
    ] {
        assert_refused(&start(folder.path(), options), parts);
    }
    let mut both = heapwood();
    both.args(["server", "--port", "0", "--requirepass-file", "good"]).env("HEAPWOOD_REQUIREPASS", "a");
    assert_eq!(run(in_folder(both, folder.path())).code, Some(2), "two passwords, whichever way they come");
}

fn in_folder(mut command: std::process::Command, folder: &Path) -> std::process::Command {
    command.current_dir(folder);
    command
}

#[test]
fn two_bad_things_are_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for options in ["--max-clients x --max-arguments y", "--frob --nicate", "--fsync", "stray words"] {
        assert_refused(&start(folder.path(), options), &[]);
    }
}

#[test]
fn port_0_is_printed_as_the_port_that_was_chosen_and_two_servers_get_two() {
    let servers = [Server::start(), Server::start()];
    assert_ne!(servers[0].addr(), servers[1].addr());
    for server in &servers {
        assert_ne!(server.addr().port(), 0);
        let told = figure(&mut server.client(), "tcp_port");
        assert_eq!(told, server.addr().port().to_string());
    }
}

#[test]
fn either_signal_ends_it_with_code_0_and_a_log_that_says_that_all_is_safe() {
    for (signal, policy) in [(libc::SIGTERM, "always"), (libc::SIGINT, "everysec"), (libc::SIGTERM, "no")] {
        let mut server = Server::start_with(&["--fsync", policy]);
        let mut client = server.client();
        for number in 0..100 {
            assert_eq!(ask(&mut client, &format!("SET key:{number} v")), Value::Status("OK".into()));
        }
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0));
        assert_eq!(server.errors(), "");
        let file = fs::read(server.log()).unwrap();
        let judged = judge(&file);
        assert_eq!(judged.judgement, Judgement::Sound);
        let last = judged.rounds.last().unwrap();
        assert!(last.records.is_empty() && last.synced == last.start, "{policy}: {last:?}");
        assert_eq!(judged.loaded(&file).len(), 100);
        assert!(TcpStream::connect(server.addr()).is_err(), "the port is closed");
    }
}

#[test]
fn a_shutdown_ends_waits_and_answers_what_was_asked_before() {
    let mut server = Server::start();
    let mut other = server.client();
    let mut waiting = server.client();
    waiting.send(&["BLPOP", "queue", "0"]).unwrap();
    waiting.flush().unwrap();
    let mut halfway = server.socket();
    send(&mut halfway, &frame(&["SET", "half", "there"])[..9]);
    wait_for("the pop to wait", || (figure(&mut other, "blocked_clients") == "1").then_some(()));
    assert_eq!(ask(&mut other, "SET done 1"), Value::Status("OK".into()));
    assert_eq!(server.stop().code(), Some(0));
    assert!(waiting.receive().is_err());
    assert!(support::read_to_close(&mut halfway).is_empty());
    server.restart();
    let mut client = server.client();
    assert_eq!(ask(&mut client, "MGET done half"), Value::Array(vec![Value::Bytes("1".into()), Value::Nil]));
}

#[test]
fn a_folder_is_free_again_however_its_server_ended() {
    let mut server = Server::start();
    for end in [libc::SIGKILL, libc::SIGTERM, libc::SIGKILL] {
        let refused = start(server.folder().path(), "");
        assert_refused(&refused, &[&format!("pid {}", server.pid()), &server.addr().to_string()]);
        server.signal(end);
        server.wait();
        server.restart();
    }
}

#[test]
fn a_file_of_redis_is_kept_beside_the_log_made_of_it() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("data")).unwrap();
    let file = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n#TS:1700000000\r\n*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n1\r\n*1\r\n$5\r\nMULTI\r\n\
                *3\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n$1\r\nx\r\n*1\r\n$4\r\nEXEC\r\n*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n";
    fs::write(folder.path().join("data/database.aof"), file).unwrap();
    let server = Server::start_in(Arc::clone(&folder), &[] as &[&str]);
    let mut client = server.client();
    assert_eq!(ask(&mut client, "GET a"), Value::Bytes("1".into()), "a transaction that was not finished");
    assert_eq!(ask(&mut client, "LLEN l"), Value::Integer(1));
    assert_eq!(fs::read_to_string(folder.path().join("data/database.aof.foreign")).unwrap(), file);
    assert_eq!(judge(&fs::read(server.log()).unwrap()).judgement, Judgement::Sound);
}

#[test]
fn a_file_that_no_server_loads_is_refused_with_code_1_and_left_alone() {
    for (file, part) in [
        ("*1\r\n$5\r\nFROBS\r\n", "offset 0"),
        ("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\nnonsense\r\n", "offset 27"),
        ("REDIS0011\u{fa}", "aof-use-rdb-preamble no"),
        ("*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n", "offset 0"),
        ("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$5\r\nRPUSH\r\n$1\r\na\r\n$1\r\n1\r\n", "WRONGTYPE"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let log = folder.path().join("data/database.aof");
        fs::write(&log, file).unwrap();
        let refused = start(folder.path(), "");
        assert_eq!((refused.code, &*refused.output), (Some(1), ""), "{file:?}: {refused:?}");
        assert!(
            refused.errors.contains("database.aof") && refused.errors.contains(part),
            "{}",
            refused.errors
        );
        assert_eq!(fs::read_to_string(&log).unwrap(), file);
    }
}

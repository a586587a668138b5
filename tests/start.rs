//! Starting: what is printed, what is refused, and with which exit code.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::TcpListener;

use pretty_assertions::assert_eq;
use support::{Ended, Server, Value, ask, heapwood, run, run_in};

/// Bad use: exit code 2, nothing on standard output, one line with each of `parts` on the other.
#[track_caller]
fn assert_refused(ended: &Ended, parts: &[&str]) {
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.output, "");
    assert_eq!(ended.errors.lines().count(), 1, "{}", ended.errors);
    for part in parts {
        assert!(ended.errors.contains(part), "{part:?} is not in: {}", ended.errors);
    }
}

#[test]
fn a_port_in_use_is_told_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let ended = run_in(folder.path(), &["server", "--port", &port]);
    assert_refused(&ended, &[&port, "in use", "--port"]);
}

#[test]
fn a_second_server_says_who_has_the_folder() {
    let server = Server::start();
    let data = server.data();
    let ended = run_in(server.folder().path(), &["server", "--port", "0", "--dir", data.to_str().unwrap()]);
    let holder = format!("pid {}, {}", server.pid(), server.addr());
    assert_refused(&ended, &[data.to_str().unwrap(), &holder, "--dir"]);
}

#[test]
fn a_folder_that_cannot_be_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let ended = run_in(folder.path(), &["server", "--port", "0", "--dir", "file/data"]);
    assert_refused(&ended, &["file/data", "--dir"]);
}

#[test]
fn an_open_address_without_a_password_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run_in(folder.path(), &["server", "--port", "0", "--bind", "0.0.0.0"]);
    assert_refused(&ended, &["0.0.0.0", "without a password", "--requirepass-file"]);
    let server = Server::start_with(&["--bind", "0.0.0.0", "--requirepass", "sesame"]);
    assert!(server.addr().ip().is_unspecified());
}

#[test]
fn bad_options_and_variables_are_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (line, parts) in [
        ("server --port x", &["--port", "x"][..]),
        ("server --fsync sometimes", &["sometimes", "everysec"]),
        ("server --max-clients 0", &["--max-clients"]),
        ("server --poller magic", &["magic"]),
        ("server --unknown", &["--unknown"]),
        ("server --max-body-bytes 1g", &["--max-body-bytes", "at most"]),
        ("server --soft-output-bytes 1g", &["--soft-output-bytes"]),
        ("server --requirepass-file missing", &["missing", "--requirepass-file"]),
        ("server --requirepass=", &["empty"]),
        ("server --bind nowhere", &["nowhere"]),
        ("serve", &["serve"]),
        ("check-aof", &["FILE"]),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        assert_refused(&run_in(folder.path(), &words), parts);
    }
    let mut command = heapwood();
    command.args(["server", "--port", "0"]).env("HEAPWOOD_FSYNC", "never").current_dir(folder.path());
    assert_refused(&run(command), &["never"]);
}

#[test]
fn a_variable_stands_for_its_flag_and_the_flag_wins() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = heapwood();
    command.args(["server", "--dir", "from-flag"]).current_dir(folder.path());
    command.env("HEAPWOOD_DIR", "from-variable").env("HEAPWOOD_BIND", "0.0.0.0");
    assert_refused(&run(command), &["0.0.0.0"]);
}

#[test]
fn help_goes_to_standard_output_with_exit_code_0() {
    let folder = tempfile::tempdir().unwrap();
    for (line, part) in [
        ("--help", "Examples"),
        ("--version", env!("CARGO_PKG_VERSION")),
        ("server --help", "HEAPWOOD_MAX_CLIENTS"),
        ("up --help", "--http"),
        ("bridge --help", "--engine"),
        ("cli --help", "--json"),
        ("check-aof --help", "--fix"),
        ("bench --help", "--pipeline"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let ended = run_in(folder.path(), &words);
        assert_eq!((ended.code, &*ended.errors), (Some(0), ""), "{line}");
        assert!(ended.output.contains(part), "{line}: {}", ended.output);
    }
}

#[test]
fn a_signal_ends_the_server_in_order_and_all_is_there_again() {
    let mut server = Server::start_with(&["--fsync", "no"]);
    let mut client = server.client();
    ask(&mut client, "MSET a 1 b 2");
    ask(&mut client, "RPUSH list x y z");
    ask(&mut client, "SET c 3 EX 1000");
    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    let mut client = server.client();
    assert_eq!(ask(&mut client, "DBSIZE"), Value::Integer(4));
    assert_eq!(ask(&mut client, "LLEN list"), Value::Integer(3));
    let Value::Integer(left_s) = ask(&mut client, "TTL c") else {
        panic!("no TTL");
    };
    assert!((900..=1_000).contains(&left_s), "{left_s}");
    server.signal(2);
    assert_eq!(server.wait().code(), Some(0), "SIGINT as well");
}

#[test]
fn without_a_log_nothing_is_written_and_nothing_survives() {
    let mut server = Server::start_with(&["--no-aof"]);
    ask(&mut server.client(), "SET a 1");
    assert!(!server.data().exists());
    server.stop();
    server.restart();
    assert_eq!(ask(&mut server.client(), "DBSIZE"), Value::Integer(0));
}

#[test]
fn what_was_stored_under_a_larger_limit_is_still_there_under_a_smaller_one() {
    let mut server = Server::start();
    let long = "v".repeat(5_000);
    let mut client = server.client();
    client.call(&["APPEND", "grown", &long]).unwrap();
    client.call(&["SET", "timed", &long, "EX", "1000"]).unwrap();
    server.stop();
    let server = Server::start_in(server.folder(), &["--max-bulk-bytes", "1000"]);
    let mut client = server.client();
    for key in ["grown", "timed"] {
        assert_eq!(client.call(&["STRLEN", key]).unwrap(), Value::Integer(5_000), "{key}");
    }
    let refused = client.call(&["APPEND", "grown", "x"]).unwrap();
    assert!(matches!(&refused, Value::Error(text) if text.contains("maximum")), "{refused:?}");
}

//! `heapwood bench`: what it sends, what it tells, and how it ends.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::TcpListener;
use std::thread;

use pretty_assertions::assert_eq;
use serde_json::Value as Json;
use support::{Ended, Server, Value, ask, heapwood};

fn port(server: &Server) -> String {
    server.addr().port().to_string()
}

fn run(arguments: &[&str]) -> Ended {
    let mut command = heapwood();
    command.args(arguments);
    support::run(command)
}

fn figures(arguments: &[&str]) -> Json {
    let ended = run(arguments);
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    serde_json::from_str(&ended.output).unwrap()
}

#[test]
fn every_request_is_answered_and_counted_once() {
    let server = Server::start();
    let port = port(&server);
    for (clients, pipeline) in [("1", "1"), ("7", "1"), ("7", "16"), ("3", "1000")] {
        let told = figures(&[
            "bench",
            "-p",
            &port,
            "-c",
            clients,
            "-P",
            pipeline,
            "-n",
            "1234",
            "-t",
            "set,get,rank",
            "-r",
            "100",
            "--json",
        ]);
        let tests = told["tests"].as_array().unwrap();
        let names: Vec<&str> = tests.iter().map(|test| test["test"].as_str().unwrap()).collect();
        assert_eq!(names, ["set", "get", "rank"]);
        for test in tests {
            assert_eq!((&test["requests"], &test["errors"]), (&1234.into(), &0.into()));
            assert!(test["latency_us"]["p50"].as_f64() <= test["latency_us"]["max"].as_f64());
            assert!(test["server_cpu_us_per_request"].as_f64() > Some(0.0));
        }
    }
}

#[test]
fn filling_makes_every_key_with_its_value() {
    let server = Server::start();
    figures(&[
        "bench",
        "-p",
        &port(&server),
        "--fill",
        "-r",
        "777",
        "-d",
        "9",
        "-n",
        "1",
        "-t",
        "get",
        "--threads",
        "2",
        "--json",
    ]);
    let mut client = server.client();
    assert_eq!(ask(&mut client, "DBSIZE"), Value::Integer(777));
    let value = ask(&mut client, "GET key:000000000776");
    assert_eq!(value, Value::Bytes(b"xxxxxxxxx".to_vec()));
}

#[test]
fn a_mix_is_one_test() {
    let server = Server::start();
    let told = figures(&["bench", "-p", &port(&server), "--mix", "get=3,lpush=1", "-n", "1000", "--json"]);
    assert_eq!(told["tests"].as_array().unwrap().len(), 1);
    let Value::Integer(pushed) = ask(&mut server.client(), "LLEN bench:list") else {
        panic!("a length is an integer");
    };
    assert!((150..350).contains(&pushed), "{pushed}");
}

#[test]
fn a_duration_ends_it_before_its_requests_do() {
    let server = Server::start();
    let told = figures(&[
        "bench",
        "-p",
        &port(&server),
        "-n",
        "1000000000000",
        "--duration",
        "1",
        "-t",
        "ping",
        "--json",
    ]);
    let test = &told["tests"][0];
    assert!(test["requests"].as_u64() > Some(0));
    assert!(test["seconds"].as_f64() >= Some(1.0));
}

#[test]
fn error_replies_are_told_with_the_first_of_them() {
    let server = Server::start();
    ask(&mut server.client(), "SET bench:list string");
    let ended = run(&["bench", "-p", &port(&server), "-n", "10", "-t", "lpush"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.output.contains("10 error replies; the first: WRONGTYPE"), "{}", ended.output);
}

#[test]
fn a_password_is_given_and_a_wrong_one_is_told() {
    let server = Server::start_with(&["--requirepass", "sesame"]);
    let port = port(&server);
    let given =
        |password: &str| run(&["bench", "-p", &port, "--password", password, "-n", "10", "-t", "ping"]);
    assert_eq!(given("sesame").code, Some(0));
    let refused = given("barley");
    assert_eq!(refused.code, Some(3));
    assert!(refused.errors.contains("WRONGPASS"), "{}", refused.errors);
}

#[test]
fn without_a_server_it_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let ended = run(&["bench", "-p", &port]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.errors.contains("no server at 127.0.0.1"), "{}", ended.errors);
}

#[test]
fn what_is_no_heapwood_server_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let stranger = thread::spawn(move || {
        use std::io::Write;
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let ended = run(&["bench", "-p", &port]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.errors.contains("does not answer"), "{}", ended.errors);
    stranger.join().unwrap();
}

#[test]
fn what_cannot_be_carried_out_is_bad_use() {
    for bad in [
        &["-t", "dance"][..],
        &["--mix", "get=0"],
        &["--clients", "0"],
        &["--clients", "1000000"],
        &["--pipeline", "1000000", "--value-bytes", "1m"],
        &["--duration", "0"],
    ] {
        let ended = run(&[&["bench"], bad].concat());
        assert_eq!(ended.code, Some(2), "{bad:?}: {ended:?}");
        assert!(!ended.errors.is_empty());
    }
}

//! `heapwood cli` and the engine together.
#![allow(clippy::unwrap_used)]

mod support;
#[path = "support/terminal.rs"]
mod terminal;

use pretty_assertions::assert_eq;
use support::{Ended, Server, heapwood, run};
use terminal::Terminal;

fn cli(server: &Server, arguments: &[&str]) -> Ended {
    let mut command = heapwood();
    command.args(["cli", "--port", &server.addr().port().to_string()]);
    command.args(arguments);
    run(command)
}

/// What a successful command prints on a terminal.
fn shown(server: &Server, arguments: &[&str]) -> String {
    let ended = cli(server, &[&["--no-raw"], arguments].concat());
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    ended.output
}

#[test]
fn replies_of_every_kind_can_be_read() {
    let server = Server::start_with(&["--seed", "1"]);
    assert_eq!(shown(&server, &["MSET", "a", "1", "b", "two words"]), "OK\n");
    assert_eq!(shown(&server, &["RPUSH", "queue", "x", "y"]), "(integer) 2\n");
    assert_eq!(shown(&server, &["LRANGE", "queue", "0", "-1"]), "1) \"x\"\n2) \"y\"\n");
    assert_eq!(shown(&server, &["LRANGE", "none", "0", "-1"]), "(empty array)\n");
    assert_eq!(shown(&server, &["RANK", "none"]), "(nil)\n");
    assert_eq!(
        shown(&server, &["RANGE", "", "", "WITHVALUES"]),
        "1) \"a\" => \"1\"\n2) \"b\" => \"two words\"\n3) \"queue\" => (nil)\n"
    );
    let tree = shown(&server, &["TREE"]);
    assert!(tree.starts_with("1) key => \""), "{tree}");
    assert!(tree.contains("\n   depth => (integer) 0\n2) key => \""), "{tree}");
    let info = shown(&server, &["INFO"]);
    assert!(info.starts_with("# Server\n"), "{info}");
}

#[test]
fn a_wrong_kind_of_value_ends_with_exit_code_1() {
    let server = Server::start();
    cli(&server, &["RPUSH", "queue", "x"]);
    let ended = cli(&server, &["GET", "queue"]);
    assert_eq!((ended.code, ended.output.as_str()), (Some(1), ""));
    assert!(ended.errors.starts_with("WRONGTYPE "), "{}", ended.errors);
    let ended = cli(&server, &["--json", "GET", "queue"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.output.starts_with(r#"{"error":{"code":"WRONGTYPE","#));
}

#[test]
fn a_command_that_blocks_waits_longer_than_the_clients_own_time_out() {
    let server = Server::start();
    let ended = cli(&server, &["--timeout", "1", "--no-raw", "BLPOP", "none", "1.5"]);
    assert_eq!((ended.code, ended.output.as_str()), (Some(0), "(nil)\n"));
}

#[test]
fn a_password_is_asked_for_and_taken_from_the_variable() {
    let server = Server::start_with(&["--requirepass", "secret"]);
    let ended = cli(&server, &["GET", "a"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.errors.contains("HEAPWOOD_PASSWORD"), "{}", ended.errors);
    let mut command = heapwood();
    command.args(["cli", "--port", &server.addr().port().to_string(), "SET", "a", "1"]);
    command.env("HEAPWOOD_PASSWORD", "secret");
    let ended = run(command);
    assert_eq!((ended.code, ended.output.as_str()), (Some(0), "OK\n"));
}

#[test]
fn the_prompt_completes_keys_of_the_engine_and_says_why_a_reply_is_an_error() {
    let server = Server::start();
    cli(&server, &["MSET", "quote:AAPL", "189", "quote:MSFT", "411"]);
    let home = tempfile::tempdir().unwrap();
    let mut command = heapwood();
    command.args(["cli", "--port", &server.addr().port().to_string()]);
    command.env("XDG_STATE_HOME", home.path()).env("TERM", "xterm");
    let mut terminal = Terminal::run(command);
    terminal.wait_for("> ");
    terminal.type_bytes(b"GET q\t");
    terminal.wait_for("GET quote:");
    terminal.type_bytes(b"M\t\r");
    terminal.wait_for("\"411\"");
    terminal.type_line("LPUSH quote:MSFT 1");
    terminal.wait_for("(error) WRONGTYPE");
    terminal.type_line("BRPOP orders 0");
    support::wait_for("the waiting client", || {
        let info = cli(&server, &["INFO", "clients"]).output;
        info.contains("blocked_clients:1").then_some(())
    });
    cli(&server, &["LPUSH", "orders", "first"]);
    terminal.wait_for("1) \"orders\"\r\n2) \"first\"");
    // Ctrl-D on an empty line.
    assert_eq!(terminal.leave(), 0);
}

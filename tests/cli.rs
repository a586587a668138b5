//! `heapwood cli` as scripts and people meet it, over a small server of these tests.
#![allow(clippy::unwrap_used)]

mod support {
    pub(crate) mod small_server;
    pub(crate) mod terminal;
}

use std::io::Write;
use std::process::{Command, Output, Stdio};

use pretty_assertions::assert_eq;
use support::small_server::SmallServer;
use support::terminal::Terminal;

fn cli(port: u16, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapwood"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HEAPWOOD_")) {
        command.env_remove(name);
    }
    command.args(["cli", "--port", &port.to_string()]).args(arguments);
    command
}

/// Exit code, standard output, standard error.
fn told(output: Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap();
    (code, text(&output.stdout), text(&output.stderr))
}

fn run(server: &SmallServer, arguments: &[&str]) -> (i32, String, String) {
    let mut command = cli(server.port(), arguments);
    told(command.stdin(Stdio::null()).output().unwrap())
}

fn run_with_input(server: &SmallServer, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = cli(server.port(), arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn stdout(text: &str) -> (i32, String, String) {
    (0, text.to_owned(), String::new())
}

#[test]
fn a_reply_ends_with_exit_code_0_also_when_it_is_nil() {
    let server = SmallServer::start();
    assert_eq!(run(&server, &["SET", "a", "x y"]), stdout("OK\n"));
    assert_eq!(run(&server, &["get", "a"]), stdout("x y\n"));
    assert_eq!(run(&server, &["GET", "none"]), stdout("\n"));
    assert_eq!(run(&server, &["--no-raw", "GET", "none"]), stdout("(nil)\n"));
    assert_eq!(run(&server, &["--no-raw", "GET", "a"]), stdout("\"x y\"\n"));
    assert_eq!(run(&server, &["-n", "GET", "a"]), stdout("x y"));
    assert_eq!(run(&server, &["PREFIX", ""]), stdout("a\n"));
}

#[test]
fn json_is_one_line_for_each_reply() {
    let server = SmallServer::start();
    run(&server, &["SET", "a", "x\"y"]);
    assert_eq!(run(&server, &["--json", "GET", "a"]), stdout("\"x\\\"y\"\n"));
    assert_eq!(run(&server, &["--json", "GET", "none"]), stdout("null\n"));
    assert_eq!(run(&server, &["--json", "PREFIX", ""]), stdout("[\"a\"]\n"));
    let (code, out, _) = run(&server, &["--json", "NOSUCH"]);
    assert_eq!(code, 1);
    assert_eq!(out, "{\"error\":{\"code\":\"ERR\",\"message\":\"unknown command\"}}\n");
}

#[test]
fn an_error_reply_ends_with_exit_code_1_and_is_no_value() {
    let server = SmallServer::start();
    let (code, out, error) = run(&server, &["NOSUCH"]);
    assert_eq!((code, out.as_str(), error.as_str()), (1, "", "ERR unknown command\n"));
}

#[test]
fn bad_use_ends_with_exit_code_2_and_one_line() {
    let server = SmallServer::start();
    for arguments in [
        &["--nosuch", "PING"][..],
        &["--json", "--raw", "PING"],
        &["-x"],
        &["--port", "many"],
        &["--password-file", "/no/such/file", "PING"],
    ] {
        let (code, out, error) = run(&server, arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let too_large = vec![0; 128 << 20];
    let output = run_with_input(&server, &["-x", "SET", "a"], &too_large);
    let (code, _, error) = told(output);
    assert_eq!(code, 2);
    assert!(error.contains("above the limit"), "{error}");
}

#[test]
fn no_server_ends_with_exit_code_3_and_how_to_start_one() {
    let port = SmallServer::unused_port();
    let (code, out, error) = told(cli(port, &["PING"]).output().unwrap());
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(error.contains(&format!("no server at 127.0.0.1:{port}")), "{error}");
    assert!(error.contains(&format!("heapwood server --port {port}")), "{error}");
}

#[test]
fn a_server_of_another_kind_ends_with_exit_code_3_and_what_it_said() {
    let server = SmallServer::start_saying(b"-ERR what is this\r\n");
    let (code, _, error) = run(&server, &["PING"]);
    assert_eq!(code, 3);
    assert!(error.contains("-ERR what is this"), "{error}");
}

#[test]
fn a_reply_that_does_not_come_ends_with_exit_code_3() {
    let server = SmallServer::start();
    let (code, _, error) = run(&server, &["--timeout", "1", "SILENCE"]);
    assert_eq!(code, 3);
    assert!(error.contains("no reply within 1 s"), "{error}");
}

#[test]
fn any_bytes_go_in_and_come_out_as_they_were() {
    let server = SmallServer::start();
    let value: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let (code, out, _) = told(run_with_input(&server, &["-x", "SET", "bin"], &value));
    assert_eq!((code, out.as_str()), (0, "OK\n"));
    let mut command = cli(server.port(), &["-n", "GET", "bin"]);
    assert_eq!(command.output().unwrap().stdout, value);

    use std::os::unix::ffi::OsStrExt;
    let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe\x01");
    let mut command = cli(server.port(), &["SET", "argument"]);
    assert!(command.arg(bytes).status().unwrap().success());
    let mut command = cli(server.port(), &["GET", "argument"]);
    assert_eq!(command.output().unwrap().stdout, b"\xff\xfe\x01\n");
    let json = run(&server, &["--json", "GET", "argument"]);
    assert_eq!(json, stdout("{\"base64\":\"//4B\"}\n"));
}

#[test]
fn lines_of_standard_input_are_commands_and_the_worst_gives_the_exit_code() {
    let server = SmallServer::start();
    let input = b"SET a \"1\\x00\"\n\nGET a\nNOSUCH\nGET \"a\nGET 'a'";
    let output = run_with_input(&server, &[], input);
    let (code, out, error) = told(output);
    assert_eq!((code, out.as_str()), (2, "OK\n1\0\n1\0\n"));
    assert_eq!(error, "ERR unknown command\nheapwood: line 5: the quote at column 5 is not closed\n");
}

#[test]
fn a_password_comes_from_a_variable_or_a_file() {
    let server = SmallServer::start_with_password("secret\u{e9}");
    let (code, _, error) = run(&server, &["GET", "a"]);
    assert_eq!(code, 1);
    assert!(error.contains("NOAUTH") && error.contains("HEAPWOOD_PASSWORD"), "{error}");

    let mut command = cli(server.port(), &["GET", "a"]);
    let output = command.env("HEAPWOOD_PASSWORD", "secret\u{e9}").output();
    assert_eq!(told(output.unwrap()), stdout("\n"));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "secret\u{e9}\r\nanother line\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(run(&server, &["--password-file", file, "GET", "a"]), stdout("\n"));

    let (code, _, error) = run(&server, &["--password", "wrong", "GET", "a"]);
    assert_eq!(code, 1);
    assert!(error.contains("the password was refused: ERR invalid password"), "{error}");
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let server = SmallServer::start();
    let value = vec![b'v'; 1 << 20];
    run_with_input(&server, &["-x", "SET", "a"], &value);
    let mut child =
        cli(server.port(), &["GET", "a"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(told(child.wait_with_output().unwrap()), (0, String::new(), String::new()));
}

fn prompt(server: &SmallServer) -> (Terminal, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let mut command = cli(server.port(), &[]);
    command.env("XDG_STATE_HOME", home.path()).env("TERM", "xterm");
    let mut terminal = Terminal::run(command);
    terminal.wait_for("Ctrl-D leaves");
    terminal.wait_for(&format!(":{}> ", server.port()));
    (terminal, home)
}

#[test]
fn the_prompt_answers_with_types_and_keeps_a_history_without_passwords() {
    let server = SmallServer::start();
    let (mut terminal, home) = prompt(&server);
    terminal.type_line("SET a \"b\\x00\"");
    terminal.wait_for("OK");
    terminal.type_line("GET a");
    terminal.wait_for("\"b\\x00\"");
    terminal.type_line("AUTH hidden");
    terminal.wait_for("(error)");
    terminal.type_line("GET \"a");
    terminal.wait_for("the quote at column 5 is not closed");
    terminal.type_line("help RANK");
    terminal.wait_for("RANK key");
    terminal.type_line("quit");
    assert_eq!(terminal.exit_code(), 0);
    let history = std::fs::read_to_string(home.path().join("heapwood/cli-history")).unwrap();
    assert!(history.contains("GET a") && !history.contains("hidden"), "{history}");
}

#[test]
fn the_prompt_completes_commands_and_keys_and_hints_at_arguments() {
    let server = SmallServer::start();
    run(&server, &["SET", "with space", "found"]);
    let (mut terminal, _home) = prompt(&server);
    terminal.type_bytes(b"GETR");
    terminal.type_bytes(b"\x15GETD\t");
    terminal.wait_for("GETDEL ");
    terminal.wait_for("key");
    terminal.type_bytes(b"\x15GET w\t");
    terminal.wait_for("\"with space\" ");
    terminal.type_line("");
    terminal.wait_for("\"found\"");
    // Ctrl-D on an empty line.
    assert_eq!(terminal.leave(), 0);
}

#[test]
fn the_prompt_survives_ctrl_c_and_a_server_that_goes_and_comes_back() {
    let server = SmallServer::start();
    let port = server.port();
    let (mut terminal, _home) = prompt(&server);
    terminal.type_line("BLPOP queue 0");
    server.wait_for_command("BLPOP");
    terminal.interrupt();
    terminal.wait_for("no longer waiting");
    terminal.type_line("SET a 1");
    terminal.wait_for("OK");
    drop(server);
    terminal.type_line("GET a");
    terminal.wait_for("no server at");
    terminal.wait_for("not connected> ");
    let server = SmallServer::start_at(port);
    terminal.type_line("SET a 2");
    terminal.wait_for("(connected to");
    terminal.wait_for("OK");
    drop(server);
}

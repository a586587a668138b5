use super::*;
use crate::page::{Kind, Page};
use pretty_assertions::assert_eq;

fn run(markdown: &str) -> Result<Figures, Failure> {
    run_with(markdown, Path::new("/nowhere"))
}

fn run_with(markdown: &str, binaries: &Path) -> Result<Figures, Failure> {
    let page = Page::parse("1-a/index.md", markdown).unwrap();
    let blocks = page.pieces.into_iter().filter_map(|piece| match piece.kind {
        Kind::Console(block) => Some(block),
        _ => None,
    });
    run_chapter(&blocks.collect::<Vec<_>>(), binaries)
}

#[test]
fn commands_run_in_order_in_one_folder() {
    let page = "
```console
$ printf 'red\\nblue\\n' > colours; ls
colours
$ cat colours none
red
blue
‹cat›: none: No such file or directory
```
```console measured
$ cargo bench
```
```console
$ cat colours | head -1
red
$ printf 'no line end'
no line end
```
";
    assert_eq!(run(page), Ok(Figures { blocks: 2, commands: 4, lines: 6 }));
}

#[test]
fn a_terminal_stays_until_its_keys_are_pressed() {
    let page = "
```console stays=echo
$ cat
127.0.0.1:7402> one
one
```
```console on=echo
127.0.0.1:7402> two
two
127.0.0.1:7402> three
three
^D
$ cat
```
```console on=echo
^C
```
";
    assert_eq!(run(page), Ok(Figures { blocks: 3, commands: 5, lines: 3 }));
}

#[test]
fn output_may_come_later_and_a_program_be_killed_from_elsewhere() {
    let page = "
```console
$ mkfifo door
```
```console stays=waits
$ echo $$ > number; cat door; exec tail -f /dev/null
```
```console
$ echo hello > door
```
```console on=waits
hello
```
```console
$ kill -9 $(cat number)
```
```console on=waits
Killed
```
";
    assert_eq!(run(page).map(|figures| figures.lines), Ok(2));
}

#[test]
fn a_difference_says_where_it_is_and_what_it_is() {
    let failure = run("\n```console\n$ true\n$ printf 'a\\nc\\n'\na\nb\n```\n").unwrap_err();
    assert_eq!(
        failure.to_string(),
        "book/src/1-a/index.md:4: $ printf 'a\\nc\\n'\nthe page says (-) and this came (+):\n  a\n- b\n+ c"
    );
}

#[test]
fn what_the_page_leaves_out_is_a_difference_also_at_the_end_of_the_chapter() {
    // Who reads from the door knows that both lines have been written.
    let page = "```console\n$ mkfifo door\n```\n```console stays=a\n$ echo a; echo b; echo > door; read\na\n```\n\
                ```console\n$ cat door > lines\n```\n";
    let failure = run(page).unwrap_err();
    assert_eq!(failure.line, 5);
    assert!(failure.reason.ends_with("(+):\n+ b"), "{failure}");
    assert!(run(&page.replace("\na\n", "\na\n…\n")).is_ok());
}

#[test]
fn blocks_that_say_nothing_to_be_run_are_refused() {
    for (page, reason) in [
        ("```console stay=a\n$ cat\n```", "\"stay=a\" is none of stays=NAME, on=NAME and measured"),
        ("```console on=a\n^C\n```", "no earlier block of the chapter says stays=a"),
        ("```console\n^C\n```", "nothing runs in this terminal; a block begins with a command"),
    ] {
        assert_eq!(run(page).unwrap_err().reason, reason);
    }
}

#[test]
fn the_first_stage_answers_as_shown() {
    let test = std::env::current_exe().unwrap();
    let binaries = test.parent().and_then(Path::parent).unwrap();
    if !["heapwood", "heapwood-sockets"].iter().all(|name| binaries.join(name).is_file()) {
        eprintln!("skipped: heapwood and heapwood-sockets are not built in {}", binaries.display());
        return;
    }
    let page = "
```console stays=server
$ cargo run -q -p heapwood-sockets -- --port 7401
heapwood-sockets: a hash table behind frames, for one client at a time, on 127.0.0.1:7401; talk to it with: heapwood cli --port 7401
```
```console
$ printf 'red' | cargo run -q -- cli --port 7401 -x SET apple
OK
$ cargo run -q -- cli --port 7401 GET apple | cat
red
```
```console stays=client
$ cargo run -q -- cli --port 7401
Heapwood at 127.0.0.1:7401; `help` tells more, Tab completes, Ctrl-D leaves.
127.0.0.1:7401> GET apple
\"red\"
127.0.0.1:7401> DEL apple pear
(integer) 1
^D
```
```console
$ kill -9 $(pgrep -f 'heapwood-sockets --port 7401')
```
```console on=server
Killed
```
```console
$ cargo run -q -- cli --port 7401 PING
heapwood: no server at 127.0.0.1:7401 (‹Connection refused›); start one with `heapwood server --port 7401`, or name another with --host and --port
```
";
    assert_eq!(run_with(page, binaries).map(|figures| figures.commands), Ok(8));
}

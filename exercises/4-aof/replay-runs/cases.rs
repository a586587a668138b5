use heapwood_aof::Problem;
use heapwood_aof::commands::Commands;
use heapwood_aof::resp::encode_command;
use heapwood_kit::given;

use super::subject::{MAX_KEY_BYTES, MAX_RUN_ENTRIES, Replay, SortedRun, load_piece};

/// Where the piece begins in its file.
const START: u64 = 1_000;

/// A store that notes what it is asked to do, and refuses what holds the word `bad`.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn note(&mut self, what: String) -> Result<(), String> {
        let refused = what.contains("bad");
        self.0.push(what);
        if refused { Err("it is bad".into()) } else { Ok(()) }
    }
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

impl Replay for Notes {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        let words: Vec<String> = args.iter().map(|arg| text(arg)).collect();
        self.note(format!("apply: {}", words.join(" ")))
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        let entries = run.map(|(key, value)| match value {
            Some(value) => format!("{}={}", text(key), text(value)),
            None => format!("{} deleted", text(key)),
        });
        let entries: Vec<String> = entries.collect();
        self.note(format!("run: {}", entries.join(", ")))
    }
}

/// Commands, their arguments separated by blanks, as a log has them.
fn encoded(commands: &[&str]) -> Vec<u8> {
    let mut log = Vec::new();
    for command in commands {
        let args: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        encode_command(&args, &mut log);
    }
    log
}

/// Loads a piece of these commands, which the store takes.
fn check(commands: &[&str], expected: &[&str]) {
    let (log, mut notes, mut records) = (encoded(commands), Notes::default(), 7);
    let done = load_piece(&mut Commands::new(&log, START), &mut notes, &mut records);
    let given = given(format!("the commands {commands:?}; `records` is 7 before"));
    given.holds(done.is_ok(), "Ok", format!("{done:?}"));
    given.expect(expected, notes.0);
    given.holds(
        records == 7 + commands.len() as u64,
        format!("`records` is {} afterwards", 7 + commands.len()),
        format!("{records}"),
    );
}

/// Plain SETs arrive as one run, and are counted.
pub fn one_run() {
    check(&["SET b 2", "SET a 1", "SET b 3"], &["run: a=1, b=3"]);
    check(&[], &[]);
}

/// Deletions belong to the run, each of their keys.
pub fn deletions_too() {
    check(
        &["SET a 1", "SET b 2", "DEL a d", "SET c 3", "DEL e"],
        &["run: a deleted, b=2, c=3, d deleted, e deleted"],
    );
}

/// A name may be in capitals or not.
pub fn names_in_either_case() {
    check(&["set a 1", "Set b 2", "del a"], &["run: a deleted, b=2"]);
}

/// Any other command has its turn between the run before it and the one behind it.
pub fn in_the_order_of_the_log() {
    check(&["APPEND a 1", "APPEND a 2"], &["apply: APPEND a 1", "apply: APPEND a 2"]);
    check(
        &["SET a 1", "INCR a", "SET b 1", "SET a 5", "APPEND b 2"],
        &["run: a=1", "apply: INCR a", "run: a=5, b=1", "apply: APPEND b 2"],
    );
}

/// A SET with more arguments, or with a key that is too long, is none of a run; neither is a DEL of nothing.
pub fn not_quite_plain() {
    let longest = format!("SET {} 1", "k".repeat(MAX_KEY_BYTES));
    let too_long = format!("SET {} 1", "k".repeat(MAX_KEY_BYTES + 1));
    check(
        &["SET a 1 PXAT 1700000000000", "SET a", "DEL", &too_long],
        &["apply: SET a 1 PXAT 1700000000000", "apply: SET a", "apply: DEL", &format!("apply: {too_long}")],
    );
    check(&[&longest], &[&format!("run: {}=1", "k".repeat(MAX_KEY_BYTES))]);
}

/// Which of the commands begins at this offset.
fn begins_at(commands: &[&str], offset: u64) -> String {
    let begins = |before: &usize| START + encoded(&commands[..*before]).len() as u64 == offset;
    let found = (0..commands.len()).find(begins);
    found.map_or("where none begins".into(), |at| format!("where {:?} begins", commands[at]))
}

/// What is refused, or can be no command, ends the loading, with the place of the command that was found last.
pub fn refused() {
    // What ends it, how many commands stand before the one whose place is named, and what was carried out.
    let expected: [(&[&str], usize, &[&str]); 2] = [
        (&["SET a 1", "bad", "SET b 2"], 1, &["run: a=1", "apply: bad"]),
        (&["SET a bad", "INCR a", "INCR b"], 1, &["run: a=bad"]),
    ];
    for (commands, before, notes) in expected {
        let (log, mut it) = (encoded(commands), Notes::default());
        let done = load_piece(&mut Commands::new(&log, START), &mut it, &mut 0);
        let got = match done {
            Err(Problem::Command { offset, why }) => {
                format!("at {offset}, {}: {why}", begins_at(commands, offset))
            }
            other => format!("{other:?}"),
        };
        let given = given(format!(
            "the commands {commands:?}, a piece that begins at offset {START}, and a store that refuses `bad`"
        ));
        let offset = START + encoded(&commands[..before]).len() as u64;
        let expected = format!("at {offset}, {}: it is bad", begins_at(commands, offset));
        given.holds(got == expected, expected, got);
        given.expect(notes, it.0);
    }
    let (log, mut it) = (encoded(&["SET a bad"]), Notes::default());
    let done = load_piece(&mut Commands::new(&log, START), &mut it, &mut 0);
    given("the command [\"SET a bad\"] alone, and a store that refuses `bad`").holds(
        matches!(&done, Err(Problem::Command { why, .. }) if why == "it is bad"),
        "the store's refusal, by commands.refuse",
        format!("{done:?}"),
    );
    let mut log = encoded(&["SET a 1"]);
    log.extend_from_slice(b"*x\r\n");
    let done = load_piece(&mut Commands::new(&log, START), &mut Notes::default(), &mut 0);
    given("the command [\"SET a 1\"], and behind it the bytes \"*x\", which are no command").holds(
        done.is_err(),
        "the error of commands.next()",
        format!("{done:?}"),
    );
}

/// A run that is full is handed on, so that memory is bounded.
pub fn a_long_run() {
    struct Lengths(Vec<usize>);
    impl Replay for Lengths {
        fn apply(&mut self, _: &[&[u8]]) -> Result<(), String> {
            Err("there are only plain commands".into())
        }

        fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
            self.0.push(run.count());
            Ok(())
        }
    }
    let (mut log, mut lengths) = (Vec::new(), Lengths(Vec::new()));
    for key in 0..MAX_RUN_ENTRIES + 3 {
        encode_command(&[b"SET", format!("{key:05}").as_bytes(), b""], &mut log);
    }
    let done = load_piece(&mut Commands::new(&log, START), &mut lengths, &mut 0);
    let given = given(format!("{} SETs, each of another key", MAX_RUN_ENTRIES + 3));
    given.holds(done.is_ok(), "Ok", format!("{done:?}"));
    given.expect([MAX_RUN_ENTRIES, 3], lengths.0.as_slice());
}

//! Transcripts, as `exercises/conformance/` has them.

use super::words::{Named, Word, one, words};
use std::ops::RangeInclusive;

/// The stages that have transcripts, with their files.
const FILES: [(&str, &str); 6] = [
    ("1-sockets.txt", include_str!("../../conformance/1-sockets.txt")),
    ("2-treap.txt", include_str!("../../conformance/2-treap.txt")),
    ("3-poll-loop.txt", include_str!("../../conformance/3-poll-loop.txt")),
    ("4-aof.txt", include_str!("../../conformance/4-aof.txt")),
    ("5-ttl.txt", include_str!("../../conformance/5-ttl.txt")),
    ("6-deques.txt", include_str!("../../conformance/6-deques.txt")),
];

/// The number of the last stage that has transcripts.
pub const LAST_STAGE: usize = FILES.len();

/// A conversation with a server.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// The stage that it comes with, from 1.
    pub stage: usize,
    /// What it is called.
    pub name: String,
    /// What must hold, in a sentence.
    pub about: String,
    /// The invariant that it is about.
    pub invariant: Option<String>,
    /// The stages whose behaviour it belongs to.
    pub stages: Vec<usize>,
    /// Whether the real Redis passes it too.
    pub is_redis: bool,
    /// The file that it stands in.
    pub file: &'static str,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

impl Transcript {
    /// Whether it kills the server.
    pub fn needs_restart(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.act, Act::Restart))
    }
}

/// One thing that is done, and what comes of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it stands in the file: the number of its first line, from 1.
    pub line: usize,
    /// How it is written, without what is expected.
    pub text: Vec<String>,
    /// What is done.
    pub act: Act,
    /// What must come back.
    pub expected: Vec<Expected>,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends on a connection, in one piece or in many.
    Send {
        /// The connection.
        who: String,
        /// What is sent.
        parts: Vec<Part>,
        /// Whether every byte goes on its own.
        byte_by_byte: bool,
        /// How often it is sent, and whether its replies stay unread.
        times: usize,
        /// Whether the replies are left where they are.
        unread: bool,
        /// How long the reply must take.
        not_before_ms: u64,
    },
    /// Sends what is left of a request of which the first half was sent.
    Rest {
        /// The connection.
        who: String,
    },
    /// Reads so many replies.
    Receive {
        /// The connection.
        who: String,
        /// How many.
        times: usize,
    },
    /// Sends on many connections at once.
    Clients {
        /// What their names begin with.
        who: String,
        /// How many there are.
        count: usize,
        /// What each sends.
        request: Vec<Word>,
    },
    /// Asks until the reply is as expected.
    Until {
        /// The connection.
        who: String,
        /// What it asks.
        request: Vec<Word>,
        /// How long that must take, from the request before.
        not_before_ms: u64,
    },
    /// Closes a connection.
    Leave {
        /// The connection.
        who: String,
    },
    /// Ends one side of a connection, and waits until the server has closed the other.
    HangUp {
        /// The connection.
        who: String,
    },
    /// Kills the server and starts it again.
    Restart,
}

/// Something that is sent.
#[derive(Clone, Debug)]
pub enum Part {
    /// A request.
    Request(Vec<Word>),
    /// Its first half.
    Half(Vec<Word>),
    /// Bytes.
    Raw(Word),
}

/// What must come back.
#[derive(Clone, Debug)]
pub struct Expected {
    /// As it is written.
    pub text: String,
    /// What it takes.
    pub what: Comes,
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum Comes {
    /// A reply.
    Reply(Pattern),
    /// Nothing yet.
    Nothing,
    /// The end of the connection.
    Close,
}

/// Which replies are taken.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// This status.
    Status(String),
    /// An error that begins with this, and has nothing more where the second is false.
    Error(String, bool),
    /// No value.
    Nil,
    /// A number in this range.
    Integer(RangeInclusive<i64>),
    /// The number of this name.
    NamedInteger(Named),
    /// These bytes.
    Bytes(Word),
    /// These values.
    Array(Vec<Pattern>),
}

/// All transcripts, in order.
///
/// # Errors
/// A file cannot be understood: says where.
pub fn all() -> Result<Vec<Transcript>, String> {
    let mut all = Vec::new();
    for (stage, (file, text)) in (1..).zip(FILES) {
        all.extend(read(stage, file, text)?);
    }
    Ok(all)
}

/// The transcripts of one file.
pub(super) fn read(stage: usize, file: &'static str, text: &str) -> Result<Vec<Transcript>, String> {
    let mut found: Vec<Transcript> = Vec::new();
    // Whether the next line of a request still belongs to the same piece.
    let mut is_open = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end();
        if line.is_empty() || (found.is_empty() && line.starts_with('#')) {
            continue;
        }
        let wrong = |what: String| format!("exercises/conformance/{file}:{number}: {what}");
        if let Some(name) = line.strip_prefix("== ") {
            found.push(Transcript {
                stage,
                name: name.into(),
                about: String::new(),
                invariant: None,
                stages: (stage..=LAST_STAGE).collect(),
                is_redis: false,
                file,
                steps: Vec::new(),
            });
            is_open = false;
            continue;
        }
        let transcript = found.last_mut().ok_or_else(|| wrong("before the first name".into()))?;
        if transcript.steps.is_empty() && header(transcript, line).map_err(wrong)? {
            continue;
        }
        let steps = &mut transcript.steps;
        if let Some(step) = step(line).map_err(wrong)? {
            is_open = add(steps, Step { line: number, ..step }, is_open);
            continue;
        }
        let step = steps.last_mut().ok_or_else(|| wrong("nothing was sent before".into()))?;
        expect(step, line).map_err(wrong)?;
        is_open = false;
    }
    Ok(found)
}

/// Takes a line that says something about the transcript; false for any other.
fn header(transcript: &mut Transcript, line: &str) -> Result<bool, String> {
    let Some((key, value)) = line.split_once(": ") else {
        return Ok(false);
    };
    match key {
        "about" => transcript.about = value.into(),
        "invariant" => transcript.invariant = Some(value.into()),
        "redis" => transcript.is_redis = value == "yes",
        "stages" => {
            transcript.stages.clear();
            for range in value.split(' ') {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                let number = |text: &str| text.parse::<usize>().map_err(|_| format!("{text:?} is no stage"));
                transcript.stages.extend(number(first)?..=number(last)?);
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Adds a step, or what it sends to the step before where both are one piece. Whether the next one may be added so.
fn add(steps: &mut Vec<Step>, step: Step, is_open: bool) -> bool {
    let is_plain =
        matches!(&step.act, Act::Send { times: 1, byte_by_byte: false, unread: false, not_before_ms: 0, .. });
    if is_open
        && is_plain
        && let Some(last) = steps.last_mut()
        && let (Act::Send { who, parts, .. }, Act::Send { who: same, parts: more, .. }) =
            (&mut last.act, &step.act)
        && who == same
    {
        parts.extend(more.iter().cloned());
        last.text.extend(step.text);
        return true;
    }
    steps.push(step);
    is_plain
}

/// The step that a line is; `None` where it is something that comes back.
fn step(line: &str) -> Result<Option<Step>, String> {
    let made = |act| Ok(Some(Step { line: 0, text: vec![line.to_owned()], act, expected: Vec::new() }));
    if line == "restart" {
        return made(Act::Restart);
    }
    let name = line.split([' ', '>', '<']).next().unwrap_or_default();
    if name.len() != 1 || !name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        return Ok(None);
    }
    let who = name.to_owned();
    match &line[1..] {
        " leaves" => return made(Act::Leave { who }),
        " hangs up" => return made(Act::HangUp { who }),
        _ => {}
    }
    let at = line.find(['>', '<']).ok_or_else(|| format!("no > or < in {line:?}"))?;
    let (how, what) = (Manner::read(line[1..at].trim())?, line[at + 1..].trim());
    if line[at..].starts_with('<') {
        return made(Act::Receive { who, times: how.times });
    }
    if how.is_rest {
        return made(Act::Rest { who });
    }
    if how.is_raw {
        let parts = vec![Part::Raw(one(what)?)];
        return made(Act::Send {
            who,
            parts,
            byte_by_byte: false,
            times: 1,
            unread: false,
            not_before_ms: 0,
        });
    }
    let request = words(what)?;
    if request.is_empty() {
        return Err(format!("nothing is sent in {line:?}"));
    }
    let not_before_ms = how.not_before_ms;
    if how.is_until {
        return made(Act::Until { who, request, not_before_ms });
    }
    if how.clients > 0 {
        return made(Act::Clients { who, count: how.clients, request });
    }
    let parts = vec![if how.is_half { Part::Half(request) } else { Part::Request(request) }];
    let Manner { byte_by_byte, times, unread, .. } = how;
    made(Act::Send { who, parts, byte_by_byte, times, unread, not_before_ms })
}

/// How something is sent or read.
#[derive(Default)]
struct Manner {
    byte_by_byte: bool,
    is_half: bool,
    is_rest: bool,
    is_raw: bool,
    is_until: bool,
    unread: bool,
    times: usize,
    clients: usize,
    not_before_ms: u64,
}

impl Manner {
    fn read(text: &str) -> Result<Self, String> {
        let mut how = Self { times: 1, ..Self::default() };
        for part in text.split(", ").filter(|part| !part.is_empty()) {
            let unknown = || format!("nothing is sent or read {part:?}");
            let number = |text: &str| text.parse::<usize>().map_err(|_| unknown());
            match part {
                "one byte at a time" => how.byte_by_byte = true,
                "half" => how.is_half = true,
                "rest" => how.is_rest = true,
                "raw" => how.is_raw = true,
                "until" => how.is_until = true,
                "unread" => how.unread = true,
                _ => match part.split_once(' ') {
                    Some((count, "times")) => how.times = number(count)?,
                    Some((count, "clients")) => how.clients = number(count)?,
                    _ => {
                        let ms = part.strip_prefix("not before ").and_then(|it| it.strip_suffix(" ms"));
                        how.not_before_ms = number(ms.ok_or_else(unknown)?)? as u64;
                    }
                },
            }
        }
        Ok(how)
    }
}

/// Adds what a line expects to a step.
fn expect(step: &mut Step, line: &str) -> Result<(), String> {
    if let Some((index, element)) = element(line) {
        let element = pattern(element)?;
        if index == 1 {
            let what = Comes::Reply(Pattern::Array(vec![element]));
            step.expected.push(Expected { text: line.into(), what });
            return Ok(());
        }
        let Some(Expected { text, what: Comes::Reply(Pattern::Array(elements)) }) = step.expected.last_mut()
        else {
            return Err(format!("{line:?} follows no element"));
        };
        if elements.len() + 1 != index {
            return Err(format!("{line:?} is element {}", elements.len() + 1));
        }
        elements.push(element);
        text.push('\n');
        text.push_str(line);
        return Ok(());
    }
    let what = match line {
        "(waits)" => Comes::Nothing,
        "(closed)" => Comes::Close,
        _ => Comes::Reply(pattern(line)?),
    };
    step.expected.push(Expected { text: line.into(), what });
    Ok(())
}

/// The position and the value in `2) "b"`.
fn element(line: &str) -> Option<(usize, &str)> {
    let (index, value) = line.split_once(") ")?;
    Some((index.trim().parse().ok()?, value))
}

/// Which replies a line takes.
fn pattern(line: &str) -> Result<Pattern, String> {
    if let Some(text) = line.strip_prefix("(error) ") {
        let open = text.strip_suffix('…');
        return Ok(Pattern::Error(open.unwrap_or(text).into(), open.is_some()));
    }
    if let Some(number) = line.strip_prefix("(integer) ") {
        if let Some(named) = one(number)?.as_named() {
            return Ok(Pattern::NamedInteger(named.clone()));
        }
        let (first, last) = number.split_once("..").unwrap_or((number, number));
        let number = |text: &str| text.parse::<i64>().map_err(|_| format!("{text:?} is no number"));
        return Ok(Pattern::Integer(number(first)?..=number(last)?));
    }
    match line {
        "(nil)" => return Ok(Pattern::Nil),
        "(empty array)" => return Ok(Pattern::Array(Vec::new())),
        _ => {}
    }
    if line.starts_with(['"', '@', '{']) {
        return Ok(Pattern::Bytes(one(line)?));
    }
    match line.chars().all(|letter| letter.is_ascii_uppercase()) {
        true => Ok(Pattern::Status(line.into())),
        false => Err(format!("{line:?} is nothing that can be expected")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use pretty_assertions::assert_eq;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_transcript_can_be_read_and_says_what_it_is_about() {
        let all = all().unwrap();
        let mut names = BTreeSet::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let invariants: BTreeSet<String> =
            heapwood_course::invariants::read(&root).unwrap().into_iter().map(|it| it.id).collect();
        for it in &all {
            assert!(names.insert((it.stage, &it.name)), "{} stands twice in {}", it.name, it.file);
            assert!(it.about.ends_with('.') && !it.steps.is_empty(), "{}", it.name);
            assert!(it.stages.iter().all(|stage| (it.stage..=LAST_STAGE).contains(stage)), "{}", it.name);
            assert!(
                it.invariant.iter().all(|id| invariants.contains(id)),
                "{:?} of {}",
                it.invariant,
                it.name
            );
        }
        for stage in 1..=LAST_STAGE {
            assert!(all.iter().filter(|it| it.stage == stage).count() >= 8, "stage {stage}");
        }
    }

    #[test]
    fn lines_of_one_connection_are_one_piece_until_a_reply_stands_between() {
        let text = "== x\nabout: X.\n\na> A\na half> B\nOK\na rest>\nb> C\na> D\nOK\nOK\n";
        let steps = &read(1, "x", text).unwrap()[0].steps;
        let pieces: Vec<(usize, usize, usize)> =
            steps.iter().map(|it| (it.line, it.text.len(), it.expected.len())).collect();
        assert_eq!(pieces, [(4, 2, 1), (7, 1, 0), (8, 1, 0), (9, 1, 2)]);
    }

    #[test]
    fn what_is_wrong_in_a_file_is_said_with_its_line() {
        for (line, said) in [
            ("a sideways> GET @a", "x:4: nothing is sent or read \"sideways\""),
            ("a> GET \"a", "x:4: the quote before \"a\" is not closed"),
            ("(nil)", "x:4: nothing was sent before"),
            ("a>", "x:4: nothing is sent"),
        ] {
            let error = read(1, "x", &format!("== x\nabout: X.\n\n{line}\n")).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}

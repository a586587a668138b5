//! What a test found, as values and as text.

use super::play::Failure;
use super::script::{LAST_STAGE, Transcript};
use crate::paper;

/// Where a stage's notes stand.
const NOTES_COLUMN: usize = 42;

/// Where what was expected and what came stand.
const FIELD_COLUMN: usize = 16;

/// How many lines of what was sent before are shown.
const SHOWN_LINES: usize = 12;

/// How many columns of a line are shown.
const SHOWN_COLUMNS: usize = 66;

/// What a stage is called, and what its server does.
const STAGES: [(&str, &str); LAST_STAGE] = [
    (
        "sockets",
        "it answers commands in length-prefixed frames, however they are cut into pieces, and refuses what can be no \
         frame",
    ),
    ("the treap", "it keeps keys in order, and knows ranges, ranks and places: RANGE, RANK, AT"),
    ("the poll loop", "it serves many clients at once, and none of them waits for another"),
    ("the append-only file", "what it has acknowledged is there after kill -9"),
    (
        "keys that expire",
        "keys have deadlines, and are gone from then on: EXPIRE, TTL, PERSIST, SET with EX and PX",
    ),
    (
        "deques and a broker",
        "lists are cheap at both ends, and clients wait for their elements: LPUSH to BRPOP",
    ),
];

/// What a stage is called.
pub fn stage_name(stage: usize) -> &'static str {
    stage.checked_sub(1).and_then(|index| STAGES.get(index)).map_or("", |(name, _)| name)
}

/// What came of one transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was as it is written.
    Passed,
    /// It was not.
    Failed(Failure),
    /// It was not begun: says why.
    NotRun(String),
    /// It kills the server, which needs `--restart`.
    NeedsRestart,
}

/// A transcript, and what came of it.
#[derive(Clone, Debug)]
pub struct Played {
    /// The transcript.
    pub transcript: Transcript,
    /// What came of it.
    pub outcome: Outcome,
}

/// How a server stands with a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It has all of its behaviour that could be seen, and some of its own was seen.
    Reached,
    /// The same, but nothing of its own could be seen: the append-only file, without `--restart`.
    Unseen,
    /// Something is missing.
    Missing,
}

/// What a test found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The stage that was asked for; none: whichever the server has reached.
    pub asked: Option<usize>,
    /// Whether Redis's protocol was spoken, and only what Redis passes was held.
    pub is_resp: bool,
    /// Why no transcript was begun: the server gave no reply to a first request.
    pub no_reply: Option<String>,
    /// The transcripts, in order.
    pub played: Vec<Played>,
}

impl Report {
    /// What belongs to a stage's behaviour, its own and what is left of those before.
    fn required(&self, stage: usize) -> impl Iterator<Item = &Played> {
        self.played.iter().filter(move |it| it.transcript.stages.contains(&stage))
    }

    /// How the server stands with a stage.
    fn standing(&self, stage: usize) -> Standing {
        let own = || self.required(stage).filter(|it| it.transcript.stage == stage);
        let is_missing = |it: &Played| !matches!(it.outcome, Outcome::Passed | Outcome::NeedsRestart);
        if own().count() == 0 || self.required(stage).any(is_missing) {
            Standing::Missing
        } else if own().any(|it| it.outcome == Outcome::Passed) {
            Standing::Reached
        } else {
            Standing::Unseen
        }
    }

    /// The stages that were tested.
    fn stages(&self) -> std::ops::RangeInclusive<usize> {
        1..=self.asked.unwrap_or(LAST_STAGE)
    }

    /// The last stage whose behaviour the server has.
    pub fn reached(&self) -> Option<usize> {
        self.stages().rev().find(|stage| self.standing(*stage) == Standing::Reached)
    }

    /// The last stage beyond [`Report::reached`] of whose behaviour nothing is missing, but of which nothing could be seen
    /// either: the append-only file, without `--restart`.
    pub fn unseen(&self) -> Option<usize> {
        self.stages()
            .rev()
            .find(|stage| Some(*stage) > self.reached() && self.standing(*stage) == Standing::Unseen)
    }

    /// How many transcripts of a stage passed, and how many there are.
    pub fn count(&self, stage: usize) -> (usize, usize) {
        count(self.played.iter().filter(|it| it.transcript.stage == stage))
    }

    /// 0 where the stage that was asked for, or the last one, has been reached; 1 where it has not; 2 where it cannot be seen
    /// without `--restart`.
    pub fn exit_code(&self) -> u8 {
        match self.standing(self.asked.unwrap_or(LAST_STAGE)) {
            _ if self.no_reply.is_some() => 1,
            Standing::Reached => 0,
            Standing::Unseen => 2,
            Standing::Missing => 1,
        }
    }

    /// The first transcript that keeps the server from the stage that was asked for; where none was, from the one after
    /// the last that it has reached, and first of that stage's own.
    pub fn first_failed(&self) -> Option<&Played> {
        let next = self.unseen().max(self.reached()).map_or(1, |stage| stage + 1).min(LAST_STAGE);
        let of = |stage| self.required(stage).filter(|it| matches!(it.outcome, Outcome::Failed(_)));
        match self.asked {
            Some(asked) => of(asked).next(),
            None => of(next).find(|it| it.transcript.stage == next).or(of(next).next()),
        }
    }

    /// What a person reads: lines of 80 columns, in colour where the terminal of the standard output has any.
    pub fn text(&self) -> String {
        if let Some(why) = &self.no_reply {
            return self.no_reply_text(why);
        }
        let mut text = String::new();
        for stage in self.stages() {
            text.push_str(&self.line(stage));
        }
        text.push('\n');
        let not_run = self.played.iter().find_map(|it| match &it.outcome {
            Outcome::NotRun(why) => Some(why),
            _ => None,
        });
        match (self.first_failed(), not_run) {
            (Some(played), _) => text.push_str(&(failed(played) + "\n")),
            (None, Some(why)) => text.push_str(&paragraph(&format!("Some were not run: {why}."))),
            (None, None) => {}
        }
        text.push_str(&self.verdict());
        text
    }

    fn no_reply_text(&self, why: &str) -> String {
        let (other, advice) = match self.is_resp {
            true => ("Redis's protocol", "If it speaks Heapwood's frames, leave --resp out."),
            false => ("length-prefixed frames", "If it speaks Redis's protocol, add --resp."),
        };
        let asks = STAGES[0].1;
        let sent = format!("Sent was one request, GET of a key that it does not have, in {other}.");
        [
            marked(&paper::red("✘"), "The server takes connections, but does not answer."),
            paragraph(&sent),
            field("got", why),
            paragraph(advice),
            paragraph(&format!("Stage 1 ({}) asks for this: {asks}.", STAGES[0].0)),
        ]
        .concat()
    }

    /// One stage, one line.
    fn line(&self, stage: usize) -> String {
        let judged = self.unseen().max(self.reached()).map_or(stage, |reached| reached.max(stage));
        let of_stage = || self.played.iter().filter(move |it| it.transcript.stage == stage);
        let wanted = || of_stage().filter(move |it| it.transcript.stages.contains(&judged));
        let left_out = || of_stage().filter(move |it| !it.transcript.stages.contains(&judged));
        let unseen = wanted().filter(|it| it.outcome == Outcome::NeedsRestart).count();
        let (passed, all) = count(wanted());
        let mut notes = Vec::new();
        if unseen > 0 {
            notes.push(format!("{unseen} not tested (--restart)"));
        }
        let not_run = wanted().filter(|it| matches!(it.outcome, Outcome::NotRun(_))).count();
        if not_run > 0 {
            notes.push(format!("{not_run} not run"));
        }
        if left_out().count() > 0 {
            let (more, of) = count(left_out());
            notes.push(match more {
                0 => format!("stage {judged} leaves {of} out"),
                _ => format!("and {more} of {of} that stage {judged} leaves out"),
            });
        }
        if of_stage().count() == 0 {
            notes.push("nothing that Redis has".into());
        }
        let figures = match all {
            0 => "–".into(),
            _ => format!("{passed} of {all}"),
        };
        let figures = format!("{figures:>9}");
        let figures = match (passed + unseen == all, unseen > 0 || all == 0) {
            (true, false) => paper::green(&figures),
            (true, true) => figures,
            (false, _) => paper::red(&figures),
        };
        let name = STAGES[stage - 1].0;
        let notes = match notes.is_empty() {
            true => String::new(),
            false => {
                format!("   {}", paper::faint(&paper::cut(&notes.join(", "), paper::WIDTH - NOTES_COLUMN)))
            }
        };
        format!("stage {stage}  {name:<21}{figures}{notes}\n")
    }

    /// Which stage was reached, and what the next one asks for.
    fn verdict(&self) -> String {
        let named = |stage: usize| format!("stage {stage} ({})", stage_name(stage));
        let mut text = String::new();
        match self.reached() {
            Some(stage) => {
                let of = if self.is_resp { ", in what Redis has of it" } else { "" };
                let said = format!("This server has reached {}{of}: {}.", named(stage), STAGES[stage - 1].1);
                text.push_str(&marked(&paper::green("✔"), &said));
            }
            None if self.unseen().is_none() => {
                let said = format!("This server has not reached stage 1 ({}) yet.", STAGES[0].0);
                text.push_str(&marked(&paper::red("✘"), &said));
            }
            None => {}
        }
        let hidden = self.played.iter().any(|it| it.outcome == Outcome::NeedsRestart);
        if let Some(stage) = self.unseen() {
            let said = format!(
                "Of {} nothing is missing that can be seen from outside; whether {} was not tested.",
                named(stage),
                "what it has acknowledged is there after kill -9"
            );
            text.push_str(&marked(&paper::bold("?"), &said));
        }
        if hidden {
            text.push_str(&paragraph(
                "Not tested: what survives kill -9. That needs --restart 'COMMAND', where COMMAND starts the server on \
                 port {port} with its files in {dir}.",
            ));
        }
        let next = self.unseen().max(self.reached()).map_or(1, |stage| stage + 1);
        let next = if self.asked.is_some_and(|asked| asked < next) { LAST_STAGE + 1 } else { next };
        if next <= LAST_STAGE {
            let (name, asks) = STAGES[next - 1];
            text.push_str(&paragraph(&format!("Stage {next} ({name}) asks for this: {asks}.")));
        }
        text
    }
}

fn count<'a>(played: impl Iterator<Item = &'a Played>) -> (usize, usize) {
    played.fold((0, 0), |(passed, all), it| (passed + usize::from(it.outcome == Outcome::Passed), all + 1))
}

/// A transcript that failed, in plain words.
fn failed(played: &Played) -> String {
    let Outcome::Failed(failure) = &played.outcome else {
        return String::new();
    };
    let Transcript { stage, name, about, invariant, .. } = &played.transcript;
    let invariant = invariant.as_ref().map_or(String::new(), |id| format!(" ({id})"));
    let mut text =
        marked(&paper::red("✘"), &format!("{} of stage {stage}: {about}{invariant}", paper::bold(name)));
    text.push('\n');
    let hidden = failure.sent.len().saturating_sub(SHOWN_LINES);
    if hidden > 0 {
        text.push_str(&format!("    … ({hidden} more before)\n"));
    }
    for line in &failure.sent[hidden..] {
        text.push_str(&format!("    {}\n", paper::cut(line, SHOWN_COLUMNS)));
    }
    text.push_str(&field("expected", &failure.expected));
    text.push_str(&field("got", &failure.got));
    let keys = match failure.sent.iter().any(|line| line.contains('@')) {
        true => "; @ marks a key of this run alone",
        false => "",
    };
    text.push_str(&format!("  {}\n", paper::faint(&format!("{}{keys}", failure.place))));
    text
}

/// A name and what belongs to it, which may have several lines.
fn field(name: &str, value: &str) -> String {
    let mut text = String::new();
    for piece in value.lines().flat_map(|line| textwrap::wrap(line, paper::WIDTH - FIELD_COLUMN)) {
        let name = if text.is_empty() { name } else { "" };
        text.push_str(&format!("      {} {piece}\n", paper::bold(&format!("{name:<9}"))));
    }
    text
}

/// A paragraph behind a mark that stands in the margin.
fn marked(mark: &str, said: &str) -> String {
    format!("{mark} {}\n", paper::prose(said, 2).trim_start())
}

fn paragraph(text: &str) -> String {
    paper::prose(text, 2) + "\n"
}

//! `crash`: a log written by the stages' code, cut at every byte and with every bit flipped; which rounds a start loads from
//! each, and whether those are exactly the ones that may survive (L1, L2).
//!
//! What may survive is worked out here from the bytes of the whole log alone, and not by the code that is on trial.

use std::ops::Range;
use std::process::Command;

use heapwood_course::Course;

use crate::failure::{End, Ended, Failure};
use crate::paper::{bold, faint, green, red};
use crate::places::Places;
use crate::progress;
use crate::say;
use crate::yours::{Program, Yours, build_program};

/// The stage that has the log.
const STAGE: u32 = 4;

/// The program that writes and damages the log.
const PROGRAM: Program<'_> =
    Program { name: "crash-probe", stage: "aof", main: include_str!("crash/probe.rs") };

/// Runs every damage, with the learner's functions in the code or without, and draws what survives.
///
/// # Errors
/// Cargo cannot be run, or the program says something that cannot be understood.
pub fn crash(places: &Places, course: &Course, with_own: bool, rounds: u32) -> Ended {
    let Some(Yours { exe, parts }) = build_program(places, course, STAGE, with_own, &PROGRAM)? else {
        return Ok(End::Red);
    };
    let run = || Command::new(&exe).arg(rounds.to_string()).output();
    let output = progress::during("damaging the log in every way", run);
    let output = output.map_err(|error| format!("{}: {error}", exe.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (hex, lines) = text.split_once('\n').unwrap_or((&text, ""));
    let bytes = unhex(hex).filter(|bytes| !bytes.is_empty());
    let Some(bytes) = bytes.filter(|_| output.status.success()) else {
        say!("{} The log was not written, or the program ended:", red("✘"));
        crate::paper::print(format_args!("{}", String::from_utf8_lossy(&output.stderr)), false);
        return Ok(End::Red);
    };
    let log =
        Log::read(&bytes).map_err(|what| Failure(format!("the log that was written is none: {what}")))?;
    let trials = lines.lines().map(|line| Trial::read(line, &log)).collect::<Option<Vec<_>>>();
    let trials = trials.ok_or("the program printed something that cannot be understood")?;
    log.draw();
    let (cuts, flips): (Vec<&Trial>, Vec<&Trial>) = trials.iter().partition(|trial| trial.is_cut);
    say!("\n{}", bold(&format!("Cut at each of its {} bytes:", bytes.len())));
    draw(&log, &cuts, "cut at");
    say!("\n{}", bold(&format!("Each of its {} bits flipped:", flips.len())));
    draw(&log, &flips, "in byte");
    say!(
        "\n  {}",
        faint("█ loaded  ░ lost  refused: the server does not start, and the file stays as it is")
    );
    let wrong = trials.iter().filter(|trial| trial.expected != trial.got).count();
    let expected_trials = bytes.len() + 1 + 8 * bytes.len();
    if trials.len() != expected_trials {
        return Err(format!("{} trials ran; {expected_trials} should have", trials.len()).into());
    }
    match wrong {
        0 => {
            if with_own && parts == 0 {
                say!("\n  None of this code is yours yet: only what is green goes in.");
            }
            say!(
                "\n{}",
                green(&format!(
                    "✔ In {} of {} trials exactly what may survive does.",
                    trials.len(),
                    trials.len()
                ))
            );
            Ok(End::Green)
        }
        _ => {
            say!(
                "\n{}",
                red(&format!("✘ In {wrong} of {} trials something else survives than may.", trials.len()))
            );
            Ok(End::Red)
        }
    }
}

/// A round of the whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Round {
    bytes: Range<usize>,
    /// What its line says was on disk.
    synced: usize,
    /// The number that it sets, if any: a fresh log begins with an empty round.
    number: Option<u32>,
}

/// The whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Log {
    rounds: Vec<Round>,
}

impl Log {
    /// Takes a sound log apart, by the lengths that its lines say.
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let (mut rounds, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            let line = bytes[at..].split(|byte| *byte == b'\n').next().unwrap_or_default();
            let text = String::from_utf8_lossy(line).into_owned();
            let field = |name: &str| -> Result<usize, String> {
                let found = text.split(' ').find_map(|word| word.strip_prefix(name));
                found
                    .and_then(|value| value.parse().ok())
                    .ok_or_else(|| format!("at byte {at} no {name} is to be read"))
            };
            if !text.starts_with("#HW1 ") {
                return Err(format!("at byte {at} no line begins"));
            }
            if field("off=")? != at {
                return Err(format!("the line at byte {at} says that it stands elsewhere"));
            }
            let records = at + line.len() + 1;
            let end = records + field("len=")?;
            let content = bytes
                .get(records..end)
                .ok_or_else(|| format!("the round at byte {at} is longer than the file"))?;
            rounds.push(Round { bytes: at..end, synced: field("synced=")?, number: number(content) });
            at = end;
        }
        Ok(Self { rounds })
    }

    /// How many numbers there are.
    fn numbers(&self) -> u32 {
        self.rounds.iter().filter_map(|round| round.number).max().unwrap_or(0)
    }

    /// What may come of a file in which these bytes of the log are wrong or gone, and nothing behind `end` is there.
    fn outcome(&self, damage: Range<usize>, end: usize) -> Outcome {
        let is_whole = |round: &&Round| {
            round.bytes.end <= end && (round.bytes.end <= damage.start || round.bytes.start >= damage.end)
        };
        let whole: Vec<&Round> = self.rounds.iter().filter(is_whole).collect();
        let first = self.rounds.iter().find(|round| !is_whole(round) && round.bytes.start < end);
        let Some(first) = first else {
            return Outcome::Loaded(mask(whole.into_iter()));
        };
        let start = first.bytes.start;
        let synced = whole.iter().map(|round| round.synced).max().unwrap_or(0);
        // L2: what was on disk cannot be the tail of a crash; and the first round is on disk before the file has its name.
        match start < synced || (start == 0 && !whole.is_empty()) {
            true => Outcome::Refused,
            // L1: whole rounds, up to the damage.
            false => Outcome::Loaded(mask(whole.into_iter().filter(|round| round.bytes.end <= start))),
        }
    }

    fn draw(&self) {
        say!("{}\n", bold("The log, as it was written:"));
        say!("  {}", faint("round      bytes          its line says synced"));
        for round in &self.rounds {
            let name = round.number.map_or("empty".to_owned(), |number| format!("{number}"));
            say!(
                "  {name:<10} {:<14} {}",
                format!("{}..{}", round.bytes.start, round.bytes.end),
                round.synced
            );
        }
    }
}

/// The number that a round's records set: the second bulk string of the first record.
fn number(records: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(records);
    text.split("\r\n").nth(4)?.parse().ok()
}

fn mask<'a>(rounds: impl Iterator<Item = &'a Round>) -> u64 {
    rounds.filter_map(|round| round.number).fold(0, |mask, number| mask | 1 << number)
}

/// What a start makes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// A bit for each number.
    Loaded(u64),
    /// The start is refused.
    Refused,
    /// The code panicked.
    Panicked,
}

impl Outcome {
    fn drawn(self, numbers: u32) -> String {
        match self {
            Self::Refused => "refused".into(),
            Self::Panicked => "panic".into(),
            Self::Loaded(mask) => {
                (1..=numbers).map(|number| if mask >> number & 1 == 1 { '█' } else { '░' }).collect()
            }
        }
    }
}

/// A damage and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trial {
    is_cut: bool,
    /// The byte that is damaged, or the first that is gone.
    byte: usize,
    expected: Outcome,
    got: Outcome,
}

impl Trial {
    fn read(line: &str, log: &Log) -> Option<Self> {
        let mut words = line.split(' ');
        let (kind, place, got) = (words.next()?, words.next()?.parse::<usize>().ok()?, words.next()?);
        let got = match got {
            "refused" => Outcome::Refused,
            "panicked" => Outcome::Panicked,
            mask => Outcome::Loaded(mask.parse().ok()?),
        };
        let whole = log.rounds.last().map_or(0, |round| round.bytes.end);
        let (is_cut, byte, expected) = match kind {
            "cut" => (true, place, log.outcome(place..whole, place)),
            "flip" => (false, place / 8, log.outcome(place / 8..place / 8 + 1, whole)),
            _ => return None,
        };
        Some(Self { is_cut, byte, expected, got })
    }
}

/// Draws trials that follow each other and came to the same as one line.
fn draw(log: &Log, trials: &[&Trial], what: &str) {
    let numbers = log.numbers();
    let alike = |a: &&Trial, b: &&Trial| (a.expected, a.got) == (b.expected, b.got);
    for group in trials.chunk_by(alike) {
        let (first, last) = (group[0], group[group.len() - 1]);
        let place = match first.byte == last.byte {
            true => format!("{}", first.byte),
            false => format!("{} to {}", first.byte, last.byte),
        };
        let (mark, should) = match first.expected == first.got {
            true => (green("✔"), String::new()),
            false => (red("✘"), format!("  and should be: {}", first.expected.drawn(numbers))),
        };
        let line = format!("  {mark} {what} {place:<14} {:<9}{should}", first.got.drawn(numbers));
        say!("{}", line.trim_end());
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().as_bytes();
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log {
        let round = |bytes: Range<usize>, synced, number| Round { bytes, synced, number };
        Log {
            rounds: vec![
                round(0..10, 0, None),
                round(10..20, 10, Some(1)),
                round(20..30, 20, Some(2)),
                round(30..40, 20, Some(3)),
            ],
        }
    }

    #[test]
    fn a_cut_leaves_the_whole_rounds_before_it() {
        let cut = |at| log().outcome(at..40, at);
        assert_eq!(cut(40), Outcome::Loaded(0b1110));
        assert_eq!(cut(30), Outcome::Loaded(0b110));
        assert_eq!(cut(29), Outcome::Loaded(0b10));
        assert_eq!(cut(0), Outcome::Loaded(0));
        assert_eq!(cut(9), Outcome::Loaded(0));
    }

    #[test]
    fn damage_below_what_was_synced_or_to_the_first_round_is_refused_and_other_damage_is_a_tail() {
        let flip = |at| log().outcome(at..at + 1, 40);
        assert_eq!(flip(3), Outcome::Refused);
        assert_eq!(flip(13), Outcome::Refused);
        // The line of the third says only 20 was synced, and the second begins there.
        assert_eq!(flip(23), Outcome::Loaded(0b10));
        assert_eq!(flip(33), Outcome::Loaded(0b110));
    }
}

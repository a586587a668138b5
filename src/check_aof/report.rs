//! What `heapwood check-aof` says.

use std::fmt::Write;

use super::inspect::{Finding, Inspection, MAX_COUNTED_KEYS};
use super::repair::Repaired;

/// What is in the log, and what is wrong with it.
pub fn describe(found: &Inspection) -> String {
    let scan = &found.scan;
    let mut text = String::new();
    let kind = match found.foreign {
        true if found.is_no_log() => "no log of Heapwood, Redis or Valkey",
        true => "a plain log of Redis or Valkey",
        false => "a log of Heapwood",
    };
    let mut line = |parts: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{parts}");
    };
    line(format_args!("{}: {kind}, {} bytes", found.path.display(), grouped(scan.file_bytes)));
    if let (Some(first), Some(_)) = (scan.first, scan.last) {
        line(format_args!(
            "  rounds   {} valid, from {} to {}",
            grouped(scan.rounds),
            date(first.now_unix_ms),
            date(scan.now_unix_ms)
        ));
    }
    line(format_args!("  records  {}{}", grouped(found.records()), by_command(found)));
    let more = if found.keys >= MAX_COUNTED_KEYS { "more than " } else { "" };
    line(format_args!("  keys     {more}{} different", grouped(found.keys as u64)));
    if !found.foreign {
        let closed = if scan.is_closed() { "; it was closed by a clean shutdown" } else { "" };
        line(format_args!(
            "  synced   everything below offset {} was known to be on disk{closed}",
            grouped(scan.synced)
        ));
    }
    text + &judgement(found)
}

/// The counts by command, the most frequent first.
fn by_command(found: &Inspection) -> String {
    let mut counts: Vec<_> = found.commands.iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let counts: Vec<String> =
        counts.into_iter().map(|(name, count)| format!("{} {name}", grouped(*count))).collect();
    match counts.is_empty() {
        true => String::new(),
        false => format!(": {}", counts.join(", ")),
    }
}

fn judgement(found: &Inspection) -> String {
    let scan = &found.scan;
    match &found.finding {
        Finding::Sound => "sound".into(),
        Finding::Tail(offset) if found.foreign => format!(
            "cut short: the last command or transaction begins at offset {offset} and is not whole ({} bytes)",
            grouped(scan.file_bytes - offset)
        ),
        Finding::Tail(offset) => format!(
            "tail of a crash: from offset {offset} to the end {} bytes ({}) are not whole, or follow what is not; none of it was known to be on disk",
            grouped(scan.file_bytes - offset),
            counted(scan.rounds_in_tail(), "round")
        ),
        Finding::Damaged(_) => {
            let places = scan.damage.iter().map(|damage| {
                let bytes = grouped(damage.end - damage.start);
                let on_disk = scan.was_on_disk(damage.start);
                let known = if on_disk { "was known to be on disk" } else { "tail of a crash" };
                format!(
                    "damaged: offset {} to {}, {bytes} bytes, at least {}; {known}",
                    damage.start,
                    damage.end,
                    counted(damage.rounds, "round")
                )
            });
            places.collect::<Vec<_>>().join("\n")
        }
        Finding::BadCommand { problem, .. } if found.is_no_log() => {
            format!("its first bytes are no command: {problem}; a server refuses it")
        }
        Finding::BadCommand { offset, problem } => {
            format!("bad command: at offset {offset}: {problem}; a server refuses this log")
        }
    }
}

/// What a repair would keep and lose, and how to ask for it.
pub fn advise(found: &Inspection) -> String {
    let scan = &found.scan;
    let outcome = match &found.finding {
        Finding::Sound => return String::new(),
        _ if found.is_no_log() => {
            return String::from("There is nothing in it to keep, so --fix leaves it as it is.");
        }
        Finding::Tail(offset) => {
            let server = if found.foreign { "when it loads this file" } else { "at its next start" };
            format!(
                "A repair keeps the {} bytes before it and cuts the rest, as a server does {server}.",
                grouped(*offset)
            )
        }
        Finding::Damaged(_) => {
            let lost_bytes: u64 = scan.damage.iter().map(|damage| damage.end - damage.start).sum();
            let lost_rounds: u64 = scan.damage.iter().map(|damage| damage.rounds).sum();
            format!(
                "A repair keeps the {} around the damage, as far as their records can still be carried out, and loses {} bytes, at least {}.",
                counted(scan.rounds, "valid round"),
                grouped(lost_bytes),
                counted(lost_rounds, "round")
            )
        }
        Finding::BadCommand { offset, .. } if found.foreign => format!(
            "A repair keeps the {} bytes before it and cuts all that follows ({} bytes): see first whether that is what you want.",
            grouped(*offset),
            grouped(scan.file_bytes - offset)
        ),
        Finding::BadCommand { .. } => {
            "A repair keeps every record that can be carried out, and drops those that cannot.".into()
        }
    };
    format!(
        "{outcome}\nThe file as it is stays beside it as a backup. To repair it: heapwood check-aof {} --fix",
        found.path.display()
    )
}

/// What a repair did.
pub fn describe_repair(repaired: &Repaired) -> String {
    let mut text = format!("repaired; the file as it was is {}", repaired.backup.display());
    let mut lost = vec![format!("{} bytes", grouped(repaired.lost_bytes))];
    if repaired.lost_rounds > 0 {
        lost.push(format!("at least {}", counted(repaired.lost_rounds, "round")));
    }
    let _ = write!(text, "\nlost: {}", lost.join(", "));
    if let Some((records, first)) = &repaired.dropped {
        let _ = write!(
            text,
            "\ndropped: {} that could not be carried out without what is lost; the first: {first}",
            counted(*records, "record")
        );
    }
    text
}

/// `1 round`, `1,234 rounds`.
fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// 1234567 as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time for people, in UTC. Days to a date after Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms* (2013).
fn date(unix_ms: u64) -> String {
    let seconds = unix_ms / 1_000;
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn times_are_dates_in_utc() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_782_400_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(date(1_700_000_000_123), "2023-11-14 22:13:20 UTC");
        assert_eq!(date(u64::MAX).split(' ').next_back(), Some("UTC"));
    }
}

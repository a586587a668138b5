use heapwood_aof::Problem;
use heapwood_aof::round::RoundLine;
use heapwood_kit::given;

use super::subject::{Damage, Scan, sound_end};

/// A stretch of 100 bytes of a file.
#[derive(Clone, Copy)]
enum Stretch {
    /// A valid round whose line says that so much was synced.
    Round(u64),
    /// A round whose line can be read, and whose checksum is wrong.
    Broken,
    /// Bytes without a line.
    Bytes,
}
use Stretch::{Broken, Bytes, Round};

fn described(file: &[Stretch]) -> String {
    let what = |stretch: &Stretch| match stretch {
        Round(synced) => format!("a valid round (synced={synced})"),
        Broken => "damaged, a line can be read".into(),
        Bytes => "damaged, no line can be read".into(),
    };
    let stretch = |(at, it)| format!("{}-{} {}", at * 100, at * 100 + 100, what(it));
    let stretches: Vec<String> = file.iter().enumerate().map(stretch).collect();
    format!("a file of {} bytes: {}", file.len() * 100, stretches.join("; "))
}

fn scanned(file: &[Stretch]) -> Scan {
    let mut scan = Scan { file_bytes: file.len() as u64 * 100, begins_as_ours: true, ..Scan::default() };
    for (offset, stretch) in (0..).step_by(100).zip(file) {
        match stretch {
            Round(synced) => {
                // The clock was set back once: the second round's time is the latest.
                let now_unix_ms = if offset == 100 { 9_000 } else { 5_000 + offset };
                scan.add(RoundLine { id: 7, offset, len: 20, synced: *synced, now_unix_ms });
            }
            Broken => scan.add_damage(offset..offset + 100, true),
            Bytes => scan.add_damage(offset..offset + 100, false),
        }
    }
    scan
}

fn decided(scan: &Scan) -> String {
    match sound_end(scan) {
        Ok(end) if end == scan.file_bytes => "load all of it".into(),
        Ok(end) => format!("load up to {end}, cut the rest"),
        Err(Problem::Damaged { offset, synced }) => format!("refuse: damaged at {offset}, synced {synced}"),
        Err(problem) => format!("refuse: {problem:?}"),
    }
}

fn check(file: &[Stretch], expected: &str) {
    compare(described(file), expected, &scanned(file));
}

fn compare(given_in_words: String, expected: &str, scan: &Scan) {
    let got = decided(scan);
    given(given_in_words).holds(got == expected, expected, got);
}

/// Damage at or above the largest synced is the tail of a crash (L2).
pub fn a_torn_tail() {
    check(&[Round(0), Round(100), Round(200)], "load all of it");
    check(&[Round(0), Round(0), Bytes], "load up to 200, cut the rest");
    check(&[Round(0), Round(100), Broken], "load up to 200, cut the rest");
    // All that was synced ends where the damage begins.
    check(&[Round(0), Broken, Round(100)], "load up to 100, cut the rest");
    check(&[Round(0), Round(100), Broken, Round(0), Bytes], "load up to 200, cut the rest");
}

/// What counts is where the damage begins, and not where there is more of it.
pub fn damage_in_two_places() {
    check(&[Round(0), Bytes, Round(200), Bytes], "refuse: damaged at 100, synced 200");
    check(&[Round(0), Broken, Round(0), Bytes, Round(0)], "load up to 100, cut the rest");
}

/// A valid line behind the damage says as much as one in front of it (L2).
pub fn a_witness_behind_the_damage() {
    check(&[Round(0), Round(0), Broken, Round(300)], "refuse: damaged at 200, synced 300");
    check(&[Round(0), Bytes, Bytes, Round(300), Round(0)], "refuse: damaged at 100, synced 300");
    check(&[Round(0), Round(0), Broken, Round(300), Round(100)], "refuse: damaged at 200, synced 300");
}

/// Where any line is valid, there was a first round, which was on disk before the file had its name: damage to it refuses the
/// start (L2).
pub fn the_first_round() {
    check(&[Bytes, Round(0)], "refuse: damaged at 0, synced 0");
    check(&[Broken, Round(100), Bytes], "refuse: damaged at 0, synced 100");
}

/// Where no line is valid, nobody says that anything was ever on disk: all of it is the tail of a crash (L2).
pub fn no_valid_line() {
    for file in [&[Bytes][..], &[Broken, Bytes]] {
        let given_in_words = format!("{}; it begins as ours", described(file));
        compare(given_in_words, "load up to 0, cut the rest", &scanned(file));
    }
}

/// A file without a valid round that does not begin as ours is not touched.
pub fn not_ours() {
    for (file, expected) in [
        (&[Bytes, Bytes][..], "refuse: Foreign"),
        (&[], "refuse: Foreign"),
        (&[Bytes, Round(0)], "refuse: damaged at 0, synced 0"),
    ] {
        let scan = Scan { begins_as_ours: false, ..scanned(file) };
        compare(format!("{}; it does not begin as ours", described(file)), expected, &scan);
    }
}

/// A file of two damaged places, each of several stretches that touch.
const MUCH: [Stretch; 8] = [Round(0), Round(0), Broken, Bytes, Broken, Round(200), Bytes, Broken];

/// Stretches that touch are one damage, of as many rounds as can be told.
pub fn stretches_that_touch() {
    let show = |it: &Damage| format!("{}-{} of {} rounds", it.start, it.end, it.rounds);
    let damage: Vec<String> = scanned(&MUCH).damage.iter().map(show).collect();
    let (expected, got) = ("200-500 of 2 rounds, 600-800 of 2 rounds", damage.join(", "));
    given(described(&MUCH)).holds(got == expected, format!("damage: {expected}"), format!("damage: {got}"));
}

/// `add` counts the valid rounds and keeps the largest of what their lines say.
pub fn the_figures() {
    let Scan { rounds, rounds_before_damage, synced, now_unix_ms, first, last, .. } = scanned(&MUCH);
    let [first, last] = [first, last].map(|line| line.map(|line| line.offset));
    let given = given(format!("{}; the valid rounds' times are 5000, 9000, 5500", described(&MUCH)));
    given.expect(("rounds", 3), ("rounds", rounds));
    given.expect(("rounds_before_damage", 2), ("rounds_before_damage", rounds_before_damage));
    given.expect(("synced", 200), ("synced", synced));
    given.expect(("now_unix_ms", 9_000), ("now_unix_ms", now_unix_ms));
    given.expect(("first line at", Some(0)), ("first line at", first));
    given.expect(("last line at", Some(500)), ("last line at", last));
}

use heapwood_aof::Problem;
use heapwood_aof::round::RoundLine;
use heapwood_kit::given;

use super::subject::{Scan, sound_end};

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
    let stretch = |(at, stretch): (usize, &Stretch)| match stretch {
        Round(synced) => format!("at {} a valid round with synced={synced}", at * 100),
        Broken => format!("at {} a line with a wrong checksum", at * 100),
        Bytes => format!("at {} damaged bytes", at * 100),
    };
    let stretches: Vec<String> = file.iter().enumerate().map(stretch).collect();
    format!("a file of {} bytes: {}", file.len() * 100, stretches.join(", "))
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
    given(described(file)).expect(expected, decided(&scanned(file)));
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
}

/// The first round was on disk before the file had its name: damage to it refuses the start (L2).
pub fn the_first_round() {
    check(&[Bytes, Round(0)], "refuse: damaged at 0, synced 0");
    check(&[Broken, Round(100), Bytes], "refuse: damaged at 0, synced 100");
    // Nothing is valid, and nobody says that it ever was.
    check(&[Bytes], "load up to 0, cut the rest");
}

/// A file without a valid round that does not begin as ours is not touched.
pub fn not_ours() {
    for (file, expected) in [
        (&[Bytes, Bytes][..], "refuse: Foreign"),
        (&[], "refuse: Foreign"),
        (&[Bytes, Round(0)], "refuse: damaged at 0, synced 0"),
    ] {
        let scan = Scan { begins_as_ours: false, ..scanned(file) };
        given(format!("{}, which does not begin as ours", described(file))).expect(expected, decided(&scan));
    }
}

/// Stretches that touch are one damage, and the figures count what they say.
pub fn what_is_counted() {
    let file = [Round(0), Round(0), Broken, Bytes, Broken, Round(200), Bytes, Broken];
    let scan = scanned(&file);
    let given = given(described(&file));
    let damage: Vec<String> =
        scan.damage.iter().map(|it| format!("{} to {}: {} rounds", it.start, it.end, it.rounds)).collect();
    given.expect(["200 to 500: 2 rounds", "600 to 800: 2 rounds"], damage.as_slice());
    let figures = [
        ("rounds", scan.rounds),
        ("rounds_before_damage", scan.rounds_before_damage),
        ("synced", scan.synced),
        ("now_unix_ms", scan.now_unix_ms),
    ];
    let expected = [("rounds", 3), ("rounds_before_damage", 2), ("synced", 200), ("now_unix_ms", 9_000)];
    given.expect(expected, figures);
    let offset = |line: Option<RoundLine>| line.map(|line| line.offset);
    given.expect(
        [("first", Some(0)), ("last", Some(500))],
        [("first", offset(scan.first)), ("last", offset(scan.last))],
    );
}

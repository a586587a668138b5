use heapwood_kit::{Random, given};

use super::subject::SlewedClock;

/// Reads a clock at some moments: what the wall clock and the monotonic one say.
fn readings(clock: &mut SlewedClock, moments: &[(u64, u64)]) -> Vec<u64> {
    moments.iter().map(|&(wall_ms, mono_ms)| clock.read(wall_ms, mono_ms)).collect()
}

/// While the wall clock goes forward, each reading is the wall clock's, also after a jump ahead.
pub fn follows_the_wall_clock() {
    let mut clock = SlewedClock::new(0, 1000, 0);
    given("the wall clock at 1000, 1010, 1013 and, set forward, 9000; the monotonic one at 0, 10, 13 and 14")
        .expect(vec![1010, 1013, 9000], readings(&mut clock, &[(1010, 10), (1013, 13), (9000, 14)]));
}

/// When the wall clock is set back, the readings do not go back (E2).
pub fn never_goes_back() {
    let mut clock = SlewedClock::new(0, 1000, 0);
    let got = readings(&mut clock, &[(1010, 10), (500, 10), (500, 10)]);
    given("the wall clock at 1010, then set back to 500; no time passes on the monotonic clock")
        .expect(vec![1010, 1010, 1010], got);
}

/// While the wall clock is behind, time goes on at half the pace.
pub fn half_the_pace() {
    let mut clock = SlewedClock::new(0, 1000, 0);
    given("the wall clock at 1000, then set back to 500; readings after 100, 300 and 304 ms")
        .expect(vec![1050, 1150, 1152], readings(&mut clock, &[(600, 100), (800, 300), (804, 304)]));
}

/// Readings that are a millisecond apart lose nothing: two of them make a millisecond.
pub fn many_short_steps() {
    let mut clock = SlewedClock::new(0, 1000, 0);
    let moments: Vec<(u64, u64)> = (1..=6).map(|step| (500 + step, step)).collect();
    given("the wall clock at 1000, then set back to 500; a reading after each of six milliseconds")
        .expect(vec![1000, 1001, 1001, 1002, 1002, 1003], readings(&mut clock, &moments));
}

/// Once the wall clock has caught up, it is followed again, from that millisecond on.
pub fn catches_up() {
    let mut clock = SlewedClock::new(0, 1000, 0);
    let moments = [(960, 10), (990, 40), (1040, 90), (1100, 150)];
    given("the wall clock at 1000, then set back by 50 ms; readings after 10, 40, 90 and 150 ms")
        .expect(vec![1005, 1020, 1045, 1100], readings(&mut clock, &moments));
    let mut clock = SlewedClock::new(0, 1000, 0);
    given("the wall clock at 1000; at 1004 after 9 ms, set back to 990 after 10 ms, at 991 after 11 ms")
        .expect(vec![1004, 1004, 1005], readings(&mut clock, &[(1004, 9), (990, 10), (991, 11)]));
}

/// After a restart the clock begins at the later of the wall clock and the floor, and goes on from there (E2).
pub fn after_a_restart() {
    let mut clock = SlewedClock::new(5000, 1000, 70);
    given("a log that ends at 5000, the wall clock at 1000; readings at once and after 10 ms")
        .expect(vec![5000, 5005], readings(&mut clock, &[(1000, 70), (1010, 80)]));
    let mut clock = SlewedClock::new(5000, 6000, 70);
    given("a log that ends at 5000, the wall clock at 6000; a reading at once")
        .expect(vec![6000], readings(&mut clock, &[(6000, 70)]));
}

/// How long to wait: the plain difference while the wall clock is right, twice as much while it is far behind, and no more
/// than the wall clock itself needs.
pub fn how_long_to_wait() {
    let mut clock = SlewedClock::new(0, 1000, 0);
    let right = given("the wall clock at 1000; deadlines at 900, 1000 and 1300");
    right.expect([0, 0, 300], [900, 1000, 1300].map(|deadline_ms| clock.wait_ms(deadline_ms)));
    clock.read(400, 1);
    clock.read(402, 3);
    let behind = given(
        "the wall clock at 1000, then set back; after 3 ms it is at 402, and the reading is 1001, a millisecond left over; deadlines at 1002, 1100, 1800 and i64::MAX",
    );
    let deadlines = [1002, 1100, 1800, i64::MAX as u64];
    let expected = [1, 197, 1398, i64::MAX as u64 - 402];
    behind.expect(expected, deadlines.map(|deadline_ms| clock.wait_ms(deadline_ms)));
}

/// After the wait the deadline has come, and a millisecond earlier it had not.
pub fn not_too_short_not_too_long() {
    let mut random = Random::new(5);
    for _ in 0..200 {
        let mut clock = SlewedClock::new(0, 1000, 0);
        let (back_ms, steps) = (random.below(60) as u64, random.below(40) as u64);
        let (mut wall_ms, mut mono_ms) = (1000 - back_ms, 0);
        let mut reading = clock.read(wall_ms, mono_ms);
        for _ in 0..steps {
            let step_ms = random.below(3) as u64;
            (wall_ms, mono_ms) = (wall_ms + step_ms, mono_ms + step_ms);
            reading = clock.read(wall_ms, mono_ms);
        }
        let deadline_ms = reading + 1 + random.below(50) as u64;
        let wait_ms = clock.wait_ms(deadline_ms);
        let given = given(format!(
            "the wall clock at 1000, set back by {back_ms} ms and read for {mono_ms} ms: it is at {wall_ms}, the reading is {reading}; the deadline {deadline_ms}"
        ));
        given.holds(wait_ms > 0, "a wait of a millisecond or more", "no wait, before the deadline");
        let early = clock.clone().read(wall_ms + wait_ms - 1, mono_ms + wait_ms - 1);
        given.holds(
            early < deadline_ms,
            format!("a reading before {deadline_ms}, a millisecond before the wait of {wait_ms} is over"),
            format!("{early}: the wait is too long"),
        );
        let late = clock.read(wall_ms + wait_ms, mono_ms + wait_ms);
        given.holds(
            late >= deadline_ms,
            format!("a reading of {deadline_ms} or more after the wait of {wait_ms}"),
            format!("{late}: the wait is too short"),
        );
    }
}

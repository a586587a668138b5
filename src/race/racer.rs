//! The racer: a thread a way asks for quotes at a set rate while somebody looks.
//!
//! Each way has one query under way at a time. What is recorded is that query's own time, as for any other caller;
//! a query that starts late because the one before took long is not counted as slow.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rand::Rng;

use super::answers::Via;
use super::choice::Choice;
use super::figures::{Ending, WINDOW_S};
use super::locked;
use super::market::SplitMix64;
use super::shared::{Shared, unix_ms};
use super::status::{Controls, RaceSnapshot};
use super::verdict::verdict;

/// The race runs on for so long after somebody looked.
const LINGER: Duration = Duration::from_secs(10);

/// How often a resting racer looks whether to run, unless the bell wakes it.
const REST: Duration = Duration::from_millis(200);

/// Pause after a failed query: an engine that is away is not asked in a circle.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// A racer that is further behind its rate than this lets the rest go.
const MOST_BEHIND: Duration = Duration::from_millis(500);

/// Runs one way until the race stops.
pub(crate) fn run(shared: &Shared, via: Via) {
    let mut rng = SplitMix64(via.index() as u64);
    let mut choice = None;
    let mut due = Instant::now();
    while !shared.stop.is_wished() {
        let controls = *locked(&shared.controls);
        let races = controls.running && shared.is_watched(LINGER);
        let now = Instant::now();
        if !races || shared.unavailable(via).is_some() {
            shared.stop.wait(REST);
            due = now;
            continue;
        }
        if now < due {
            shared.stop.wait(due - now);
            continue;
        }
        let choice = choice_for(&mut choice, &controls);
        let symbol = &shared.symbols[choice.next(&mut rng)];
        due = next_due(due, now, controls.rate, &mut rng);
        if !query(shared, symbol, via) {
            due = due.max(Instant::now() + ERROR_PAUSE);
        }
    }
}

fn choice_for<'a>(choice: &'a mut Option<Choice>, controls: &Controls) -> &'a Choice {
    let (symbols, distribution) = (controls.symbols, controls.distribution);
    if !choice.as_ref().is_some_and(|choice| choice.fits(symbols, distribution)) {
        *choice = None;
    }
    choice.get_or_insert_with(|| Choice::new(symbols, distribution))
}

/// Intervals vary by half around their mean, so that the four ways do not march in step and meet every time.
fn next_due(due: Instant, now: Instant, rate: u32, rng: &mut impl Rng) -> Instant {
    if rate == 0 {
        return now;
    }
    let interval = Duration::from_secs(1) / rate;
    let due = if now.duration_since(due) > MOST_BEHIND { now } else { due };
    due + interval.mul_f64(rng.random_range(0.5..1.5))
}

fn query(shared: &Shared, symbol: &str, via: Via) -> bool {
    let outcome = shared.quote(symbol, via);
    let ending = match &outcome {
        Ok(answer) => Ending::Answered { latency_ns: (answer.latency_us * 1000.0) as u64, hit: answer.hit },
        Err(_) => Ending::Failed,
    };
    let mut figures = locked(&shared.figures[via.index()]);
    figures.record(ending, shared.now_ms(), unix_ms(), || shared.sequence.fetch_add(1, Ordering::SeqCst) + 1);
    outcome.is_ok()
}

/// Controls, figures, verdict, and samples after `since`.
pub(crate) fn snapshot(shared: &Shared, since: u64) -> RaceSnapshot {
    // Read before the samples: whoever took a number up to this one did so under a lock that is taken below.
    let sequence = shared.sequence.load(Ordering::SeqCst);
    // A number from before a restart of this server would hide everything until it was reached again.
    let since = if since > sequence { 0 } else { since };
    let ways = Via::ALL.map(|via| {
        let mut way = locked(&shared.figures[via.index()]).look(shared.now_ms(), since, sequence);
        way.unavailable = shared.unavailable(via);
        way
    });
    RaceSnapshot {
        controls: *locked(&shared.controls),
        window_s: WINDOW_S,
        sequence,
        verdict: verdict(&ways),
        ways: ways.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_on_average() {
        let start = Instant::now();
        let (mut due, mut rng) = (start, SplitMix64(1));
        for _ in 0..10_000 {
            due = next_due(due, due, 1_000, &mut rng);
        }
        let took = (due - start).as_secs_f64();
        assert!((9.8..10.2).contains(&took), "{took}");
    }

    #[test]
    fn who_is_far_behind_does_not_catch_up_in_a_burst() {
        let due = Instant::now();
        let now = due + Duration::from_secs(60);
        assert!(next_due(due, now, 100, &mut SplitMix64(1)) > now);
        assert_eq!(next_due(due, now, 0, &mut SplitMix64(1)), now);
    }
}

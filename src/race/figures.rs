//! One way's figures over the last seconds: a ring of histograms, one a second, and some samples for the chart.

use std::collections::VecDeque;

use hdrhistogram::Histogram;

use super::answers::Via;
use super::status::{Sample, WayFigures};

/// Seconds that figures cover: the one that runs and those before it, so between 9 and 10.
pub(crate) const WINDOW_S: u64 = 10;

/// Longest latency told apart from longer ones: a minute, far beyond every time-out.
const MAX_LATENCY_NS: u64 = 60_000_000_000;

/// Two significant digits: within 1 %, in about 30 kB a second and way.
const DIGITS: u8 = 2;

/// Samples are a picture: the first query of every so many milliseconds is one.
const SAMPLE_EVERY_MS: u64 = 5;

/// Samples kept: the whole window of them.
const MAX_KEPT_SAMPLES: usize = (WINDOW_S * 1000 / SAMPLE_EVERY_MS) as usize;

/// Samples in one answer.
const MAX_SAMPLES: usize = 300;

/// What one query came to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    Answered { latency_ns: u64, hit: Option<bool> },
    Failed,
}

/// The figures of one way.
pub(crate) struct Figures {
    via: Via,
    seconds: Vec<Second>,
    samples: VecDeque<(u64, Sample)>,
    last_sample_ms: Option<u64>,
}

/// What happened in one second since the race began.
struct Second {
    number: u64,
    first_ms: u64,
    latencies_ns: Histogram<u32>,
    hits: u64,
    misses: u64,
    errors: u64,
}

impl Figures {
    pub(crate) fn new(via: Via) -> Self {
        Figures {
            via,
            seconds: (0..WINDOW_S).map(|_| Second::new()).collect(),
            samples: VecDeque::new(),
            last_sample_ms: None,
        }
    }

    /// Records a query that ended at `now_ms` (since the race began; `unix_ms` by the wall). `next_sequence` is
    /// asked for a number if this one becomes a sample.
    pub(crate) fn record(
        &mut self,
        ending: Ending,
        now_ms: u64,
        unix_ms: u64,
        next_sequence: impl FnOnce() -> u64,
    ) {
        let number = now_ms / 1000;
        let second = &mut self.seconds[(number % WINDOW_S) as usize];
        if second.number != number || second.is_empty() {
            second.begin(number, now_ms);
        }
        let Ending::Answered { latency_ns, hit } = ending else {
            second.errors += 1;
            return;
        };
        second.latencies_ns.saturating_record(latency_ns);
        match hit {
            Some(true) => second.hits += 1,
            Some(false) => second.misses += 1,
            None => {}
        }
        if self.last_sample_ms.is_none_or(|last| now_ms >= last + SAMPLE_EVERY_MS) {
            self.last_sample_ms = Some(now_ms);
            if self.samples.len() == MAX_KEPT_SAMPLES {
                self.samples.pop_front();
            }
            let latency_us = latency_ns as f64 / 1000.0;
            let sample = Sample { unix_ms, latency_us, hit };
            self.samples.push_back((next_sequence(), sample));
        }
    }

    /// The figures at `now_ms`, with the newest samples in `(since, up_to]`.
    pub(crate) fn look(&self, now_ms: u64, since: u64, up_to: u64) -> WayFigures {
        let oldest = (now_ms / 1000 + 1).saturating_sub(WINDOW_S);
        let mut all = latencies();
        let (mut hits, mut misses, mut errors, mut first_ms) = (0, 0, 0, now_ms);
        let counted = |second: &&Second| second.number >= oldest && !second.is_empty();
        for second in self.seconds.iter().filter(counted) {
            // The same bounds on both sides: there is always room.
            let _ = all.add(&second.latencies_ns);
            hits += second.hits;
            misses += second.misses;
            errors += second.errors;
            first_ms = first_ms.min(second.first_ms);
        }
        let us = |ns: u64| ns as f64 / 1000.0;
        let percentiles = || [0.5, 0.95, 0.99, 1.0].map(|quantile| us(all.value_at_quantile(quantile)));
        // Less than a second is no base for a rate.
        let covered_ms = (now_ms - first_ms).max(1000);
        WayFigures {
            via: self.via,
            unavailable: None,
            count: all.len(),
            per_second: all.len() as f64 * 1000.0 / covered_ms as f64,
            percentiles_us: (!all.is_empty()).then(percentiles),
            hits,
            misses,
            errors,
            samples: self.samples_between(since, up_to),
        }
    }

    fn samples_between(&self, since: u64, up_to: u64) -> Vec<Sample> {
        let begin = self.samples.partition_point(|&(sequence, _)| sequence <= since);
        let end = self.samples.partition_point(|&(sequence, _)| sequence <= up_to);
        let begin = begin.max(end.saturating_sub(MAX_SAMPLES)).min(end);
        self.samples.range(begin..end).map(|&(_, sample)| sample).collect()
    }
}

impl Second {
    fn new() -> Self {
        Second { number: 0, first_ms: 0, latencies_ns: latencies(), hits: 0, misses: 0, errors: 0 }
    }

    fn is_empty(&self) -> bool {
        self.latencies_ns.is_empty() && self.errors == 0
    }

    fn begin(&mut self, number: u64, now_ms: u64) {
        self.latencies_ns.reset();
        (self.number, self.first_ms) = (number, now_ms);
        (self.hits, self.misses, self.errors) = (0, 0, 0);
    }
}

fn latencies() -> Histogram<u32> {
    Histogram::new_with_bounds(1, MAX_LATENCY_NS, DIGITS)
        .expect("bounds and digits are constants that the crate accepts")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answered(us: u64, hit: Option<bool>) -> Ending {
        Ending::Answered { latency_ns: us * 1000, hit }
    }

    /// A query every 10 ms from `from_ms` on, `count` of them, sample numbers from 1.
    fn filled(from_ms: u64, count: u64) -> Figures {
        let mut figures = Figures::new(Via::Memory);
        for i in 0..count {
            let now_ms = from_ms + i * 10;
            figures.record(answered(i + 1, Some(i % 4 != 0)), now_ms, now_ms, || i + 1);
        }
        figures
    }

    #[test]
    fn percentiles_are_within_one_percent() {
        let figures = filled(0, 1000).look(9_995, 0, u64::MAX);
        assert_eq!(figures.count, 1000);
        assert_eq!((figures.hits, figures.misses), (750, 250));
        let percentiles = figures.percentiles_us.unwrap();
        for (found, exact) in percentiles.into_iter().zip([500.0, 950.0, 990.0, 1000.0]) {
            assert!((found / exact - 1.0).abs() < 0.01, "{found} for {exact}");
        }
        assert!((figures.per_second - 100.0).abs() < 1.0, "{figures:?}");
    }

    #[test]
    fn what_is_older_than_the_window_no_longer_counts() {
        let figures = filled(0, 200);
        assert_eq!(figures.look(2_000, 0, 0).count, 200);
        assert_eq!(figures.look(10_500, 0, 0).count, 100);
        assert_eq!(figures.look(60_000, 0, 0).count, 0);
        assert_eq!(figures.look(60_000, 0, 0).percentiles_us, None);
    }

    #[test]
    fn a_second_of_the_ring_is_used_again_without_its_past() {
        let mut figures = filled(0, 100);
        figures.record(Ending::Failed, 10_000, 10_000, || 0);
        let look = figures.look(10_001, 0, 0);
        assert_eq!((look.count, look.errors), (0, 1));
    }

    #[test]
    fn samples_come_once_in_order_and_the_newest_when_there_are_many() {
        let figures = filled(0, 1000);
        let newest = figures.look(9_995, 0, 1000).samples;
        assert_eq!(newest.len(), MAX_SAMPLES);
        assert_eq!(newest.last().unwrap().latency_us, 1000.0);
        let some = figures.look(9_995, 990, 995).samples;
        let latencies: Vec<f64> = some.iter().map(|sample| sample.latency_us).collect();
        assert_eq!(latencies, [991.0, 992.0, 993.0, 994.0, 995.0]);
        assert_eq!(figures.look(9_995, 1000, 1000).samples, []);
        assert_eq!(figures.look(9_995, u64::MAX, 3).samples, []);
    }

    #[test]
    fn many_queries_in_a_moment_are_one_sample() {
        let mut figures = Figures::new(Via::Memory);
        for i in 0..1000 {
            figures.record(answered(i, None), 7, 7, || i + 1);
        }
        assert_eq!(figures.look(8, 0, u64::MAX).samples.len(), 1);
        assert_eq!(figures.look(8, 0, u64::MAX).count, 1000);
    }
}

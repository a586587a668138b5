//! Which ticker the racer asks for next.

use rand::Rng;

use super::status::Distribution;

/// Chooses positions among the first `symbols` tickers.
pub(crate) struct Choice {
    symbols: u32,
    distribution: Distribution,
    /// For the skewed choice: the share of the first k + 1 positions.
    shares: Vec<f64>,
}

impl Choice {
    /// Costs O(symbols) when skewed.
    pub(crate) fn new(symbols: u32, distribution: Distribution) -> Self {
        let weights = (1..=symbols).scan(0.0, |sum, rank| {
            *sum += 1.0 / f64::from(rank);
            Some(*sum)
        });
        Choice {
            symbols,
            distribution,
            shares: match distribution {
                Distribution::Uniform => Vec::new(),
                Distribution::Skewed => weights.collect(),
            },
        }
    }

    /// Whether it was made for these.
    pub(crate) fn fits(&self, symbols: u32, distribution: Distribution) -> bool {
        (self.symbols, self.distribution) == (symbols, distribution)
    }

    /// A position below `symbols`. Skewed: by Zipf's law, the first the most often; O(log symbols).
    pub(crate) fn next(&self, rng: &mut impl Rng) -> usize {
        match self.shares.last() {
            None => rng.random_range(0..self.symbols.max(1)) as usize,
            Some(&all) => {
                let point = rng.random_range(0.0..all);
                self.shares.partition_point(|&share| share <= point)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::market::SplitMix64;
    use super::*;

    fn counts(distribution: Distribution) -> Vec<u32> {
        let (choice, mut rng) = (Choice::new(10, distribution), SplitMix64(7));
        let mut counts = vec![0; 10];
        for _ in 0..10_000 {
            counts[choice.next(&mut rng)] += 1;
        }
        counts
    }

    #[test]
    fn uniform_asks_for_each_about_as_often() {
        assert!(counts(Distribution::Uniform).iter().all(|count| (850..1150).contains(count)));
    }

    #[test]
    fn skewed_asks_for_the_first_about_twice_as_often_as_for_the_second() {
        let counts = counts(Distribution::Skewed);
        let ratio = f64::from(counts[0]) / f64::from(counts[1]);
        assert!((1.8..2.2).contains(&ratio), "{counts:?}");
        assert!(counts[9] > 200, "{counts:?}");
    }
}

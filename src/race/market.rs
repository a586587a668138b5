//! The invented market: tickers, trading days and prices, the same on every machine.
//!
//! Nothing here is a real quotation. Tickers are three to five consonants, so they spell nothing;
//! should one be listed somewhere, that is chance.

use std::collections::BTreeSet;

use rand::{Rng, RngCore};

/// The seed of everything invented: another one is another market.
pub(crate) const MARKET_SEED: u64 = 0x6865_6170_776f_6f64;

/// The last trading day of the invented past, 2026-10-30, as days since 1970-01-01. Fixed, so that two machines
/// hold the same bars; today's bar is the market simulator's.
pub(crate) const LAST_DAY: i64 = 20_756;

/// Most tickers one can ask for: far fewer than there are names for.
pub(crate) const MAX_SYMBOLS: u32 = 2_000;

/// Vowels would spell words; some consonants are left out because they nearly do.
const LETTERS: &[u8] = b"BCDGHJLMNPQRSTVWXZ";

/// Prices stay between 1.00 and 10,000.00, so that a ticker neither dies nor needs another column width.
const CENTS: std::ops::RangeInclusive<i64> = 100..=1_000_000;

/// A day's usual swing: the standard deviation of its logarithmic change is drawn between these.
const DAILY_SWING: std::ops::Range<f64> = 0.006..0.03;

/// One trading day of one ticker as it is stored: prices in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredBar {
    /// Days since 1970-01-01.
    pub(crate) day: i64,
    /// First price.
    pub(crate) open: i64,
    /// Highest price.
    pub(crate) high: i64,
    /// Lowest price.
    pub(crate) low: i64,
    /// Last price.
    pub(crate) close: i64,
    /// Shares traded.
    pub(crate) volume: i64,
}

/// SplitMix64 (Steele, Lea, Flood 2014): eight lines, the same numbers on every platform and with every version of
/// `rand`, whose own small generators promise neither.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(pub(crate) u64);

impl RngCore for SplitMix64 {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// The first `count` tickers that [`MARKET_SEED`] gives, in alphabetical order; at most [`MAX_SYMBOLS`].
pub(crate) fn tickers(count: u32) -> Vec<String> {
    let mut rng = SplitMix64(MARKET_SEED);
    let mut chosen = BTreeSet::new();
    while chosen.len() < count.min(MAX_SYMBOLS) as usize {
        chosen.insert(ticker(&mut rng));
    }
    chosen.into_iter().collect()
}

fn ticker(rng: &mut SplitMix64) -> String {
    let length = rng.random_range(3..=5);
    let mut letters = LETTERS.to_vec();
    (0..length).map(|_| char::from(letters.swap_remove(rng.random_range(0..letters.len())))).collect()
}

/// `count` weekdays up to and with [`LAST_DAY`], oldest first.
pub(crate) fn trading_days(count: u32) -> Vec<i64> {
    let mut days: Vec<i64> =
        (0..).map(|back| LAST_DAY - back).filter(|&day| is_weekday(day)).take(count as usize).collect();
    days.reverse();
    days
}

/// 1970-01-01 was a Thursday.
fn is_weekday(day: i64) -> bool {
    (day + 3).rem_euclid(7) < 5
}

/// The past of the ticker at `position`: a random walk with its own price level, swing and volume.
pub(crate) fn bars(position: u64, days: &[i64]) -> impl Iterator<Item = StoredBar> + '_ {
    let mut rng = SplitMix64(MARKET_SEED ^ (position + 1).wrapping_mul(0xd134_2543_de82_ef95));
    let mut price = rng.random_range(4.0_f64..3_000.0).sqrt() * 8.0;
    let swing = rng.random_range(DAILY_SWING);
    let usual_volume = rng.random_range(20_000.0..2_000_000.0);
    days.iter().map(move |&day| {
        let open = cents(price * (swing * 0.3 * bell(&mut rng)).exp());
        price *= (swing * bell(&mut rng)).exp();
        let close = cents(price);
        // What the price is bounded to it goes on from, or it would stay beyond the bound for years.
        price = close as f64 / 100.0;
        let reach = 1.0 + swing * rng.random_range(0.0..0.8);
        StoredBar {
            day,
            open,
            high: cents(open.max(close) as f64 / 100.0 * reach),
            low: cents(open.min(close) as f64 / 100.0 / reach),
            close,
            volume: (usual_volume * rng.random_range(0.4..1.6)) as i64,
        }
    })
}

/// The next price of a ticker that trades at `price` cents: a small step, never none where a cent allows it.
pub(crate) fn next_price(price: i64, rng: &mut impl Rng) -> i64 {
    let moved = cents(price as f64 / 100.0 * (0.002 * bell(rng)).exp());
    if moved != price {
        moved
    } else if rng.random() && price < *CENTS.end() || price == *CENTS.start() {
        price + 1
    } else {
        price - 1
    }
}

fn cents(price: f64) -> i64 {
    ((price * 100.0).round() as i64).clamp(*CENTS.start(), *CENTS.end())
}

/// About normal, by the sum of four uniform numbers (Irwin and Hall): nothing here needs its tails.
fn bell(rng: &mut impl Rng) -> f64 {
    let sum: f64 = (0..4).map(|_| rng.random::<f64>()).sum();
    (sum - 2.0) * 3.0_f64.sqrt()
}

/// `YYYY-MM-DD` of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
pub(crate) fn date(day: i64) -> String {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickers_are_distinct_three_to_five_capitals_and_always_the_same() {
        let all = tickers(500);
        assert_eq!(all.len(), 500);
        assert!(all.is_sorted_by(|a, b| a < b));
        for ticker in &all {
            assert!((3..=5).contains(&ticker.len()), "{ticker}");
            assert!(ticker.bytes().all(|b| b.is_ascii_uppercase()), "{ticker}");
        }
        assert_eq!(tickers(500), all);
    }

    #[test]
    fn no_number_of_symbols_keeps_the_search_for_names_from_ending() {
        assert_eq!(tickers(u32::MAX).len(), MAX_SYMBOLS as usize);
    }

    #[test]
    fn the_seed_gives_the_same_prices_for_ever() {
        let days = trading_days(3);
        let first: Vec<StoredBar> = bars(0, &days).collect();
        assert_eq!(first, bars(0, &days).collect::<Vec<_>>());
        assert_ne!(first, bars(1, &days).collect::<Vec<_>>());
    }

    #[test]
    fn every_bar_holds_its_open_and_close_between_low_and_high() {
        let days = trading_days(2_000);
        for bar in (0..20).flat_map(|i| bars(i, &days).collect::<Vec<_>>()) {
            assert!(bar.low <= bar.open.min(bar.close), "{bar:?}");
            assert!(bar.high >= bar.open.max(bar.close), "{bar:?}");
            assert!(bar.low >= 100 && bar.high <= 1_000_000 && bar.volume > 0, "{bar:?}");
        }
    }

    #[test]
    fn a_price_always_moves_and_stays_within_its_bounds() {
        let mut rng = SplitMix64(1);
        for start in [100, 101, 5_000, 999_999, 1_000_000] {
            let mut price = start;
            for _ in 0..1_000 {
                let next = next_price(price, &mut rng);
                assert_ne!(next, price);
                assert!(CENTS.contains(&next), "{next}");
                price = next;
            }
        }
    }

    #[test]
    fn trading_days_are_weekdays_up_to_the_last_day() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(19_782), "2024-02-29");
        assert_eq!(date(LAST_DAY), "2026-10-30");
        let week: Vec<String> = trading_days(6).into_iter().map(date).collect();
        assert_eq!(
            week,
            ["2026-10-23", "2026-10-26", "2026-10-27", "2026-10-28", "2026-10-29", "2026-10-30"]
        );
    }
}

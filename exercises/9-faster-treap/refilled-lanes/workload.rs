use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::subject::{Table, find_batch};

/// How many numbers are looked up.
pub const N: usize = 100_000;

const ENTRIES: u64 = 4_000_000;

/// The table in memory: a processor that looks ahead fetches what the next lanes need.
struct Sorted(Vec<u64>);

impl Table for Sorted {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn request(&self, _at: usize) {}

    fn read(&self, at: usize) -> u64 {
        self.0[at]
    }
}

/// Numbers that are three apart.
fn entries() -> impl Iterator<Item = u64> {
    (0..ENTRIES).map(|at| 3 * at)
}

/// `n` numbers in random order (Knuth's multiplicative hash); one of three is in the table.
fn keys(n: usize) -> Vec<u64> {
    (0..n as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) % (3 * ENTRIES)).collect()
}

/// The exercise's code: lanes in a sorted table. The table is made in the first call.
pub fn subject(n: usize) -> u64 {
    static TABLE: OnceLock<Sorted> = OnceLock::new();
    let table = TABLE.get_or_init(|| Sorted(entries().collect()));
    find_batch(table, &keys(n)).into_iter().flatten().map(|at| at as u64).sum()
}

/// The standard library's map, asked one by one. The map is made in the first call.
pub fn standard(n: usize) -> u64 {
    static MAP: OnceLock<BTreeMap<u64, u64>> = OnceLock::new();
    let map = MAP.get_or_init(|| entries().zip(0..).collect());
    keys(n).iter().filter_map(|key| map.get(key)).sum()
}

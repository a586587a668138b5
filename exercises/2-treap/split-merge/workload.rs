//! Ranges that go back and forth between two owners.

use heapwood_kit::Random;

use super::subject::{Node, Tree, cut, merge, size, split};

/// How many keys there are.
pub const N: usize = 100_000;

/// How many ranges change their owner, for `n` keys.
fn rounds(n: usize) -> usize {
    n / 20
}

/// A range of keys, its bounds drawn at random.
fn range(random: &mut Random, n: usize) -> (u64, u64) {
    let (one, other) = (random.below(n) as u64, random.below(n + 1) as u64);
    (one.min(other), one.max(other))
}

/// With the exercise's treaps. Gives a sum of the sizes that came about.
pub fn subject(n: usize) -> u64 {
    let (mut ranges, mut priorities) = (Random::new(1), Random::new(2));
    let (mut one, mut other): (Tree, Tree) = (None, None);
    for key in 0..n as u64 {
        one = merge(one, Node::leaf(key, priorities.next_u64() as u32));
    }
    let mut sum = 0_u64;
    for _ in 0..rounds(n) {
        let (start, end) = range(&mut ranges, n);
        let (from_one, from_other) = (cut(&mut one, start, end), cut(&mut other, start, end));
        sum = sum.wrapping_mul(31).wrapping_add(size(&from_one) as u64);
        for (tree, range) in [(&mut one, from_other), (&mut other, from_one)] {
            let (below, above) = split(tree.take(), start);
            *tree = merge(merge(below, range), above);
        }
    }
    sum.wrapping_mul(31).wrapping_add(size(&one) as u64)
}

/// With two sorted vectors. Gives the same sum.
pub fn standard(n: usize) -> u64 {
    let mut ranges = Random::new(1);
    let (mut one, mut other): (Vec<u64>, Vec<u64>) = ((0..n as u64).collect(), Vec::new());
    let mut sum = 0_u64;
    for _ in 0..rounds(n) {
        let (start, end) = range(&mut ranges, n);
        let places = |keys: &Vec<u64>| {
            keys.partition_point(|&key| key < start)..keys.partition_point(|&key| key < end)
        };
        let (in_one, in_other) = (places(&one), places(&other));
        sum = sum.wrapping_mul(31).wrapping_add(in_one.len() as u64);
        let from_one = one[in_one.clone()].to_vec();
        one.splice(in_one, other[in_other.clone()].iter().copied());
        other.splice(in_other, from_one);
    }
    sum.wrapping_mul(31).wrapping_add(one.len() as u64)
}

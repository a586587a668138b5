use super::subject::shared_prefix;

/// How many pairs are compared.
pub const N: usize = 10_000_000;

/// A key of 48 bytes; its first bytes are those of all keys.
fn key(number: usize) -> [u8; 48] {
    let mut key = [b'k'; 48];
    // Knuth's multiplicative hash spreads the places over the key.
    let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    key[8 + (mixed >> 32) as usize % 40] = b'l';
    key
}

fn compare(n: usize, shared: impl Fn(&[u8], &[u8]) -> usize) -> u64 {
    let keys: Vec<[u8; 48]> = (0..1024).map(key).collect();
    let plain = [b'k'; 48];
    (0..n).map(|number| shared(&keys[number % 1024], &plain) as u64).sum()
}

/// The exercise's code: a word at a time.
pub fn subject(n: usize) -> u64 {
    compare(n, shared_prefix)
}

/// The standard library's iterators: a byte at a time.
pub fn standard(n: usize) -> u64 {
    compare(n, |left, right| left.iter().zip(right).take_while(|(left, right)| left == right).count())
}

//! Random commands on a few keys, so that they meet each other: strings, lists, deadlines, names.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// Deadlines lie beyond this, in the year 2096, so that no test waits for them.
const FAR_MS: u64 = 4_000_000_000_000;

/// Commands that write, with `k` for a key, `v` for a value, `n` for a number, `d` for a deadline.
const WRITES: &[&str] = &[
    "SET k v",
    "SET k v",
    "SET k v PXAT d",
    "SET k v KEEPTTL",
    "SET k v NX",
    "SET k v XX GET",
    "SET k n",
    "APPEND k v",
    "GETSET k v",
    "GETDEL k",
    "GETEX k PXAT d",
    "GETEX k PERSIST",
    "SETNX k v",
    "MSET k v k v k n",
    "INCR k",
    "DECRBY k n",
    "INCRBY k n",
    "DEL k k",
    "UNLINK k",
    "RENAME k k",
    "LPUSH k v v",
    "RPUSH k v v v",
    "RPUSH k v",
    "LPOP k",
    "RPOP k 2",
    "BLPOP k k 0.001",
    "PEXPIREAT k d",
    "PEXPIREAT k 1",
    "PERSIST k",
];

/// Commands that only read.
const READS: &[&str] = &[
    "GET k",
    "STRLEN k",
    "EXISTS k k k",
    "TYPE k",
    "MGET k k k",
    "LLEN k",
    "LRANGE k 0 -1",
    "LINDEX k -1",
    "RANK k",
    "AT n",
    "COUNT k k",
    "RANGE k k WITHVALUES",
    "PREFIX key:1",
    "DBSIZE",
    "GET",
    "NONSENSE k",
];

/// A command that writes, on one of `keys` keys.
pub fn write(rng: &mut StdRng, keys: u32) -> Vec<Vec<u8>> {
    fill(WRITES.choose(rng).unwrap(), rng, keys)
}

/// Any command, on one of `keys` keys.
pub fn any(rng: &mut StdRng, keys: u32) -> Vec<Vec<u8>> {
    match rng.random_bool(0.6) {
        true => write(rng, keys),
        false => fill(READS.choose(rng).unwrap(), rng, keys),
    }
}

fn fill(pattern: &str, rng: &mut StdRng, keys: u32) -> Vec<Vec<u8>> {
    let mut word = |word: &str| match word {
        "k" => format!("key:{}", rng.random_range(0..keys)).into_bytes(),
        "v" => value(rng),
        "n" => rng.random_range(-9..=9).to_string().into_bytes(),
        "d" => far_deadline_ms(rng).to_string().into_bytes(),
        _ => word.as_bytes().to_vec(),
    };
    pattern.split(' ').map(&mut word).collect()
}

/// A deadline that nobody lives to see, and that [`super::dump`] can tell from others.
pub fn far_deadline_ms(rng: &mut StdRng) -> u64 {
    FAR_MS + rng.random_range(0..1_000_000) * super::dump::GRAIN_MS
}

/// Mostly short; sometimes what looks like a part of the log, or does not fit into a page.
pub fn value(rng: &mut StdRng) -> Vec<u8> {
    match rng.random_range(0..20) {
        0 => b"\r\n#HW1 id=0123456789abcdef off=0 len=0 synced=0 now=0 crc=00000000\n".to_vec(),
        1 => vec![b'x'; rng.random_range(3_000..9_000)],
        2 => Vec::new(),
        _ => (0..rng.random_range(1..40)).map(|_| rng.random()).collect(),
    }
}

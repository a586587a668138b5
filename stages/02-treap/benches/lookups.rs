//! Lookups, insertions, walks in order, ranks and memory among 1,000,000 keys of 16 bytes with values of 32, beside the
//! standard library's maps.
//!
//! `cargo bench -p heapwood-treap`. Each structure is measured in a process of its own, so that its memory is what
//! the process gained; times are medians of several rounds over all keys in shuffled order. Trust ratios, not times.

mod boxed;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::ops::Bound;
use std::process::Command;
use std::time::Instant;

use heapwood_treap::{Packed, Slot, Treap};
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngCore, SeedableRng};

use boxed::BoxedTreap;

const KEYS: usize = 1_000_000;
/// Of these the small maps have so many: they stay in the processor's caches.
const FEW_KEYS: usize = 1_000;
const ROUNDS: usize = 5;
/// How many ranks are asked of a map that has to count: each visits half of its keys on the average.
const COUNTED_RANKS: usize = 16;
const VALUE: [u8; 32] = [b'v'; 32];

type Key = [u8; 16];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [structure, sort] => measure(structure, sort),
        _ => run_all(),
    }
}

/// Measures everything, each in a child process that prints its lines.
fn run_all() {
    let program = std::env::current_exe().expect("the path of this program");
    println!("{KEYS} keys of 16 bytes, values of 32, medians of {ROUNDS} rounds");
    for sort in ["random", "decimal"] {
        println!("\n{sort} keys");
        for structure in ["boxed", "treap", "bulk", "btreemap", "hashmap", "few"] {
            let status = Command::new(&program).args([structure, sort]).status();
            assert!(status.is_ok_and(|status| status.success()), "{structure} failed");
        }
    }
}

/// The keys in the order of their insertion: random bytes, or `key:000000012345` shuffled.
fn keys(sort: &str, random: &mut SmallRng) -> Vec<Key> {
    let mut keys: Vec<Key> = (0..KEYS)
        .map(|number| {
            let mut key = [0; 16];
            match sort {
                "random" => random.fill_bytes(&mut key),
                _ => key.copy_from_slice(format!("key:{number:012}").as_bytes()),
            }
            key
        })
        .collect();
    keys.shuffle(random);
    keys
}

fn measure(structure: &str, sort: &str) {
    let random = &mut SmallRng::seed_from_u64(1);
    let keys = keys(sort, random);
    let mut shuffled = keys.clone();
    shuffled.shuffle(random);
    let before = resident_bytes();
    match structure {
        "boxed" => {
            let mut treap = BoxedTreap::default();
            let insert = time(1, || keys.iter().for_each(|key| treap.insert(key, &VALUE, random.next_u32())));
            report("treap of boxes, insert", insert, before);
            row("treap of boxes, find", time(ROUNDS, || find_all(&shuffled, |key| treap.find(key))));
        }
        "treap" => {
            let mut treap: Treap<Packed> = Treap::with_seed(2);
            let insert = time(1, || {
                for key in &keys {
                    treap.insert(Packed::string(key, &VALUE)).expect("room");
                }
            });
            report("treap, insert", insert, before);
            lookups(&treap, &shuffled);
        }
        "bulk" => {
            let mut sorted = keys;
            sorted.sort_unstable();
            let mut built = None;
            let build = time(1, || {
                let records =
                    sorted.iter().map(|key| Packed::<std::convert::Infallible>::string(key, &VALUE));
                built = Treap::from_sorted(records, 2).ok();
            });
            report("treap, bulk build (without the sort)", build, before);
            lookups(built.as_ref().expect("sorted keys"), &shuffled);
        }
        "btreemap" => {
            let mut map: BTreeMap<Box<[u8]>, Box<[u8]>> = BTreeMap::new();
            let insert =
                time(1, || map.extend(keys.iter().map(|key| (Box::from(&key[..]), Box::from(VALUE)))));
            report("BTreeMap, insert", insert, before);
            let find = time(ROUNDS, || find_all(&shuffled, |key| map.contains_key(&key[..])));
            row("BTreeMap, find", find);
            row("BTreeMap, each key in order", time(ROUNDS, || map.keys().for_each(|key| touch(key))));
            let ranks = || {
                for key in &shuffled[..COUNTED_RANKS] {
                    black_box(map.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(&key[..]))).count());
                }
            };
            row("BTreeMap, rank by counting", time(1, ranks) * KEYS as f64 / COUNTED_RANKS as f64);
        }
        "few" => few(&keys[..FEW_KEYS]),
        _ => {
            let mut map: HashMap<Box<[u8]>, Box<[u8]>> = HashMap::new();
            let insert =
                time(1, || map.extend(keys.iter().map(|key| (Box::from(&key[..]), Box::from(VALUE)))));
            report("HashMap (SipHash), insert", insert, before);
            let find = time(ROUNDS, || find_all(&shuffled, |key| map.contains_key(&key[..])));
            row("HashMap (SipHash), find", find);
        }
    }
}

/// All ways to find, a walk, and ranks, over all keys.
fn lookups(treap: &Treap<Packed>, keys: &[Key]) {
    let plain = time(ROUNDS, || find_all(keys, |key| find_without_windows(treap, key)));
    row("treap, find without windows", plain);
    let window = time(ROUNDS, || find_all(keys, |key| treap.find(key)));
    row("treap, find", window);
    for lanes in [4, 16, 64] {
        let batch = time(ROUNDS, || {
            let mut hints: Vec<Option<Slot>> = vec![None; lanes];
            let mut slices: Vec<&[u8]> = Vec::with_capacity(lanes);
            for group in keys.chunks(lanes) {
                slices.clear();
                slices.extend(group.iter().map(|key| &key[..]));
                treap.find_batch(&slices, &mut hints);
                black_box(&hints);
            }
        });
        row(&format!("treap, batch of {lanes}"), batch);
    }
    let walk = || {
        treap.range(Bound::Unbounded, Bound::Unbounded).for_each(|slot| touch(treap.record(slot).key()));
    };
    row("treap, each key in order", time(ROUNDS, walk));
    row("treap, rank", time(ROUNDS, || find_all(keys, |key| treap.rank(key))));
}

/// As many lookups as elsewhere, among few keys.
fn few(keys: &[Key]) {
    let (mut treap, mut map) = (Treap::<Packed>::with_seed(2), BTreeMap::<Box<[u8]>, Box<[u8]>>::new());
    for key in keys {
        treap.insert(Packed::string(key, &VALUE)).expect("room");
        map.insert(Box::from(&key[..]), Box::from(VALUE));
    }
    let again = 0..KEYS / FEW_KEYS;
    let find = time(ROUNDS, || again.clone().for_each(|_| find_all(keys, |key| treap.find(key))));
    row(&format!("treap of {FEW_KEYS} keys, find"), find);
    let find = time(ROUNDS, || again.clone().for_each(|_| find_all(keys, |key| map.contains_key(&key[..]))));
    row(&format!("BTreeMap of {FEW_KEYS} keys, find"), find);
}

/// Reads one byte of a key, as any use of it would.
fn touch(key: &[u8]) {
    black_box(key[0]);
}

/// A search as it would be without windows: each comparison reads a record.
fn find_without_windows(treap: &Treap<Packed>, key: &[u8]) -> Option<Slot> {
    let mut at = treap.root();
    while let Some(slot) = at {
        let node = treap.node(slot);
        at = match key.cmp(node.key) {
            Ordering::Less => node.left,
            Ordering::Greater => node.right,
            Ordering::Equal => break,
        };
    }
    at
}

/// Looks all keys up, one after the other.
fn find_all<F>(keys: &[Key], mut find: impl FnMut(&Key) -> F) {
    for key in keys {
        black_box(find(key));
    }
}

/// The median of several rounds, in microseconds of processor time a key; of the clock where /proc does not tell.
fn time(rounds: usize, mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = (Instant::now(), processor_ns());
            work();
            let on_the_clock = start.0.elapsed().as_nanos() as f64;
            let on_the_processor = processor_ns().zip(start.1).map(|(now, start)| (now - start) as f64);
            on_the_processor.unwrap_or(on_the_clock) / 1e3 / KEYS as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[rounds / 2]
}

/// How long this thread has run on a processor.
fn processor_ns() -> Option<u64> {
    let schedstat = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    schedstat.split(' ').next()?.parse().ok()
}

fn row(what: &str, microseconds: f64) {
    println!("  {what:<40} {microseconds:8.3} µs");
}

fn report(what: &str, microseconds: f64, before: Option<u64>) {
    let gained =
        resident_bytes().zip(before).map(|(now, before)| now.saturating_sub(before) as f64 / KEYS as f64);
    let gained =
        gained.map_or(String::from("memory unknown here"), |bytes| format!("{bytes:.1} bytes a key"));
    println!("  {what:<40} {microseconds:8.3} µs   {gained}");
}

/// The memory of this process, where /proc tells.
fn resident_bytes() -> Option<u64> {
    const PAGE_BYTES: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split(' ').nth(1)?.parse::<u64>().ok()? * PAGE_BYTES)
}

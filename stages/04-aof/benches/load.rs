//! How long a log of 1,000,000 SETs takes to load, here and in redis-server: `cargo bench -p heapwood-aof`.
#![allow(clippy::unwrap_used)]

#[path = "../tests/redis_server/mod.rs"]
mod redis_server;

use heapwood_aof::{
    DiskStorage, FsyncPolicy, LOG_NAME, Log, LogOptions, Replay, Snapshot, SortedRun, StringsSnapshot,
    load_strings,
};
use heapwood_treap::{Packed, Treap};
use redis_server::RedisServer;
use std::path::Path;
use std::time::{Duration, Instant};

const KEYS: u64 = 1_000_000;

/// As many SETs as a busy round has.
const SETS_PER_ROUND: u64 = 64;

const RUNS: usize = 5;

struct Tree(Treap<Packed>);

impl Replay for Tree {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        Err(format!("{} arguments", args.len()))
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        load_strings(&mut self.0, run)
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(StringsSnapshot::new(&self.0))
    }
}

fn open(directory: &Path) -> (Log<DiskStorage>, Tree) {
    let mut tree = Tree(Treap::new());
    let options = LogOptions { policy: FsyncPolicy::No, ..LogOptions::default() };
    let (log, _) = Log::open(DiskStorage::new(directory), options, 1, &mut tree, &mut |_, _| {}).unwrap();
    (log, tree)
}

/// Keys of 16 bytes in shuffled order, values of 32.
fn write(directory: &Path) {
    let (mut log, _) = open(directory);
    for number in 0..KEYS {
        let key = format!("key:{:012}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 999_999_999_989);
        log.record(&[b"SET", key.as_bytes(), &[b'v'; 32]]);
        if number % SETS_PER_ROUND == 0 {
            log.commit(number).unwrap();
        }
    }
    log.close(KEYS).unwrap();
}

fn main() {
    let scratch = tempfile::tempdir().unwrap();
    write(scratch.path());
    let mut loads: Vec<Duration> = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let (_log, tree) = open(scratch.path());
        loads.push(start.elapsed());
        assert_eq!(tree.0.len() as u64, KEYS);
    }
    loads.sort();
    println!("heapwood: {KEYS} SETs loaded in {:.3} s (median of {RUNS})", loads[RUNS / 2].as_secs_f64());
    let aof = scratch.path().join(LOG_NAME);
    let redis = RedisServer::start(&scratch.path().join("redis"), &aof);
    let said = redis.map(|redis| redis.log()).unwrap_or_default();
    for line in said.lines().filter(|line| line.contains("DB loaded from append only file")) {
        println!("redis: {line}");
    }
}

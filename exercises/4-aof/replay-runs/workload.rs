use std::collections::BTreeMap;

use heapwood_aof::commands::Commands;
use heapwood_aof::resp::encode_command;

use super::subject::{Replay, SortedRun, load_piece};

/// How many records the log has.
pub const N: usize = 200_000;

type Keys = BTreeMap<Box<[u8]>, Box<[u8]>>;

/// A log of `n` SETs, their keys in no order.
fn log(n: usize) -> Vec<u8> {
    let mut log = Vec::new();
    for record in 0..n as u32 {
        let key = format!("user:{:010}", record.wrapping_mul(2_654_435_769));
        encode_command(&[b"SET", key.as_bytes(), b"a value of 21 bytes ."], &mut log);
    }
    log
}

fn sum(keys: &Keys) -> u64 {
    let key =
        |sum: u64, key: &[u8]| key.iter().fold(sum, |sum, &byte| sum.wrapping_mul(31) + u64::from(byte));
    keys.iter().fold(0, |sum, (k, value)| key(sum, k).wrapping_add(value.len() as u64))
}

struct Store(Keys);

impl Replay for Store {
    fn apply(&mut self, _: &[&[u8]]) -> Result<(), String> {
        Err("the log has only SETs".into())
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        let records = run.filter_map(|(key, value)| Some((key.into(), value?.into())));
        if self.0.is_empty() {
            self.0 = records.collect();
        } else {
            self.0.extend(records);
        }
        Ok(())
    }
}

/// Loads a log of `n` SETs in runs.
pub fn subject(n: usize) -> u64 {
    let (log, mut store, mut records) = (log(n), Store(Keys::new()), 0);
    match load_piece(&mut Commands::new(&log, 0), &mut store, &mut records) {
        Ok(()) if records == n as u64 => sum(&store.0),
        _ => 0,
    }
}

/// Inserts the records of the same log one by one.
pub fn standard(n: usize) -> u64 {
    let (log, mut keys) = (log(n), Keys::new());
    let mut commands = Commands::new(&log, 0);
    while let Ok(Some(args)) = commands.next() {
        keys.insert(args[1].into(), args[2].into());
    }
    sum(&keys)
}

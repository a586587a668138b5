//! A store for the tests: a sorted map that knows SET, DEL and APPEND.
#![allow(dead_code, unreachable_pub)]

use heapwood_aof::{Log, LogOptions, OpenError, Recovery, Replay, Snapshot, SortedRun, Storage};
use std::collections::BTreeMap;

pub type Map = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Store {
    pub map: Map,
    pub runs: usize,
}

impl Replay for Store {
    fn apply(&mut self, args: &[&[u8]]) -> Result<(), String> {
        match args {
            [b"SET", key, value] => {
                self.map.insert(key.to_vec(), value.to_vec());
            }
            [b"DEL", key] => {
                self.map.remove(*key);
            }
            [b"APPEND", key, more] => self.map.entry(key.to_vec()).or_default().extend(*more),
            _ => return Err(format!("unknown command '{}'", args[0].escape_ascii())),
        }
        Ok(())
    }

    fn load_run(&mut self, run: SortedRun<'_>) -> Result<(), String> {
        self.runs += 1;
        let mut last: Option<&[u8]> = None;
        for (key, value) in run {
            assert!(last.is_none_or(|last| last < key), "keys in order, each once");
            last = Some(key);
            match value {
                Some(value) => self.map.insert(key.to_vec(), value.to_vec()),
                None => self.map.remove(key),
            };
        }
        Ok(())
    }

    fn snapshot(&mut self) -> Box<dyn Snapshot + '_> {
        Box::new(MapSnapshot(self.map.iter()))
    }
}

struct MapSnapshot<'a>(std::collections::btree_map::Iter<'a, Vec<u8>, Vec<u8>>);

impl Snapshot for MapSnapshot<'_> {
    fn step(&mut self, emit: &mut dyn FnMut(&[&[u8]])) -> bool {
        match self.0.next() {
            Some((key, value)) => emit(&[b"SET", key, value]),
            None => return true,
        }
        false
    }
}

/// Opens the log of `storage` into a new store.
pub fn open<S: Storage>(storage: S, options: LogOptions) -> Result<(Log<S>, Recovery, Store), OpenError> {
    let mut store = Store::default();
    let (log, recovery) = Log::open(storage, options, 1_000, &mut store, &mut |_, _| {})?;
    Ok((log, recovery, store))
}

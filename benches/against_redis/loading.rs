//! How long a log of a million SETs takes to load, in both servers, from the same file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use heapwood::load::{KeyOrder, Kind, drive};

use super::servers::{Server, Which};
use super::{KEYS, plan};

/// Seconds of each run, by server: start to first PONG with the log, less the same without one.
pub(crate) struct Loading {
    pub(crate) redis: Vec<f64>,
    pub(crate) heapwood: Vec<f64>,
    pub(crate) log_bytes: u64,
}

/// Writes the log with Heapwood (Redis skips the lines that are ours), then loads copies of it in turn.
pub(crate) fn measure(runs: usize) -> Result<Loading, String> {
    let failed = |error: std::io::Error| error.to_string();
    let folder = tempfile::tempdir().map_err(failed)?;
    let log = write_log(folder.path())?;
    let mut loading = Loading {
        redis: Vec::new(),
        heapwood: Vec::new(),
        log_bytes: fs::metadata(&log).map_err(failed)?.len(),
    };
    for _ in 0..runs {
        for which in [Which::Redis, Which::HeapwoodPoll] {
            let seconds = start(which, Some(&log))? - start(which, None)?;
            match which {
                Which::Redis => loading.redis.push(seconds),
                _ => loading.heapwood.push(seconds),
            }
        }
    }
    Ok(loading)
}

fn write_log(dir: &Path) -> Result<PathBuf, String> {
    let server = Server::start(Which::HeapwoodPoll, dir, true)?;
    let plan = plan(&server, Kind::Set, 64, KEYS, KeyOrder::EachOnce, 1);
    drive(&plan, &AtomicU64::new(0)).map_err(|error| error.to_string())?;
    server.stop()?;
    Ok(dir.join(Which::HeapwoodPoll.log_name()))
}

/// Seconds from start to the first PONG.
fn start(which: Which, log: Option<&Path>) -> Result<f64, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?.keep();
    if let Some(log) = log {
        fs::copy(log, dir.join(which.log_name())).map_err(|error| error.to_string())?;
    }
    let begin = Instant::now();
    let server = Server::start(which, &dir, true)?;
    let seconds = begin.elapsed().as_secs_f64();
    let (keys, expected) = (server.key_count()?, if log.is_some() { KEYS } else { 0 });
    if keys == expected {
        Ok(seconds)
    } else {
        Err(format!("{} loaded {keys} keys, not {expected}", which.name()))
    }
}

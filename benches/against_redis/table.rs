//! What was measured, beside what is to be reached.

use heapwood::load::Kind;

use super::loading::Loading;
use super::servers::Which;

/// Bytes of memory a key to stay below.
const TARGET_BYTES: f64 = 100.0;

/// Times faster than Redis to load a log.
const TARGET_LOADING: f64 = 2.0;

/// Heapwood's processor time over Redis's, at most.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) poll: f64,
    pub(crate) epoll: f64,
}

/// One load, and microseconds a request of each run and server.
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) pipeline: usize,
    pub(crate) requests: u64,
    target: Target,
    spent_us: [Vec<f64>; 3],
}

impl Cell {
    pub(crate) fn new(kind: Kind, pipeline: usize, requests: u64, target: Target) -> Self {
        Cell { kind, pipeline, requests, target, spent_us: [const { Vec::new() }; 3] }
    }

    pub(crate) fn record(&mut self, which: Which, spent_us: f64) {
        self.spent_us[which as usize].push(spent_us);
    }

    fn ratio(&self, which: Which) -> f64 {
        let redis = &self.spent_us[Which::Redis as usize];
        let ours = &self.spent_us[which as usize];
        median(ours.iter().zip(redis).map(|(ours, redis)| ours / redis).collect())
    }
}

/// A server's memory a key.
pub(crate) struct Memory {
    pub(crate) which: Which,
    pub(crate) resident_bytes: f64,
    pub(crate) used_memory_bytes: f64,
}

pub(crate) fn print_requests(cells: &[Cell]) {
    println!("\nserver processor time a request in µs, and Heapwood's over Redis's");
    println!("                   redis |    poll  ratio  at most |   epoll  ratio  at most");
    for cell in cells {
        let spent = |which: Which| median(cell.spent_us[which as usize].clone());
        let ours = |which: Which, target: f64| {
            let ratio = cell.ratio(which);
            format!("{:7.3}  {ratio:5.2}  {target:4.2} {}", spent(which), mark(ratio <= target))
        };
        println!(
            "{}, {:2} pipelined {:7.3} | {} | {}",
            cell.kind,
            cell.pipeline,
            spent(Which::Redis),
            ours(Which::HeapwoodPoll, cell.target.poll),
            ours(Which::HeapwoodEpoll, cell.target.epoll),
        );
    }
}

pub(crate) fn print_memory(servers: &[Memory]) {
    println!("\nmemory in bytes a key, full less empty (at most {TARGET_BYTES})");
    for memory in servers {
        let verdict = match memory.which {
            Which::Redis => "",
            _ => mark(memory.resident_bytes <= TARGET_BYTES),
        };
        println!(
            "{:16} resident {:6.1} {verdict:3}  used_memory {:6.1}",
            memory.which.name(),
            memory.resident_bytes,
            memory.used_memory_bytes
        );
    }
}

pub(crate) fn print_loading(loading: &Loading) {
    let (redis, ours) = (median(loading.redis.clone()), median(loading.heapwood.clone()));
    let times = redis / ours;
    println!(
        "\nloading a log of {:.0} MB: redis {redis:.2} s, heapwood {ours:.2} s, {times:.1} times as fast (at least {TARGET_LOADING}) {}",
        loading.log_bytes as f64 / 1e6,
        mark(times >= TARGET_LOADING)
    );
}

fn mark(reached: bool) -> &'static str {
    if reached { "ok" } else { "NO" }
}

/// 0 without numbers.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => 0.0,
        length if length % 2 == 1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}

use std::collections::VecDeque;

use super::subject::Ring;

/// How many jobs come in.
pub const N: usize = 30_000_000;

/// The next size of a burst, as if at random.
fn burst(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 55
}

/// What a job that was taken adds to the checksum, which depends on the order.
fn taken(sum: u64, job: u64) -> u64 {
    sum.rotate_left(1).wrapping_add(job)
}

/// Jobs in bursts: with the exercise's ring.
pub fn subject(n: usize) -> u64 {
    let (mut ring, mut state, mut sum, mut job) = (Ring::default(), 6, 0, 0);
    while job < n as u64 {
        for _ in 0..burst(&mut state) {
            ring.push_back(job);
            job += 1;
        }
        for _ in 0..burst(&mut state) {
            let Some(job) = ring.pop_front() else { break };
            sum = taken(sum, job);
        }
        if let Some(job) = ring.pop_back() {
            ring.push_front(job);
        }
    }
    sum ^ ring.len() as u64
}

/// The same with the standard library's.
pub fn standard(n: usize) -> u64 {
    let (mut ring, mut state, mut sum, mut job) = (VecDeque::new(), 6, 0, 0);
    while job < n as u64 {
        for _ in 0..burst(&mut state) {
            ring.push_back(job);
            job += 1;
        }
        for _ in 0..burst(&mut state) {
            let Some(job) = ring.pop_front() else { break };
            sum = taken(sum, job);
        }
        if let Some(job) = ring.pop_back() {
            ring.push_front(job);
        }
    }
    sum ^ ring.len() as u64
}

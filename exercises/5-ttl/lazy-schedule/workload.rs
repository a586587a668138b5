use std::collections::{BTreeSet, HashMap};

use super::subject::{Client, Schedule};

/// How many clients there are.
pub const N: usize = 30_000;

/// How often each client is postponed.
const REQUESTS: usize = 10;
/// How long a client may be silent.
const SILENCE_MS: u64 = 60_000;
/// How many entries are looked at in a round.
const LOOKS: usize = 256;

/// Who says something, one after the other, as if at random: the numbers of a linear congruential generator.
fn speakers(n: usize) -> impl Iterator<Item = Client> {
    let next = |state: &u64| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    };
    std::iter::successors(Some(1), next)
        .map(move |state| ((state >> 33) % n as u64) as Client)
        .take(n * REQUESTS)
}

/// What a client that is gone adds to the checksum; the order within a moment makes no difference.
fn worth(client: Client, now_ms: u64) -> u64 {
    (u64::from(client) + 1).wrapping_mul(now_ms | 1)
}

/// Clients speak, and run out of time in the end: with the exercise's schedule.
pub fn subject(n: usize) -> u64 {
    let mut schedule = Schedule::default();
    let (mut now_ms, mut sum) = (0, 0_u64);
    for (request, client) in speakers(n).enumerate() {
        schedule.set(client, now_ms + SILENCE_MS);
        if request % 4 == 0 {
            now_ms += 1;
            while schedule.expire(now_ms, LOOKS, |gone| sum = sum.wrapping_add(worth(gone, now_ms))) == LOOKS
            {
            }
        }
    }
    while !schedule.is_empty() {
        now_ms += 1;
        while schedule.expire(now_ms, LOOKS, |gone| sum = sum.wrapping_add(worth(gone, now_ms))) == LOOKS {}
    }
    sum
}

/// A set of deadlines that is always exact.
#[derive(Default)]
struct Exact {
    deadlines: HashMap<Client, u64>,
    order: BTreeSet<(u64, Client)>,
}

impl Exact {
    fn set(&mut self, client: Client, deadline_ms: u64) {
        if let Some(before_ms) = self.deadlines.insert(client, deadline_ms) {
            self.order.remove(&(before_ms, client));
        }
        self.order.insert((deadline_ms, client));
    }

    fn expire(&mut self, now_ms: u64, mut gone: impl FnMut(Client)) {
        while let Some(&(deadline_ms, client)) = self.order.first() {
            if deadline_ms > now_ms {
                return;
            }
            self.order.pop_first();
            self.deadlines.remove(&client);
            gone(client);
        }
    }
}

/// The same with the standard library's sorted set.
pub fn standard(n: usize) -> u64 {
    let mut schedule = Exact::default();
    let (mut now_ms, mut sum) = (0, 0_u64);
    for (request, client) in speakers(n).enumerate() {
        schedule.set(client, now_ms + SILENCE_MS);
        if request % 4 == 0 {
            now_ms += 1;
            schedule.expire(now_ms, |gone| sum = sum.wrapping_add(worth(gone, now_ms)));
        }
    }
    while !schedule.order.is_empty() {
        now_ms += 1;
        schedule.expire(now_ms, |gone| sum = sum.wrapping_add(worth(gone, now_ms)));
    }
    sum
}

use std::collections::BTreeMap;

use heapwood_kit::{Random, given};

use super::subject::{Client, Schedule};

/// A schedule with these clients and deadlines.
fn schedule(deadlines: &[(Client, u64)]) -> Schedule {
    let mut schedule = Schedule::default();
    deadlines.iter().for_each(|&(client, deadline_ms)| schedule.set(client, deadline_ms));
    schedule
}

/// Who is reported at a moment, with more looks than can be needed.
fn gone_at(schedule: &mut Schedule, now_ms: u64) -> Vec<Client> {
    let mut gone = Vec::new();
    schedule.expire(now_ms, 1000, |client| gone.push(client));
    gone
}

/// A client is reported from its deadline on, not before and not again, the earliest deadline first.
pub fn in_their_time() {
    let mut schedule = schedule(&[(1, 300), (2, 100), (3, 200)]);
    let given = given("client 1 with the deadline 300, client 2 with 100, client 3 with 200");
    for (now_ms, gone) in [(99, vec![]), (100, vec![2]), (250, vec![3]), (400, vec![1]), (500, vec![])] {
        given.expect(("reported at", now_ms, gone), ("reported at", now_ms, gone_at(&mut schedule, now_ms)));
    }
    given.expect(("clients left", 0), ("clients left", schedule.len()));
}

/// Several deadlines that have come are reported in one go, in the order of time.
pub fn in_order() {
    let mut schedule = schedule(&[(1, 300), (2, 100), (3, 200), (4, 900)]);
    given("clients 1 to 4 with the deadlines 300, 100, 200 and 900; expire at 300")
        .expect(vec![2, 3, 1], gone_at(&mut schedule, 300));
}

/// A time-out that was postponed does not come at the old moment.
pub fn postponed() {
    let mut schedule = schedule(&[(7, 100), (7, 200), (7, 350)]);
    let given = given("client 7 with the deadline 100, postponed to 200 and then to 350");
    for now_ms in [100, 200, 349] {
        given
            .expect(("reported at", now_ms, vec![]), ("reported at", now_ms, gone_at(&mut schedule, now_ms)));
    }
}

/// A time-out that was postponed comes at its new moment, also when somebody looked in between.
pub fn postponed_not_lost() {
    let mut schedule = schedule(&[(7, 100), (7, 200), (7, 350)]);
    for now_ms in [100, 200, 349] {
        gone_at(&mut schedule, now_ms);
    }
    given(
        "client 7 with the deadline 100, postponed to 200 and then to 350; expire at 100, 200, 349 and 350",
    )
    .expect(vec![7], gone_at(&mut schedule, 350));
}

/// A time-out that was brought forward comes at the earlier moment, once.
pub fn brought_forward() {
    let mut schedule = schedule(&[(7, 300), (7, 100)]);
    let given = given("client 7 with the deadline 300, brought forward to 100");
    given.expect(("at 100", vec![7]), ("at 100", gone_at(&mut schedule, 100)));
    given.expect(("at 300", Vec::<Client>::new()), ("at 300", gone_at(&mut schedule, 300)));
}

/// A client that was cancelled is not reported, and its old entry says nothing about a new client of the same number.
pub fn cancelled() {
    let mut schedule = schedule(&[(7, 100), (8, 100)]);
    let given = given("clients 7 and 8 with the deadline 100; 7 is cancelled, and set anew for 300");
    given.expect(("cancel", true, false), ("cancel", schedule.cancel(7), schedule.cancel(9)));
    schedule.set(7, 300);
    given.expect(("at 100", vec![8]), ("at 100", gone_at(&mut schedule, 100)));
    given.expect(("at 300", vec![7]), ("at 300", gone_at(&mut schedule, 300)));
}

/// To postpone a time-out costs no memory, and an entry that does not count goes for good when it comes up.
pub fn a_thousand_requests() {
    let mut thousand = Schedule::default();
    (0..1000).for_each(|request| thousand.set(7, 60_000 + request));
    given("client 7, whose deadline of 60,000 was postponed 999 times, by 1 ms each time")
        .expect(("entries", 1), ("entries", thousand.entries()));
    let mut forward = schedule(&[(7, 300), (7, 200), (7, 100), (7, 900)]);
    gone_at(&mut forward, 400);
    let entries = forward.entries();
    given("client 7: the deadlines 300, 200, 100, and then 900; after expire at 400").holds(
        entries <= 1,
        "at most 1 entry",
        format!("{entries} entries"),
    );
}

/// The budget counts every entry that was looked at, also one that belongs to nobody any more.
pub fn within_the_budget() {
    let mut schedule = schedule(&[(1, 10), (2, 20), (3, 30), (4, 40), (5, 50)]);
    for client in 1..=3 {
        schedule.cancel(client);
    }
    let mut gone = Vec::new();
    let given =
        given("clients 1 to 5 with the deadlines 10 to 50, 1 to 3 cancelled; at 100, two looks at a time");
    let mut looks = Vec::new();
    for _ in 0..4 {
        looks.push(schedule.expire(100, 2, |client| gone.push(client)));
    }
    given.expect(("looks", vec![2, 2, 1, 0]), ("looks", looks));
    given.expect(("reported", vec![4, 5]), ("reported", gone));
}

/// The loop may sleep until `next_ms`: that is never after a deadline, and after `expire` it lies in the future.
pub fn when_to_wake() {
    let mut schedule = schedule(&[(1, 100), (2, 500), (1, 300)]);
    let given = given("client 1 with the deadline 100, postponed to 300; client 2 with 500");
    let mut wakes = Vec::new();
    while let Some(wake_ms) = schedule.next_ms().filter(|_| wakes.len() < 9) {
        wakes.push((wake_ms, gone_at(&mut schedule, wake_ms)));
    }
    let expected = vec![(100, vec![]), (300, vec![1]), (500, vec![2])];
    given.expect(("wakes, and who is reported", expected), ("wakes, and who is reported", wakes));
}

/// Whatever happens in whatever order, it reports whom a plain table of deadlines would report.
pub fn as_a_plain_table() {
    for seed in 0..40 {
        let (mut random, mut schedule) = (Random::new(seed), Schedule::default());
        let mut table: BTreeMap<Client, u64> = BTreeMap::new();
        let mut story = Vec::new();
        for now_ms in 0..40 {
            let client = random.below(4) as Client;
            if random.below(5) == 0 {
                schedule.cancel(client);
                table.remove(&client);
                story.push(format!("cancel {client}"));
            } else {
                let deadline_ms = now_ms + 1 + random.below(9) as u64;
                schedule.set(client, deadline_ms);
                table.insert(client, deadline_ms);
                story.push(format!("set {client} for {deadline_ms}"));
            }
            let due =
                table.iter().filter(|(_, deadline_ms)| **deadline_ms <= now_ms).map(|(client, _)| *client);
            let due: Vec<Client> = due.collect();
            table.retain(|_, deadline_ms| *deadline_ms > now_ms);
            let mut gone = gone_at(&mut schedule, now_ms);
            gone.sort_unstable();
            story.push(format!("expire at {now_ms}"));
            given(story.join(", ")).expect(due, gone);
        }
    }
}

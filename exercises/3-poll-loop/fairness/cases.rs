use std::collections::{HashMap, VecDeque};

use heapwood_kit::{Random, given};

use super::subject::{Client, Turns};

/// Requests that are pushed, as `1a` (client 1 sends a), in this order.
fn push(turns: &mut Turns<char>, requests: &str) {
    for request in requests.split(' ') {
        let mut letters = request.chars();
        let client = letters.next().and_then(|digit| digit.to_digit(10)).unwrap_or_default();
        letters.for_each(|letter| turns.push(Client::from(client), letter));
    }
}

/// A round as text: `1a 2b`.
fn round(turns: &mut Turns<char>) -> String {
    let taken = turns.round();
    taken.iter().map(|(client, request)| format!("{client}{request}")).collect::<Vec<_>>().join(" ")
}

/// Rounds, each checked; `sent` says what was sent.
fn expect_rounds(turns: &mut Turns<char>, sent: &str, rounds: &[&str]) {
    for (number, expected) in (1..).zip(rounds) {
        given(format!("{sent}: round {number}")).expect(*expected, round(turns).as_str());
    }
}

/// The requests of a client come in the order in which it sent them (P2), and those of others are not mixed up with them.
pub fn in_the_order_sent() {
    let mut turns = Turns::new(3, 100);
    given("nobody has sent anything: a round").expect("", round(&mut turns).as_str());
    push(&mut turns, "1abc 2x");
    expect_rounds(
        &mut turns,
        "share 3, room 100; client 1 sends a, b, c, then client 2 sends x",
        &["1a 1b 1c 2x", ""],
    );
}

/// Who sends ten requests does not hold up who sends one (P2), and has all ten served in the end.
pub fn a_flood() {
    let mut turns = Turns::new(3, 100);
    push(&mut turns, "1abcdefghij 2x");
    let sent = "share 3, room 100; client 1 sends a to j, then client 2 sends x";
    expect_rounds(&mut turns, sent, &["1a 1b 1c 2x", "1d 1e 1f"]);
    push(&mut turns, "2y 1k");
    let sent = "the same, and after two rounds client 2 sends y, client 1 sends k";
    expect_rounds(&mut turns, sent, &["1g 1h 1i 2y", "1j 1k", ""]);
}

/// A client whose share is cut short, since the round is full, loses nothing.
pub fn a_share_that_is_cut_short() {
    let mut turns = Turns::new(10, 4);
    push(&mut turns, "1abc 2def");
    let sent = "share 10, room 4; client 1 sends a, b, c, then client 2 sends d, e, f";
    expect_rounds(&mut turns, sent, &["1a 1b 1c 2d", "2e 2f", ""]);
}

/// Whom a full round has not reached comes first in the next one (P2).
pub fn more_clients_than_a_round_has_room_for() {
    let mut turns = Turns::new(10, 4);
    push(&mut turns, "1abc 2def 3g");
    let sent = "share 10, room 4; client 1 sends a, b, c, client 2 d, e, f, client 3 g";
    expect_rounds(&mut turns, sent, &["1a 1b 1c 2d", "3g 2e 2f", ""]);
}

/// Nothing of a client that has left is served; if it comes back, it stands at the end of the line (P5).
pub fn one_that_leaves() {
    let mut turns = Turns::new(3, 100);
    push(&mut turns, "1ab 2x");
    turns.leave(1);
    turns.leave(7);
    let sent = "client 1 sends a, b, client 2 sends x; client 1 leaves (and client 7, who never came)";
    expect_rounds(&mut turns, sent, &["2x", ""]);
    push(&mut turns, "1ab 2x");
    turns.leave(1);
    push(&mut turns, "1c");
    let sent = "client 1 sends a, b, client 2 sends x; client 1 leaves, comes back and sends c";
    expect_rounds(&mut turns, sent, &["2x 1c", ""]);
}

/// With many clients, some of which flood, each request is served exactly once, in order, and nobody waits longer than it
/// takes to go through the line once for each share ahead of it (P2).
pub fn nobody_waits_for_long() {
    const CLIENTS: usize = 20;
    const SHARE: usize = 3;
    const ROOM: usize = 9;
    let mut random = Random::new(3);
    let mut turns = Turns::new(SHARE, ROOM);
    let mut waiting: HashMap<Client, VecDeque<u32>> = HashMap::new();
    let mut unserved: HashMap<Client, usize> = HashMap::new();
    let given = given("20 clients, 3 of which flood, share 3, room 9");
    for number in 0..600_u32 {
        for client in 0..CLIENTS as Client {
            let sends = if number >= 300 {
                0
            } else if client < 3 {
                5
            } else {
                usize::from(random.below(40) == 0)
            };
            for request in 0..sends as u32 {
                turns.push(client, number * 10 + request);
                waiting.entry(client).or_default().push_back(number * 10 + request);
            }
        }
        let taken = turns.round();
        let mut counts: HashMap<Client, usize> = HashMap::new();
        for (client, request) in &taken {
            *counts.entry(*client).or_default() += 1;
            let due = waiting.get_mut(client).and_then(VecDeque::pop_front);
            given.holds(
                due == Some(*request),
                format!("client {client}'s oldest request, {due:?}"),
                format!("round {number} has its request {request}"),
            );
        }
        given.holds(
            taken.len() <= ROOM,
            "at most 9 requests a round",
            format!("round {number} has {}", taken.len()),
        );
        let most = counts.values().max().copied().unwrap_or(0);
        given.holds(most <= SHARE, "at most 3 of a client", format!("round {number} has {most} of one"));
        let left: usize = waiting.values().map(VecDeque::len).sum();
        given.holds(
            left == 0 || !taken.is_empty(),
            "a round takes something while requests wait",
            format!("round {number} is empty, and {left} requests wait"),
        );
        for client in 0..CLIENTS as Client {
            let is_waiting = waiting.get(&client).is_some_and(|requests| !requests.is_empty());
            let rounds = unserved.entry(client).or_default();
            *rounds = if is_waiting && !counts.contains_key(&client) { *rounds + 1 } else { 0 };
            // Nineteen others with three requests each are fewer than seven rounds of nine.
            given.holds(
                *rounds <= 6,
                "every client with requests has a turn in any 7 rounds",
                format!("client {client} had none in {rounds}, up to round {number}"),
            );
        }
    }
    let left: usize = waiting.values().map(VecDeque::len).sum();
    given.holds(
        left == 0,
        "300 rounds after the last request everything is served",
        format!("{left} requests are left"),
    );
}

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, VecDeque};

use heapwood_treap::Body;
use heapwood_ttl::Keyspace;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::{Delivery, Served, Waiters};
use crate::{End, Value, lists};

type Client = u8;
type Key = u8;

/// What a waiter was offered: who, from which key and end, which element.
type Offer = (Client, Vec<u8>, Vec<u8>, End);

#[derive(Clone, Debug)]
enum Step {
    Wait(Client, End, Vec<Key>),
    Push(Key, End, u8),
    /// Several pushes before anybody is served, as in a transaction.
    PushBoth(Key, Key),
    SetString(Key),
    Leave(Client),
}

/// Lists, strings, and waiters in one row; slow and plain.
#[derive(Default)]
struct Model {
    lists: BTreeMap<Key, VecDeque<u8>>,
    strings: Vec<Key>,
    row: Vec<(Client, End, Vec<Key>)>,
}

impl Model {
    fn serve(&mut self, key: Key, unwilling: Client) -> Vec<Offer> {
        let mut offers = Vec::new();
        while let Some(list) = self.lists.get_mut(&key) {
            let Some(place) = self.row.iter().position(|(_, _, keys)| keys.contains(&key)) else {
                break;
            };
            let (client, end, _) = self.row.remove(place);
            let element = if end == End::Front { list.front() } else { list.back() };
            offers.push((client, vec![key], vec![*element.unwrap()], end));
            if client != unwilling {
                if end == End::Front {
                    list.pop_front()
                } else {
                    list.pop_back()
                };
            }
            if list.is_empty() {
                self.lists.remove(&key);
            }
        }
        offers
    }
}

fn step() -> impl Strategy<Value = Step> {
    let (key, client) = (0_u8..4, 0_u8..6);
    let end = prop_oneof![Just(End::Front), Just(End::Back)];
    prop_oneof![
        5 => (client.clone(), end.clone(), prop::collection::vec(key.clone(), 1..4))
            .prop_map(|(client, end, keys)| Step::Wait(client, end, keys)),
        4 => (key.clone(), end, 1_u8..4).prop_map(|(key, end, count)| Step::Push(key, end, count)),
        1 => (key.clone(), key.clone()).prop_map(|(a, b)| Step::PushBoth(a, b)),
        1 => key.prop_map(Step::SetString),
        1 => client.prop_map(Step::Leave),
    ]
}

struct Real {
    keyspace: Keyspace<Value>,
    waiters: Waiters<Client>,
    next_element: u8,
}

impl Real {
    /// Pushes without serving; says what was pushed, if anything could be.
    fn push(&mut self, key: Key, end: End, count: u8) -> Vec<u8> {
        let elements: Vec<u8> = (0..count).map(|i| self.next_element.wrapping_add(i)).collect();
        let found = self.keyspace.find(&[key], None, 0);
        let pushed = lists::push(&mut self.keyspace, found, &[key], end, elements.chunks(1));
        if pushed.is_err() {
            return Vec::new();
        }
        self.next_element = self.next_element.wrapping_add(count);
        self.waiters.key_ready(&[key]);
        elements
    }

    fn serve(&mut self, unwilling: Client) -> Vec<Offer> {
        let mut offers = Vec::new();
        self.waiters.serve(&mut self.keyspace, 0, |Served { client, key, element, end }| {
            offers.push((client, key.to_vec(), element.to_vec(), end));
            if client == unwilling { Delivery::Refused } else { Delivery::Taken }
        });
        offers
    }

    fn lists(&self) -> BTreeMap<Key, VecDeque<u8>> {
        let tree = self.keyspace.tree();
        let mut lists = BTreeMap::new();
        for slot in (0..tree.slot_count()).filter_map(|place| tree.slot_at(place)) {
            let record = tree.record(slot);
            if let Body::Boxed(deque) = record.body() {
                lists.insert(record.key()[0], deque.iter().map(|element| element[0]).collect());
            }
        }
        lists
    }
}

fn push_model(model: &mut Model, key: Key, end: End, elements: Vec<u8>) {
    for element in elements {
        let list = model.lists.entry(key).or_default();
        if end == End::Front { list.push_front(element) } else { list.push_back(element) }
    }
}

fn apply(real: &mut Real, model: &mut Model, unwilling: Client, step: Step) -> TestCaseResult {
    let mut expected = Vec::new();
    match step {
        Step::Wait(client, end, keys) => {
            if keys.iter().any(|key| model.lists.contains_key(key)) {
                return Ok(());
            }
            real.waiters.add(client, end, keys.iter().map(std::slice::from_ref));
            model.row.retain(|(waiting, _, _)| *waiting != client);
            model.row.push((client, end, keys));
        }
        Step::Push(key, end, count) => {
            push_model(model, key, end, real.push(key, end, count));
            expected = model.serve(key, unwilling);
        }
        Step::PushBoth(first, second) => {
            for key in [first, second] {
                push_model(model, key, End::Back, real.push(key, End::Back, 1));
            }
            for key in [first, second] {
                expected.extend(model.serve(key, unwilling));
            }
        }
        Step::SetString(key) => {
            real.keyspace.put(Value::string(&[key], b"")).unwrap();
            real.waiters.key_ready(&[key]);
            model.lists.remove(&key);
            model.strings.push(key);
        }
        Step::Leave(client) => {
            let waited = model.row.iter().any(|(waiting, _, _)| *waiting == client);
            model.row.retain(|(waiting, _, _)| *waiting != client);
            prop_assert_eq!(real.waiters.remove(client), waited);
        }
    }
    prop_assert_eq!(real.serve(unwilling), expected, "D4: who was offered what, in order");
    Ok(())
}

/// Checks D3: each client stands in the queues of its keys, under its ticket, and nobody else stands anywhere.
fn check(waiters: &Waiters<Client>) -> Result<(), String> {
    for (client, waiting) in &waiters.clients {
        for key in &waiting.keys {
            if waiters.queues.get(key).and_then(|queue| queue.get(&waiting.ticket)) != Some(client) {
                return Err(format!("D3: client {client} is not in the queue of {key:?}"));
            }
        }
    }
    for (key, queue) in &waiters.queues {
        for (ticket, client) in queue {
            let waiting = waiters.clients.get(client);
            if !waiting.is_some_and(|waiting| waiting.ticket == *ticket && waiting.keys.contains(key)) {
                return Err(format!("D3: {key:?} still has ticket {ticket} of client {client}"));
            }
        }
        if queue.is_empty() {
            return Err(format!("D3: {key:?} has an empty queue"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn each_element_goes_to_the_waiter_that_came_first(
        unwilling in 0_u8..8,
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut real = Real { keyspace: Keyspace::with_seed(3), waiters: Waiters::new(), next_element: 0 };
        let mut model = Model::default();
        for step in steps {
            apply(&mut real, &mut model, unwilling, step)?;
            prop_assert_eq!(check(&real.waiters), Ok(()));
            prop_assert_eq!(real.lists(), model.lists.clone(), "D5: what is left in the lists");
            prop_assert_eq!(real.waiters.len(), model.row.len());
            for key in 0..4 {
                let row = model.row.iter().filter(|(_, _, keys)| keys.contains(&key));
                let row: Vec<_> = row.map(|(client, _, _)| *client).collect();
                prop_assert_eq!(real.waiters.queue(&[key]).collect::<Vec<_>>(), row, "D4: who waits, in order");
            }
            prop_assert!(real.waiters.ready.is_empty());
        }
    }
}

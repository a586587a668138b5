//! Walks over all keys, from both ends by turns.

use std::collections::BTreeSet;
use std::ops::Bound;

use heapwood_kit::Random;
use heapwood_treap::Record;

use super::subject::{Arena, NIL, Node, Treap};

/// How many keys there are.
pub const N: usize = 100_000;

/// How many times all keys are walked over.
const WALKS: usize = 10;

struct Key([u8; 8]);

impl Record for Key {
    fn key(&self) -> &[u8] {
        &self.0
    }
}

/// As after insertions in random order: `order[i]` is the place of the key `i` in the arena. The shape is drawn, too.
fn plant(nodes: &mut [Node<Key>], order: &[u32], from: usize, random: &mut Random) -> u32 {
    if order.is_empty() {
        return NIL;
    }
    let top = random.below(order.len());
    let (left, right) = (&order[..top], &order[top + 1..]);
    let children = [plant(nodes, left, from, random), plant(nodes, right, from + top + 1, random)];
    let key = Key(((from + top) as u64).to_be_bytes());
    nodes[order[top] as usize] = Node { children, record: Some(key) };
    order[top]
}

/// A sum that depends on the order of what is added to it.
fn add(sum: u64, key: [u8; 8]) -> u64 {
    sum.wrapping_mul(31).wrapping_add(u64::from_be_bytes(key))
}

/// With the exercise's range. Gives a sum of the keys.
pub fn subject(n: usize) -> u64 {
    let mut random = Random::new(1);
    let mut order: Vec<u32> = (0..n as u32).collect();
    random.shuffle(&mut order);
    let mut nodes: Vec<Node<Key>> = (0..n).map(|_| Node { children: [NIL; 2], record: None }).collect();
    let root = plant(&mut nodes, &order, 0, &mut random);
    let treap = Treap { arena: Arena { nodes }, root };
    let key = |node: u32| treap.arena[node].live().0;
    let mut sum = 0;
    for _ in 0..WALKS {
        let mut range = treap.range(Bound::Unbounded, Bound::Unbounded);
        while let Some(slot) = range.next() {
            sum = add(sum, key(slot.0));
            sum = range.next_back().map_or(sum, |slot| add(sum, key(slot.0)));
        }
    }
    sum
}

/// With the range of a `BTreeSet`, its keys inserted in random order. Gives the same sum.
pub fn standard(n: usize) -> u64 {
    let mut random = Random::new(1);
    let mut keys: Vec<u64> = (0..n as u64).collect();
    random.shuffle(&mut keys);
    let mut set = BTreeSet::new();
    keys.iter().for_each(|key| {
        set.insert(key.to_be_bytes());
    });
    let mut sum = 0;
    for _ in 0..WALKS {
        let mut range = set.range::<[u8; 8], _>(..);
        while let Some(&key) = range.next() {
            sum = add(sum, key);
            sum = range.next_back().map_or(sum, |&key| add(sum, key));
        }
    }
    sum
}

//! The invariants, checked over the whole treap: for tests.

use crate::arena::Node;
use crate::record::Record;
use crate::treap::Treap;
use crate::window::{self, Bounds, OPEN};

impl<R: Record> Treap<R> {
    /// Checks the invariants T1 to T5. O(n), more where keys share long prefixes.
    ///
    /// # Errors
    /// Which invariant does not hold, and at which slot.
    pub fn check(&self) -> Result<(), String> {
        let mut reached = vec![false; self.arena.nodes.len()];
        let mut waiting = vec![(self.root, OPEN, u32::MAX)];
        while let Some((at, bounds, priority)) = waiting.pop() {
            let Some(node) = self.arena.get(at) else {
                continue;
            };
            if std::mem::replace(&mut reached[at as usize], true) {
                return Err(format!("two links lead to slot {at}"));
            }
            self.check_node(node, bounds, priority).map_err(|what| format!("slot {at}: {what}"))?;
            waiting.push((node.children[0], [bounds[0], at], node.priority));
            waiting.push((node.children[1], [at, bounds[1]], node.priority));
        }
        let records = reached.iter().filter(|&&reached| reached).count();
        if records != self.len() {
            return Err(format!("T5: {records} records in the tree, {} counted", self.len()));
        }
        self.check_free_list(reached)
    }

    /// Checks one node; `above` is its parent's priority.
    fn check_node(&self, node: &Node<R>, bounds: Bounds, above: u32) -> Result<(), String> {
        let record = node.record.as_ref().ok_or("T5: free, but in the tree")?;
        self.check_order(record.key(), bounds)?;
        if node.priority > above {
            return Err(format!("T2: priority {} is above the parent's {above}", node.priority));
        }
        self.check_weight(node, record.weight())?;
        if node.window != window::between(&self.arena, record.key(), bounds) {
            return Err(format!("T4: {:?} is not what the bounds of {:?} share", node.window, record.key()));
        }
        Ok(())
    }

    /// T1: a key lies between the bounds of its interval. For a whole tree that says more than that each child is on the
    /// right side of its parent.
    fn check_order(&self, key: &[u8], bounds: Bounds) -> Result<(), String> {
        let [low, high] = bounds.map(|bound| self.arena.get(bound).map(|node| node.live().key()));
        if low.is_some_and(|low| low >= key) || high.is_some_and(|high| high <= key) {
            return Err(format!("T1: key {key:?} is not between {low:?} and {high:?}"));
        }
        Ok(())
    }

    /// T3: a record counts for its weight, or for less where all weights would not fit 32 bits.
    fn check_weight(&self, node: &Node<R>, own: u32) -> Result<(), String> {
        let [left, right] = node.children.map(|child| u64::from(self.arena.weight(child)));
        let (weight, sum) = (u64::from(node.weight), left + right + u64::from(own));
        let is_capped = || self.records_weight() > self.total_weight();
        if weight != sum && !(weight < sum && weight >= left + right && is_capped()) {
            return Err(format!("T3: weight {weight} of {left}, {right} and {own}"));
        }
        Ok(())
    }

    /// What all records would weigh without the limit of 32 bits.
    fn records_weight(&self) -> u64 {
        self.arena
            .nodes
            .iter()
            .filter_map(|node| node.record.as_ref())
            .map(|record| u64::from(record.weight()))
            .sum()
    }

    /// T5: what was not reached is on the list of free slots, once.
    fn check_free_list(&self, mut reached: Vec<bool>) -> Result<(), String> {
        for &free in &self.arena.free {
            let reached = reached.get_mut(free as usize);
            if reached.is_some_and(|reached| std::mem::replace(reached, true)) {
                return Err(format!("T5: slot {free} is free and in use, or free twice"));
            }
        }
        match reached.iter().position(|&reached| !reached) {
            Some(lost) => Err(format!("T5: slot {lost} is lost")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Packed;
    use crate::arena::NIL;
    use crate::window::Window;

    /// What a check says of five keys after some damage to the node in the slot of the root.
    fn noticed(damage: impl Fn(&mut Treap<Packed>, usize)) -> String {
        let mut treap = Treap::with_seed(7);
        for key in [b"key:a", b"key:b", b"key:c", b"key:d", b"key:e"] {
            treap.insert(Packed::string(key, b"")).unwrap();
        }
        treap.check().unwrap();
        let root = treap.root as usize;
        damage(&mut treap, root);
        treap.check().unwrap_err()
    }

    #[test]
    fn each_broken_invariant_is_noticed_and_named() {
        let cases = [
            ("T1", noticed(|treap, root| treap.arena.nodes[root].children.swap(0, 1))),
            ("T2", noticed(|treap, root| treap.arena.nodes[root].priority = 0)),
            ("T3", noticed(|treap, root| treap.arena.nodes[root].weight += 1)),
            ("T4", noticed(|treap, root| treap.arena.nodes[root].window = Window::new(b"key:c", 1))),
            ("T5", noticed(|treap, root| treap.arena.free.push(root as u32))),
            ("T5", noticed(|treap, _| (treap.root, treap.records) = (NIL, 0))),
        ];
        for (invariant, message) in cases {
            assert!(message.contains(&format!("{invariant}: ")), "{invariant} was broken, not: {message}");
        }
    }
}

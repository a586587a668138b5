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

    fn check_node(&self, node: &Node<R>, bounds: Bounds, priority: u32) -> Result<(), String> {
        let Some(record) = &node.record else {
            return Err("T5: free, but in the tree".into());
        };
        let key = record.key();
        let [low, high] = bounds.map(|bound| self.arena.get(bound).map(|node| node.live().key()));
        if low.is_some_and(|low| low >= key) || high.is_some_and(|high| high <= key) {
            return Err(format!("T1: key {key:?} is not between {low:?} and {high:?}"));
        }
        if node.priority > priority {
            return Err(format!("T2: priority {} is above the parent's {priority}", node.priority));
        }
        let [left, right] = node.children.map(|child| u64::from(self.arena.weight(child)));
        let (weight, own) = (u64::from(node.weight), u64::from(record.weight()));
        let is_capped = || self.records_weight() > self.total_weight() && weight >= left + right;
        if weight != left + right + own && !(weight < left + right + own && is_capped()) {
            return Err(format!("T3: weight {weight} of {left}, {right} and {own}"));
        }
        if node.window != window::between(&self.arena, key, bounds) {
            return Err(format!("T4: {:?} of key {key:?} between {low:?} and {high:?}", node.window));
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

//! Walking records by slot, and giving memory back after many removals.

use crate::arena::{Arena, Node, Slot};
use crate::record::Record;
use crate::treap::{Treap, trace};

/// Memory is given back when less than one in this many nodes of it is in use: copying the others stays cheap.
const SHRINK_BELOW: usize = 4;

impl<R: Record> Treap<R> {
    /// One more than the highest slot in use may be. O(1).
    pub fn slot_count(&self) -> u32 {
        self.arena.nodes.len() as u32
    }

    /// The slot with this index, when a record is there. O(1).
    pub fn slot_at(&self, index: u32) -> Option<Slot> {
        self.arena.get(index)?.record.as_ref().map(|_| Slot(index))
    }

    /// The bytes that all nodes take, free ones too, without what records own. O(1).
    pub fn arena_bytes(&self) -> usize {
        self.arena.nodes.capacity() * size_of::<Node<R>>()
    }

    /// Lowers [`slot_count`](Self::slot_count) by up to `max_moves`: free slots at the end go, and records there move
    /// into free slots, always to a lower one, so that a walk from the highest slot down misses none. Gives the number
    /// of slots that went; 0 when no slot is free. O(`max_moves` · log n), and now and then a copy of all nodes.
    pub fn shrink_step(&mut self, max_moves: usize) -> usize {
        let before = self.arena.nodes.len();
        while before - self.arena.nodes.len() < max_moves && self.len() < self.arena.nodes.len() {
            self.drop_last_slot();
        }
        let Arena { nodes, free } = &mut self.arena;
        if nodes.len() < nodes.capacity() / SHRINK_BELOW {
            nodes.shrink_to(nodes.len() * 2);
            free.retain(|&index| (index as usize) < nodes.len());
            free.shrink_to_fit();
        }
        before - nodes.len()
    }

    /// Takes the last slot out of the arena; its record, if any, moves to another one, which is free.
    fn drop_last_slot(&mut self) {
        let last = self.slot_count() - 1;
        if let Some(record) = &self.arena[last].record {
            trace(&self.arena, self.root, record.key(), &mut self.path);
            let moved = self.path.pop().expect("a record in use is on the way to its key");
            let lower = self.arena.take_free_slot().expect("fewer records than slots");
            self.link(moved.bounds, lower);
            self.arena.nodes.swap(last as usize, lower as usize);
        }
        self.arena.nodes.pop();
    }
}

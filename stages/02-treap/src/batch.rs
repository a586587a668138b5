//! Many searches side by side.
//!
//! A single search waits for memory at each step: the next node is not known before this one has arrived. Searches
//! for different keys do not wait for each other. So each of up to [`MAX_LANES`] lanes takes a step in turn and asks
//! the processor for the node it needs next; when its turn comes again, the node is there.
//!
//! - **W4, batch**: a batch gives for each key what a search alone would give, and changes nothing.
//! - **W5, hint**: an answer is used later only where its slot holds exactly that key then, and that a key was not found is
//!   never believed.

use std::cmp::Ordering;

use crate::arena::Slot;
use crate::mem;
use crate::record::Record;
use crate::treap::Treap;
use crate::window::Probe;

/// How many searches run side by side: about what a core has outstanding to memory, several times over.
pub const MAX_LANES: usize = 64;

/// So many keys or fewer do not pay for preparing all lanes.
const FEW_LANES: usize = 16;

/// One search on its way.
#[derive(Clone, Copy)]
struct Lane<'k> {
    probe: Probe<'k>,
    /// A link to the node that comes next, which the processor was asked for.
    at: u32,
    /// Whether this node's window was equal, and the processor was asked for its record.
    needs_record: bool,
    /// Which of the keys this is.
    index: usize,
}

impl<R: Record> Treap<R> {
    /// Finds many keys: `hints[i]` becomes what [`find`](Self::find) gives for `keys[i]` (W4). More than [`MAX_LANES`] go
    /// in groups; a key without a hint to fill is left out. Only reads.
    ///
    /// The answers are hints for a caller that changes the treap before it uses them (W5): then ask
    /// [`holds`](Self::holds), and search again where it says no, or where the hint is `None`.
    pub fn find_batch(&self, keys: &[&[u8]], hints: &mut [Option<Slot>]) {
        for (keys, hints) in keys.chunks(MAX_LANES).zip(hints.chunks_mut(MAX_LANES)) {
            match keys.len() {
                ..=FEW_LANES => self.find_group::<FEW_LANES>(keys, hints),
                _ => self.find_group::<MAX_LANES>(keys, hints),
            }
        }
    }

    /// Lets at most `LANES` lanes step in turn until the last has its answer. Those still searching are kept in front.
    fn find_group<const LANES: usize>(&self, keys: &[&[u8]], hints: &mut [Option<Slot>]) {
        let idle = Lane { probe: Probe::new(&[]), at: self.root, needs_record: false, index: 0 };
        let mut lanes = [idle; LANES];
        for (index, (lane, key)) in lanes.iter_mut().zip(keys).enumerate() {
            *lane = Lane { probe: Probe::new(key), index, ..idle };
        }
        let mut searching = keys.len().min(hints.len());
        while searching > 0 {
            let mut turn = 0;
            while turn < searching {
                let lane = &mut lanes[turn];
                if self.advance(lane) {
                    turn += 1;
                    continue;
                }
                hints[lane.index] = Slot::of(lane.at);
                searching -= 1;
                lanes.swap(turn, searching);
            }
        }
    }

    /// One step of a lane; false when its search is over.
    #[inline]
    fn advance(&self, lane: &mut Lane<'_>) -> bool {
        let Some(node) = self.arena.get(lane.at) else {
            return false;
        };
        let side = match lane.probe.side(node) {
            Some(side) => side,
            None if !lane.needs_record => {
                node.live().prefetch();
                lane.needs_record = true;
                return true;
            }
            None => match lane.probe.compare_records(node) {
                Ordering::Equal => return false,
                order => usize::from(order == Ordering::Greater),
            },
        };
        lane.needs_record = false;
        lane.at = node.children[side];
        if let Some(next) = self.arena.get(lane.at) {
            mem::prefetch(next);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::Packed;

    fn found(treap: &Treap<Packed>, keys: &[&[u8]]) -> Vec<Option<Slot>> {
        let mut hints = vec![None; keys.len()];
        treap.find_batch(keys, &mut hints);
        hints
    }

    #[test]
    fn a_batch_gives_what_searches_alone_give_however_many_there_are() {
        let keys: Vec<Vec<u8>> = (0..200).map(|number| format!("key:{number}").into_bytes()).collect();
        let mut treap: Treap<Packed> = Treap::with_seed(7);
        for key in keys.iter().step_by(2) {
            treap.insert(Packed::string(key, b"")).unwrap();
        }
        for count in [0, 1, FEW_LANES, FEW_LANES + 1, MAX_LANES, MAX_LANES + 1, keys.len()] {
            let asked: Vec<&[u8]> = keys[..count].iter().map(Vec::as_slice).collect();
            let alone: Vec<Option<Slot>> = asked.iter().map(|key| treap.find(key)).collect();
            assert_eq!(found(&treap, &asked), alone, "W4: {count} keys");
        }
    }

    #[test]
    fn a_hint_is_good_while_its_slot_holds_the_key_and_none_says_nothing() {
        let mut treap: Treap<Packed> = Treap::with_seed(7);
        treap.insert(Packed::string(b"apple", b"")).unwrap();
        let hints = found(&treap, &[b"apple", b"fig"]);
        let apple = hints[0].unwrap();
        assert_eq!((hints[1], treap.holds(apple, b"apple")), (None, true));

        treap.remove(b"apple");
        assert!(!treap.holds(apple, b"apple"), "W5: the slot is free");
        let (fig, _) = treap.insert(Packed::string(b"fig", b"")).unwrap();
        assert_eq!((fig, treap.find(b"fig")), (apple, Some(apple)));
        assert!(!treap.holds(apple, b"apple"), "W5: the slot is another key's");
        assert!(treap.holds(apple, b"fig"), "W5: a hint is good wherever it came from");
    }
}

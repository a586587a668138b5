use std::cmp::Ordering;
use std::ops::Bound;

use heapwood_treap::Record;

impl<R: Record> Treap<R> {
    pub fn rank(&self, key: &[u8]) -> Option<u64> {
        let (before, found) = self.weigh(key);
        found.map(|_| before)
    }

    pub fn weigh(&self, key: &[u8]) -> (u64, Option<u32>) {
        let mut probe = Probe::new(key);
        let (mut at, mut before) = (self.root, 0);
        while let Some(node) = self.arena.get(at) {
            let [left, right] = node.children;
            match probe.compare(node) {
                Ordering::Less => at = left,
                Ordering::Greater => {
                    before += u64::from(node.weight - self.arena.weight(right));
                    at = right;
                }
                Ordering::Equal => {
                    return (before + u64::from(self.arena.weight(left)), Some(self.counted(at)));
                }
            }
        }
        (before, None)
    }

    pub fn at(&self, mut index: u64) -> Option<Slot> {
        let mut at = self.root;
        while let Some(node) = self.arena.get(at) {
            let [left, right] = node.children;
            let before = u64::from(self.arena.weight(left));
            let through = u64::from(node.weight - self.arena.weight(right));
            if index < before {
                at = left;
            } else if index < through {
                break;
            } else {
                index -= through;
                at = right;
            }
        }
        Slot::of(at)
    }

    pub fn count(&self, start: Bound<&[u8]>, end: Bound<&[u8]>) -> u64 {
        let before_start = match start {
            Bound::Unbounded => 0,
            Bound::Included(key) => self.weight_below(key, false),
            Bound::Excluded(key) => self.weight_below(key, true),
        };
        let up_to_end = match end {
            Bound::Unbounded => self.total_weight(),
            Bound::Included(key) => self.weight_below(key, true),
            Bound::Excluded(key) => self.weight_below(key, false),
        };
        up_to_end - before_start
    }

    pub fn weight_below(&self, key: &[u8], with_it: bool) -> u64 {
        let (before, found) = self.weigh(key);
        before + found.filter(|_| with_it).map_or(0, u64::from)
    }

    pub fn total_weight(&self) -> u64 {
        self.arena.weight(self.root).into()
    }

    pub fn counted(&self, node: u32) -> u32 {
        let [left, right] = self.arena[node].children.map(|child| self.arena.weight(child));
        self.arena[node].weight - left - right
    }
}

pub const NIL: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(pub u32);

impl Slot {
    pub fn of(link: u32) -> Option<Self> {
        (link != NIL).then_some(Self(link))
    }
}

pub struct Node<R> {
    pub children: [u32; 2],
    pub record: Option<R>,
    pub weight: u32,
}

impl<R> Node<R> {
    pub fn live(&self) -> &R {
        self.record.as_ref().expect("a node in the tree has a record")
    }
}

pub struct Arena<R> {
    pub nodes: Vec<Node<R>>,
}

impl<R> Arena<R> {
    pub fn get(&self, link: u32) -> Option<&Node<R>> {
        self.nodes.get(link as usize)
    }

    pub fn weight(&self, link: u32) -> u32 {
        self.get(link).map_or(0, |node| node.weight)
    }
}

impl<R> std::ops::Index<u32> for Arena<R> {
    type Output = Node<R>;
    fn index(&self, index: u32) -> &Node<R> {
        &self.nodes[index as usize]
    }
}

pub struct Treap<R: Record> {
    pub arena: Arena<R>,
    pub root: u32,
}

pub struct Probe<'k>(&'k [u8]);

impl<'k> Probe<'k> {
    pub fn new(key: &'k [u8]) -> Self {
        Self(key)
    }

    pub fn compare<R: Record>(&mut self, node: &Node<R>) -> Ordering {
        self.0.cmp(node.live().key())
    }
}

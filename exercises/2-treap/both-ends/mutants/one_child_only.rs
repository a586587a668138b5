use std::cmp::Ordering;
use std::ops::Bound;

use heapwood_treap::Record;

pub fn enter<R: Record>(arena: &Arena<R>, root: u32, bound: Bound<&[u8]>, end: usize) -> Vec<u32> {
    let (key, with_it) = match bound {
        Bound::Unbounded => (None, true),
        Bound::Included(key) => (Some(key), true),
        Bound::Excluded(key) => (Some(key), false),
    };
    let mut probe = key.map(Probe::new);
    let inside = [Ordering::Less, Ordering::Greater][end];
    let (mut at, mut waiting) = (root, Vec::new());
    while let Some(node) = arena.get(at) {
        let is_inside = probe.as_mut().is_none_or(|probe| match probe.compare(node) {
            Ordering::Equal => with_it,
            order => order == inside,
        });
        if is_inside {
            waiting.push(at);
        }
        at = node.children[if is_inside { end } else { 1 - end }];
    }
    waiting
}

impl<R: Record> Range<'_, R> {
    pub fn advance(&mut self, end: usize) -> Option<Slot> {
        let node = self.waiting[end].pop()?;
        if self.waiting[1 - end].last() == Some(&node) {
            self.waiting = Default::default();
            return Some(Slot(node));
        }
        let mut at = self.arena[node].children[1 - end];
        if at != NIL {
            self.waiting[end].push(at);
        }
        Some(Slot(node))
    }
}

impl<R: Record> Iterator for Range<'_, R> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        self.advance(0)
    }
}

impl<R: Record> DoubleEndedIterator for Range<'_, R> {
    fn next_back(&mut self) -> Option<Slot> {
        self.advance(1)
    }
}

pub struct Range<'a, R> {
    arena: &'a Arena<R>,
    waiting: [Vec<u32>; 2],
}

impl<R: Record> Treap<R> {
    pub fn range(&self, start: Bound<&[u8]>, end: Bound<&[u8]>) -> Range<'_, R> {
        let mut waiting = [enter(&self.arena, self.root, start, 0), enter(&self.arena, self.root, end, 1)];
        let [first, last] =
            waiting.each_ref().map(|nodes| nodes.last().map(|&node| self.arena[node].live().key()));
        if first.zip(last).is_none_or(|(first, last)| first > last) {
            // Two ends of which one is missing, or that have passed each other, would never meet.
            waiting = Default::default();
        }
        Range { arena: &self.arena, waiting }
    }
}

pub const NIL: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(pub u32);

pub struct Node<R> {
    pub children: [u32; 2],
    pub record: Option<R>,
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

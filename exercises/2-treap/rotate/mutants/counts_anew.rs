use heapwood_treap::Record;

use self::window::Window;

impl<R: Record> Treap<R> {
    pub fn rotate(&mut self, down: Step, side: usize) -> u32 {
        let Step { node: down, mut bounds } = down;
        let up = self.arena[down].children[side];
        // T1: what lies between the two keys stays between them.
        let inner = self.arena[up].children[1 - side];
        self.arena[down].children[side] = inner;
        self.arena[up].children[1 - side] = down;

        // T3: the upper of the two weighs what the upper one weighed before.
        let whole = self.arena[down].weight;
        let [left, right] = self.arena[down].children;
        self.arena[down].weight =
            self.arena[down].live().weight() + self.arena.weight(left) + self.arena.weight(right);
        self.arena[up].weight = whole;

        // T4: the one that goes up takes over the interval; the other gets it as a bound.
        let skip = self.arena[down].window.skip();
        self.arena[up].window = Window::new(self.arena[up].live().key(), skip);
        bounds[side] = up;
        self.arena[down].window = window::between(&self.arena, self.arena[down].live().key(), bounds);
        up
    }
}

pub const NIL: u32 = u32::MAX;

pub type Bounds = [u32; 2];

#[derive(Clone, Copy)]
pub struct Step {
    pub node: u32,
    pub bounds: Bounds,
}

pub struct Node<R> {
    pub window: Window,
    pub children: [u32; 2],
    pub record: Option<R>,
    pub priority: u32,
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

impl<R> std::ops::IndexMut<u32> for Arena<R> {
    fn index_mut(&mut self, index: u32) -> &mut Node<R> {
        &mut self.nodes[index as usize]
    }
}

pub struct Treap<R: Record> {
    pub arena: Arena<R>,
    pub root: u32,
}

pub mod window {
    use heapwood_treap::Record;

    use super::{Arena, Bounds};

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Window(usize, [u8; 7]);

    impl Window {
        pub fn new(key: &[u8], skip: usize) -> Self {
            let mut bytes = key.iter().skip(skip).copied();
            Self(skip, std::array::from_fn(|_| bytes.next().unwrap_or(0)))
        }

        pub fn skip(self) -> usize {
            self.0
        }
    }

    pub fn between<R: Record>(arena: &Arena<R>, key: &[u8], bounds: Bounds) -> Window {
        let [Some(low), Some(high)] = bounds.map(|bound| arena.get(bound)) else {
            return Window::new(key, 0);
        };
        let pairs = low.live().key().iter().zip(high.live().key());
        Window::new(key, pairs.take_while(|(low, high)| low == high).count())
    }
}

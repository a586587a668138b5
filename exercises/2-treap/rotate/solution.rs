//! Rotate a node above its parent.
//!
//! Everything that changes the shape of Heapwood's treap goes through one movement: an insertion lifts the new node with it, a
//! removal lets the old one sink. The child at one side goes up in place of its parent, and the parent becomes its child.
//!
//! Write `Treap::rotate`. Afterwards all of this holds for the two nodes, and no other node has changed:
//!
//! - **T1, order**: left of a node are smaller keys, right of it larger ones. Do not lose the subtree between the two.
//! - **T3, weight**: a node's weight is what its record counts for and its children weigh, together. A node
//!   may count for less than its record's `weight()`, as one does that is being removed. So work with the weights of nodes.
//! - **T4, window**: a node's window skips exactly what the bounds of its interval share. Three functions are all you
//!   need of windows, and the file has them: `window.skip()`, `Window::new(key, skip)` and `window::between(&arena, key, bounds)`.
//!
//! Given, below: the arena with its links, `Step`, and windows in a condensed form. `arena.weight(link)` is 0 for `NIL`. The link
//! from above is the caller's; you return what it should lead to.
//!
//! Run it with `cargo learn rotate`.

use heapwood_treap::Record;

use self::window::Window;

impl<R: Record> Treap<R> {
    /// Rotates the child at `side` (0 left, 1 right) above its parent, `down.node`, whose interval has the bounds
    /// `down.bounds`. Gives the node that is the upper one now. O(1). In the picture `down` is that parent, `down.node`.
    ///
    /// ```text
    ///        down               up
    ///        /  \              /  \
    ///      up    c    side 0  a    down
    ///     /  \        ────▶        /  \
    ///    a    b                   b    c
    /// ```
    pub fn rotate(&mut self, down: Step, side: usize) -> u32 {
        let Step { node: down, mut bounds } = down;
        let up = self.arena[down].children[side];
        // T1: what lies between the two keys stays between them.
        let inner = self.arena[up].children[1 - side];
        self.arena[down].children[side] = inner;
        self.arena[up].children[1 - side] = down;

        // T3: the upper of the two weighs what the upper one weighed before.
        let whole = self.arena[down].weight;
        self.arena[down].weight = whole - self.arena[up].weight + self.arena.weight(inner);
        self.arena[up].weight = whole;

        // T4: the one that goes up takes over the interval; the other gets it as a bound.
        let skip = self.arena[down].window.skip();
        self.arena[up].window = Window::new(self.arena[up].live().key(), skip);
        bounds[side] = up;
        self.arena[down].window = window::between(&self.arena, self.arena[down].live().key(), bounds);
        up
    }
}

/// A link that leads nowhere.
pub const NIL: u32 = u32::MAX;

/// The nodes whose keys enclose a subtree, as links: the lower, then the upper; [`NIL`] where it is open.
pub type Bounds = [u32; 2];

/// A node on a path, with the bounds of its interval.
#[derive(Clone, Copy)]
pub struct Step {
    /// The node.
    pub node: u32,
    /// The bounds of its whole subtree.
    pub bounds: Bounds,
}

/// One node of the tree.
pub struct Node<R> {
    /// A piece of the key that settles most comparisons.
    pub window: Window,
    /// Left and right child.
    pub children: [u32; 2],
    /// The record; `None` in a free slot.
    pub record: Option<R>,
    /// Drawn at random. A rotation does not look at it.
    pub priority: u32,
    /// The weights of all records in this subtree, added.
    pub weight: u32,
}

impl<R> Node<R> {
    /// The record of a node that is in the tree.
    pub fn live(&self) -> &R {
        self.record.as_ref().expect("a node in the tree has a record")
    }
}

/// All nodes.
pub struct Arena<R> {
    /// A link is an index into this.
    pub nodes: Vec<Node<R>>,
}

impl<R> Arena<R> {
    /// The node a link leads to; `None` for [`NIL`].
    pub fn get(&self, link: u32) -> Option<&Node<R>> {
        self.nodes.get(link as usize)
    }

    /// The weight of the subtree a link leads to; 0 for [`NIL`].
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

/// The treap: of its fields a rotation needs the arena.
pub struct Treap<R: Record> {
    /// All nodes.
    pub arena: Arena<R>,
    /// The uppermost node.
    pub root: u32,
}

/// Windows, condensed. Chapter 9 is about what is inside.
pub mod window {
    use heapwood_treap::Record;

    use super::{Arena, Bounds};

    /// Some bytes of a key, and how many were skipped before them.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Window(usize, [u8; 7]);

    impl Window {
        /// The window of a key whose first `skip` bytes are those of all keys in its interval.
        pub fn new(key: &[u8], skip: usize) -> Self {
            let mut bytes = key.iter().skip(skip).copied();
            Self(skip, std::array::from_fn(|_| bytes.next().unwrap_or(0)))
        }

        /// How many bytes it skips: so many, all keys of the interval share.
        pub fn skip(self) -> usize {
            self.0
        }
    }

    /// The window of `key` between `bounds`: it skips what the keys of the two share, and nothing where one is missing.
    pub fn between<R: Record>(arena: &Arena<R>, key: &[u8], bounds: Bounds) -> Window {
        let [Some(low), Some(high)] = bounds.map(|bound| arena.get(bound)) else {
            return Window::new(key, 0);
        };
        let pairs = low.live().key().iter().zip(high.live().key());
        Window::new(key, pairs.take_while(|(low, high)| low == high).count())
    }
}

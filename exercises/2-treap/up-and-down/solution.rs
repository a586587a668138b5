//! An insertion's way up and a removal's way down.
//!
//! A new key becomes a leaf, and its random priority may be above its parent's: then rotations lift it. A removal does the
//! opposite: rotations let the node sink until it is a leaf, and a leaf can be cut off. No node has a link to its parent, so both
//! work along `path`, the steps from the root that the search for the key has noted.
//!
//! Write `Treap::rise` and `Treap::sink`. What must hold when they return:
//!
//! - **T2, heap**: no child has a higher priority than its parent. A parent with the same priority stays above.
//! - Every link leads to where it should, the one from above the two rotated nodes too: `rotate` leaves that one to you.
//! - Each step that you give to `rotate` has the right bounds, since windows are made from them (T4).
//!
//! Given: `rotate`, which returns the node that is above now and writes down what it was asked for; and `link`, which makes
//! the last node of the path lead to a node (or the root, when the path is empty). Weights and windows are left out here.
//!
//! The cases write a tree with a node a line, in the order of the keys: `fig 90: left apple, right none` has the priority 90.
//!
//! Run it with `cargo learn up-and-down`.

impl Treap {
    /// Rotates a new leaf up until T2 holds. A parent with the same priority stays above it.
    ///
    /// The path ends at the leaf's parent, and the leaf is linked there.
    pub fn rise(&mut self, node: u32) {
        while let Some(parent) = self.path.pop() {
            if self.arena[parent.node].priority >= self.arena[node].priority {
                break;
            }
            let side = usize::from(self.arena[parent.node].children[1] == node);
            self.rotate(parent, side);
            self.link(parent.bounds, node);
        }
    }

    /// Rotates the last node of the path down until it is a leaf, and unlinks it. The child with the higher priority goes
    /// up, so that T2 holds between the two.
    pub fn sink(&mut self) {
        let mut down = self.path.pop().expect("the path ends at the node to remove");
        loop {
            let [left, right] = self.arena[down.node].children;
            let side = match (self.arena.get(left), self.arena.get(right)) {
                (None, None) => break,
                (Some(left), Some(right)) => usize::from(right.priority > left.priority),
                (left, _) => usize::from(left.is_none()),
            };
            let up = self.rotate(down, side);
            self.link(down.bounds, up);
            self.path.push(Step { node: up, bounds: down.bounds });
            down.bounds[side] = up;
        }
        self.link(down.bounds, NIL);
    }

    /// Links a node, or nothing, below the end of the path, on the side where the interval with these bounds is: right
    /// of a node that is its lower bound.
    pub fn link(&mut self, bounds: Bounds, to: u32) {
        match self.path.last() {
            None => self.root = to,
            Some(parent) => self.arena[parent.node].children[usize::from(bounds[0] == parent.node)] = to,
        }
    }

    /// Lets the child at `side` go up in place of its parent, `down.node`. The caller makes the link that led to the one
    /// lead to the other. Gives the node that went up.
    pub fn rotate(&mut self, down: Step, side: usize) -> u32 {
        let up = self.arena[down.node].children[side];
        assert!(up != NIL, "there is no child at side {side} that could go up");
        let inner = std::mem::replace(&mut self.arena[up].children[1 - side], down.node);
        self.arena[down.node].children[side] = inner;
        self.rotations.push((up, down));
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
pub struct Node {
    /// The key.
    pub key: &'static str,
    /// Left and right child.
    pub children: [u32; 2],
    /// Drawn at random; a parent's is at least its children's.
    pub priority: u32,
}

/// All nodes.
pub struct Arena {
    /// A link is an index into this.
    pub nodes: Vec<Node>,
}

impl Arena {
    /// The node a link leads to; `None` for [`NIL`].
    pub fn get(&self, link: u32) -> Option<&Node> {
        self.nodes.get(link as usize)
    }
}

impl std::ops::Index<u32> for Arena {
    type Output = Node;
    fn index(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }
}

impl std::ops::IndexMut<u32> for Arena {
    fn index_mut(&mut self, index: u32) -> &mut Node {
        &mut self.nodes[index as usize]
    }
}

/// The treap, as far as it is needed here.
pub struct Treap {
    /// All nodes.
    pub arena: Arena,
    /// A link to the uppermost node.
    pub root: u32,
    /// The way from the root to the node at work, in place of links to parents.
    pub path: Vec<Step>,
    /// For the exercise's cases: the rotations so far, each as the node that went up and the step that went down.
    pub rotations: Vec<(u32, Step)>,
}

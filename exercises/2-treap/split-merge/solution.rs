//! Split and merge: ranges of keys that change their owner.
//!
//! Two servers share a set of keys, and a range of keys moves from one to the other. Key by key that takes as many removals
//! and insertions as the range has keys. A treap can be cut into two at any key, and two treaps that do not overlap can be joined,
//! each on one way down. With these two, no rotation is needed at all.
//!
//! Write `split`, `merge`, and with them `cut`, which takes a range out and gives it back as a treap of its own. What must hold
//! in every tree that comes out:
//!
//! - **T1, order**: left of a node are smaller keys, right of it larger ones.
//! - **T2, heap**: no child has a higher priority than its parent. Nodes keep the priorities that they have.
//! - **T3, weight**: `size` is the number of nodes in the subtree, the node itself included.
//!
//! No key is lost or copied. All three take O(log n) expected steps, so do not walk through all nodes. Recursion is allowed:
//! the tree is flat. Here a node owns its children, so a tree is an `Option<Box<Node>>`; `Option::take` and moves are your tools.
//!
//! The cases write a tree as `5(2, 9)`: 5 with its left and its right child. `-` is no child.
//!
//! Given: `Node`, `size`, and `Node::resize`, which sets a node's size from its children's.
//!
//! Run it with `cargo learn split-merge`.

/// A treap of keys: nothing, or its root.
pub type Tree = Option<Box<Node>>;

/// A node, which owns the trees below it.
#[derive(Clone, Debug)]
pub struct Node {
    /// The key.
    pub key: u64,
    /// Drawn at random; at least that of each child.
    pub priority: u32,
    /// How many nodes are in this subtree.
    pub size: usize,
    /// The tree of the smaller keys.
    pub left: Tree,
    /// The tree of the larger keys.
    pub right: Tree,
}

impl Node {
    /// A tree of one key.
    pub fn leaf(key: u64, priority: u32) -> Tree {
        Some(Box::new(Self { key, priority, size: 1, left: None, right: None }))
    }

    /// Sets the size of this node from those of its children.
    pub fn resize(&mut self) {
        self.size = size(&self.left) + 1 + size(&self.right);
    }
}

/// How many keys are in a tree. O(1).
pub fn size(tree: &Tree) -> usize {
    tree.as_ref().map_or(0, |node| node.size)
}

/// Cuts a tree into two: the keys below `key`, and the others. O(log n) expected.
pub fn split(tree: Tree, key: u64) -> (Tree, Tree) {
    let Some(mut node) = tree else {
        return (None, None);
    };
    if node.key < key {
        let (below, from) = split(node.right.take(), key);
        node.right = below;
        node.resize();
        (Some(node), from)
    } else {
        let (below, from) = split(node.left.take(), key);
        node.left = from;
        node.resize();
        (below, Some(node))
    }
}

/// Joins two trees, where every key of the left one is below every key of the right one. O(log n) expected. Of two roots
/// with the same priority the left one is above.
pub fn merge(left: Tree, right: Tree) -> Tree {
    match (left, right) {
        (tree, None) | (None, tree) => tree,
        (Some(mut left), Some(mut right)) => {
            if left.priority >= right.priority {
                left.right = merge(left.right.take(), Some(right));
                left.resize();
                Some(left)
            } else {
                right.left = merge(Some(left), right.left.take());
                right.resize();
                Some(right)
            }
        }
    }
}

/// Takes the keys that are at least `start` and below `end` out of a tree, and gives them as a tree; nothing happens when
/// the start is not below the end. O(log n) expected, however many keys that are.
pub fn cut(tree: &mut Tree, start: u64, end: u64) -> Tree {
    let (below, rest) = split(tree.take(), start);
    let (range, above) = split(rest, end);
    *tree = merge(below, above);
    range
}

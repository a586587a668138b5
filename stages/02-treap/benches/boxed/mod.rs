//! A treap as one would write it first: a box for each node, in it boxes for key and value, and no windows.

use std::cmp::Ordering;

/// What leads to a node.
type Link = Option<Box<Node>>;

/// A node, and what it owns.
struct Node {
    key: Box<[u8]>,
    value: Box<[u8]>,
    priority: u32,
    children: [Link; 2],
}

/// The link to the root.
#[derive(Default)]
pub(crate) struct BoxedTreap {
    root: Link,
}

impl BoxedTreap {
    /// Puts a value in; `priority` is to be random.
    pub(crate) fn insert(&mut self, key: &[u8], value: &[u8], priority: u32) {
        let node = Node { key: key.into(), value: value.into(), priority, children: [None, None] };
        insert(&mut self.root, Box::new(node));
    }

    /// The value of a key.
    pub(crate) fn find(&self, key: &[u8]) -> Option<&[u8]> {
        let mut at = &self.root;
        while let Some(node) = at {
            at = match key.cmp(&node.key) {
                Ordering::Less => &node.children[0],
                Ordering::Greater => &node.children[1],
                Ordering::Equal => return Some(&node.value),
            };
        }
        None
    }
}

/// Puts a node below a link; on the way back, a child with a higher priority goes up.
fn insert(link: &mut Link, new: Box<Node>) {
    let Some(node) = link else {
        *link = Some(new);
        return;
    };
    let side = match new.key.cmp(&node.key) {
        Ordering::Less => 0,
        Ordering::Greater => 1,
        Ordering::Equal => {
            node.value = new.value;
            return;
        }
    };
    insert(&mut node.children[side], new);
    if node.children[side].as_ref().is_some_and(|child| child.priority > node.priority) {
        rotate(link, side);
    }
}

/// Moves the child at `side`, which is there, above its parent.
fn rotate(link: &mut Link, side: usize) {
    let mut down = link.take().expect("a parent");
    let mut up = down.children[side].take().expect("a child at this side");
    down.children[side] = up.children[1 - side].take();
    up.children[1 - side] = Some(down);
    *link = Some(up);
}

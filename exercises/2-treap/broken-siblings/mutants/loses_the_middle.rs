//! A treap of boxes. A rotation to the right loses the subtree between the two keys.

use std::ops::{Bound, RangeBounds};

use super::super::subject::OrderedMap;

pub struct LosesTheMiddle {
    root: Tree,
    inserted: u32,
}

type Tree = Option<Box<Node>>;

struct Node {
    key: String,
    value: String,
    place: u32,
    priority: u32,
    children: [Tree; 2],
}

impl LosesTheMiddle {
    fn records(&self) -> Vec<&Node> {
        let mut records = Vec::new();
        visit(&self.root, &mut records);
        records
    }

    fn find(&self, key: &str) -> Option<&Node> {
        let mut at = self.root.as_deref();
        while let Some(node) = at.filter(|node| node.key != key) {
            at = node.children[usize::from(*node.key < *key)].as_deref();
        }
        at
    }
}

fn visit<'a>(tree: &'a Tree, records: &mut Vec<&'a Node>) {
    if let Some(node) = tree {
        visit(&node.children[0], records);
        records.push(node);
        visit(&node.children[1], records);
    }
}

fn insert(tree: &mut Tree, new: Box<Node>) -> Option<String> {
    let Some(node) = tree else {
        *tree = Some(new);
        return None;
    };
    if node.key == new.key {
        return Some(std::mem::replace(&mut node.value, new.value));
    }
    let side = usize::from(node.key < new.key);
    let old = insert(&mut node.children[side], new);
    if node.children[side].as_ref().is_some_and(|child| child.priority > node.priority) {
        rotate(tree, side);
    }
    old
}

fn rotate(tree: &mut Tree, side: usize) {
    let Some(mut down) = tree.take() else {
        return;
    };
    let Some(mut up) = down.children[side].take() else {
        return;
    };
    if side == 1 {
        down.children[1] = up.children[0].take();
    }
    up.children[1 - side] = Some(down);
    *tree = Some(up);
}

fn merge(left: Tree, right: Tree) -> Tree {
    match (left, right) {
        (tree, None) | (None, tree) => tree,
        (Some(mut left), Some(right)) if left.priority >= right.priority => {
            left.children[1] = merge(left.children[1].take(), Some(right));
            Some(left)
        }
        (left, Some(mut right)) => {
            right.children[0] = merge(left, right.children[0].take());
            Some(right)
        }
    }
}

fn remove(tree: &mut Tree, key: &str) -> Option<String> {
    let node = tree.as_mut()?;
    if node.key != key {
        return remove(&mut node.children[usize::from(*node.key < *key)], key);
    }
    let [left, right] = &mut node.children;
    let rest = merge(left.take(), right.take());
    std::mem::replace(tree, rest).map(|node| node.value)
}

impl OrderedMap for LosesTheMiddle {
    fn new() -> Self {
        Self { root: None, inserted: 0 }
    }

    fn insert(&mut self, key: &str, value: &str) -> Option<String> {
        self.inserted += 1;
        let (place, priority) = (self.inserted, self.inserted.wrapping_mul(0x9e37_79b9));
        let children = [None, None];
        let new = Node { key: key.into(), value: value.into(), place, priority, children };
        insert(&mut self.root, Box::new(new))
    }

    fn remove(&mut self, key: &str) -> Option<String> {
        remove(&mut self.root, key)
    }

    fn get(&self, key: &str) -> Option<String> {
        self.find(key).map(|node| node.value.clone())
    }

    fn place(&self, key: &str) -> Option<u32> {
        self.find(key).map(|node| node.place)
    }

    fn rank(&self, key: &str) -> Option<u64> {
        self.records().iter().position(|node| node.key == key).map(|at| at as u64)
    }

    fn range(&self, start: Bound<&str>, end: Bound<&str>) -> Vec<String> {
        let keys = self.records().into_iter().map(|node| &node.key);
        keys.filter(|key| (start, end).contains(key.as_str())).cloned().collect()
    }
}

//! A binary tree as a picture knows it: what a treap showed of itself, and what a step between two such states does.

use std::collections::BTreeMap;

use heapwood_treap::{Packed, Slot, Treap};

/// A node, found by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// As drawn by the treap.
    pub(super) priority: u32,
    /// How many keys the subtree has.
    pub(super) weight: u32,
    /// Left and right child.
    pub(super) children: [Option<String>; 2],
}

/// A tree. Its keys in order give the columns of a drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) root: Option<String>,
}

impl Tree {
    /// What a treap shows.
    pub(super) fn recorded(treap: &Treap<Packed>) -> Self {
        let name = |slot: Slot| String::from_utf8_lossy(treap.node(slot).key).into_owned();
        let mut tree = Self { nodes: BTreeMap::new(), root: treap.root().map(name) };
        let mut waiting: Vec<Slot> = treap.root().into_iter().collect();
        while let Some(slot) = waiting.pop() {
            let view = treap.node(slot);
            let children = [view.left, view.right];
            waiting.extend(children.into_iter().flatten());
            let node = Node {
                priority: view.priority,
                weight: view.size,
                children: children.map(|child| child.map(name)),
            };
            tree.nodes.insert(name(slot), node);
        }
        tree
    }

    /// The nodes on the way to a key, the one that has it last, if it is there.
    pub(super) fn path(&self, key: &str) -> Vec<String> {
        let (mut path, mut at) = (Vec::new(), self.root.clone());
        while let Some(node) = at {
            at = match key.cmp(&node) {
                std::cmp::Ordering::Less => self.nodes[&node].children[0].clone(),
                std::cmp::Ordering::Greater => self.nodes[&node].children[1].clone(),
                std::cmp::Ordering::Equal => None,
            };
            path.push(node);
        }
        path
    }

    /// The parent of a key that is there.
    pub(super) fn parent(&self, key: &str) -> Option<String> {
        self.path(key).into_iter().rev().nth(1)
    }

    /// How many keys a subtree has.
    pub(super) fn weight(&self, key: &Option<String>) -> u32 {
        key.as_ref().map_or(0, |key| self.nodes[key].weight)
    }

    /// Adds a leaf where a search for its key ends.
    pub(super) fn plant(&mut self, key: &str, priority: u32) {
        let path = self.path(key);
        for above in &path {
            self.node(above).weight += 1;
        }
        match path.last() {
            None => self.root = Some(key.to_owned()),
            Some(parent) => {
                self.node(parent).children[usize::from(key > parent.as_str())] = Some(key.to_owned());
            }
        }
        self.nodes.insert(key.to_owned(), Node { priority, weight: 1, children: [None, None] });
    }

    /// Rotates a node above its parent; nothing happens to the root.
    pub(super) fn raise(&mut self, up: &str) {
        let Some(down) = self.parent(up) else { return };
        let above = self.parent(&down);
        let side = usize::from(up > down.as_str());
        let inner = self.node(up).children[1 - side].replace(down.clone());
        self.node(&down).children[side] = inner;
        match above {
            None => self.root = Some(up.to_owned()),
            Some(above) => self.node(&above).children[usize::from(up > above.as_str())] = Some(up.to_owned()),
        }
        for node in [down.as_str(), up] {
            let [left, right] = self.nodes[node].children.clone();
            self.node(node).weight = 1 + self.weight(&left) + self.weight(&right);
        }
    }

    /// Takes a leaf away.
    pub(super) fn cut(&mut self, key: &str) {
        let path = self.path(key);
        for above in &path {
            self.node(above).weight -= 1;
        }
        match self.parent(key) {
            None => self.root = None,
            Some(parent) => self.node(&parent).children[usize::from(key > parent.as_str())] = None,
        }
        self.nodes.remove(key);
    }

    /// A node that is there.
    fn node(&mut self, key: &str) -> &mut Node {
        self.nodes.get_mut(key).expect("only keys of this tree are asked for")
    }

    /// How far below the root a key is.
    pub(super) fn depth(&self, key: &str) -> usize {
        self.path(key).len() - 1
    }

    /// How many levels there are.
    pub(super) fn levels(&self) -> usize {
        self.nodes.keys().map(|key| self.depth(key) + 1).max().unwrap_or(0)
    }
}

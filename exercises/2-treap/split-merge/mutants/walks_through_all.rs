pub type Tree = Option<Box<Node>>;

#[derive(Clone, Debug)]
pub struct Node {
    pub key: u64,
    pub priority: u32,
    pub size: usize,
    pub left: Tree,
    pub right: Tree,
}

impl Node {
    pub fn leaf(key: u64, priority: u32) -> Tree {
        Some(Box::new(Self { key, priority, size: 1, left: None, right: None }))
    }

    pub fn resize(&mut self) {
        self.size = size(&self.left) + 1 + size(&self.right);
    }
}

pub fn size(tree: &Tree) -> usize {
    tree.as_ref().map_or(0, |node| node.size)
}

pub fn split(tree: Tree, key: u64) -> (Tree, Tree) {
    let mut nodes = Vec::new();
    flatten(tree, &mut nodes);
    let here = nodes.partition_point(|node| node.0 < key);
    (build(&nodes[..here]), build(&nodes[here..]))
}

fn flatten(tree: Tree, nodes: &mut Vec<(u64, u32)>) {
    if let Some(node) = tree {
        flatten(node.left, nodes);
        nodes.push((node.key, node.priority));
        flatten(node.right, nodes);
    }
}

fn build(nodes: &[(u64, u32)]) -> Tree {
    let at = (0..nodes.len()).rev().max_by_key(|&at| nodes[at].1)?;
    let (key, priority) = nodes[at];
    let mut node = Node { key, priority, size: 0, left: build(&nodes[..at]), right: build(&nodes[at + 1..]) };
    node.resize();
    Some(Box::new(node))
}

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

pub fn cut(tree: &mut Tree, start: u64, end: u64) -> Tree {
    let (below, rest) = split(tree.take(), start);
    let (range, above) = split(rest, end);
    *tree = merge(below, above);
    range
}

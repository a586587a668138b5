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

pub fn merge(left: Tree, right: Tree) -> Tree {
    match (left, right) {
        (tree, None) | (None, tree) => tree,
        (Some(mut left), Some(mut right)) => {
            if left.priority >= right.priority {
                left.right = merge(left.right.take(), Some(right));
                left.resize();
                Some(left)
            } else {
                right.left = Some(left);
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

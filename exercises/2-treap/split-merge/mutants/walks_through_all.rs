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

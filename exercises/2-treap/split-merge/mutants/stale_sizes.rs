pub fn split(tree: Tree, key: u64) -> (Tree, Tree) {
    let Some(mut node) = tree else {
        return (None, None);
    };
    if node.key < key {
        let (below, from) = split(node.right.take(), key);
        node.right = below;
        (Some(node), from)
    } else {
        let (below, from) = split(node.left.take(), key);
        node.left = from;
        node.resize();
        (below, Some(node))
    }
}

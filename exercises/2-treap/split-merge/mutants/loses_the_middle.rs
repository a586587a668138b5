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

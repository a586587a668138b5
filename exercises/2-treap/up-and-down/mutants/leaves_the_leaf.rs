impl Treap {
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
    }
}

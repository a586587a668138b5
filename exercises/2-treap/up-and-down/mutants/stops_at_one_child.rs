impl Treap {
    pub fn sink(&mut self) {
        let mut down = self.path.pop().expect("the path ends at the node to remove");
        loop {
            let [left, right] = self.arena[down.node].children;
            let side = match (self.arena.get(left), self.arena.get(right)) {
                (Some(left), Some(right)) => usize::from(right.priority > left.priority),
                _ => break,
            };
            let up = self.rotate(down, side);
            self.link(down.bounds, up);
            self.path.push(Step { node: up, bounds: down.bounds });
            down.bounds[side] = up;
        }
        let [left, _] = self.arena[down.node].children;
        self.link(down.bounds, left);
    }
}

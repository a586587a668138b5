impl<R: Record> Treap<R> {
    pub fn rotate(&mut self, down: Step, side: usize) -> u32 {
        let Step { node: down, mut bounds } = down;
        let up = self.arena[down].children[side];
        // T1: what lies between the two keys stays between them.
        let inner = self.arena[up].children[1 - side];
        self.arena[down].children[side] = inner;
        self.arena[up].children[1 - side] = down;

        // T3: the upper of the two weighs what the upper one weighed before.
        let whole = self.arena[down].weight;
        self.arena[down].weight = whole - self.arena[up].weight + self.arena.weight(inner);
        self.arena[up].weight = whole;

        // T4: the one that goes up takes over the interval; the other gets it as a bound.
        let skip = self.arena[down].window.skip();
        self.arena[up].window = Window::new(self.arena[up].live().key(), skip);
        bounds[1 - side] = up;
        self.arena[down].window = window::between(&self.arena, self.arena[down].live().key(), bounds);
        up
    }
}

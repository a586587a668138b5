impl Treap {
    pub fn rise(&mut self, node: u32) {
        while let Some(parent) = self.path.pop() {
            if self.arena[parent.node].priority >= self.arena[node].priority {
                break;
            }
            let side = usize::from(self.arena[parent.node].children[1] == node);
            self.rotate(parent, side);
            self.link(parent.bounds, node);
        }
    }

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
        }
        self.link(down.bounds, NIL);
    }

    pub fn link(&mut self, bounds: Bounds, to: u32) {
        match self.path.last() {
            None => self.root = to,
            Some(parent) => self.arena[parent.node].children[usize::from(bounds[0] == parent.node)] = to,
        }
    }

    pub fn rotate(&mut self, down: Step, side: usize) -> u32 {
        let up = self.arena[down.node].children[side];
        assert!(up != NIL, "there is no child at side {side} that could go up");
        let inner = std::mem::replace(&mut self.arena[up].children[1 - side], down.node);
        self.arena[down.node].children[side] = inner;
        self.rotations.push((up, down));
        up
    }
}

pub const NIL: u32 = u32::MAX;

pub type Bounds = [u32; 2];

#[derive(Clone, Copy)]
pub struct Step {
    pub node: u32,
    pub bounds: Bounds,
}

pub struct Node {
    pub key: &'static str,
    pub children: [u32; 2],
    pub priority: u32,
}

pub struct Arena {
    pub nodes: Vec<Node>,
}

impl Arena {
    pub fn get(&self, link: u32) -> Option<&Node> {
        self.nodes.get(link as usize)
    }
}

impl std::ops::Index<u32> for Arena {
    type Output = Node;
    fn index(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }
}

impl std::ops::IndexMut<u32> for Arena {
    fn index_mut(&mut self, index: u32) -> &mut Node {
        &mut self.nodes[index as usize]
    }
}

pub struct Treap {
    pub arena: Arena,
    pub root: u32,
    pub path: Vec<Step>,
    pub rotations: Vec<(u32, Step)>,
}

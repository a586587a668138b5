use heapwood_kit::given;
use heapwood_treap::Record;

use super::subject::window::{self, Window};
use super::subject::{Arena, Bounds, NIL, Node, Step, Treap};

/// A record of a tree that is written as text: `fig(apple, pear)` is fig with two children, `-` is no child, and `fig*3`
/// counts for 3.
struct Fruit(String, u32);

impl Record for Fruit {
    fn key(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.1
    }
}

/// The tree of a text, with all weights and windows right.
fn tree(text: &str) -> Treap<Fruit> {
    let mut treap = Treap { arena: Arena { nodes: Vec::new() }, root: NIL };
    treap.root = plant(&mut treap.arena, &mut &*text);
    settle(&mut treap.arena, treap.root, [NIL, NIL]);
    treap
}

fn plant(arena: &mut Arena<Fruit>, text: &mut &str) -> u32 {
    let (name, rest) = text.split_at(text.find(['(', ',', ')']).unwrap_or(text.len()));
    *text = rest;
    let name = name.trim();
    if name == "-" {
        return NIL;
    }
    let (key, weight) = name.split_once('*').unwrap_or((name, "1"));
    let record = Some(Fruit(key.into(), weight.parse().expect("a weight")));
    let window = Window::new(key.as_bytes(), 0);
    arena.nodes.push(Node { window, children: [NIL; 2], record, priority: 0, weight: 0 });
    let node = (arena.nodes.len() - 1) as u32;
    if text.starts_with('(') {
        for side in 0..2 {
            *text = &text[1..];
            arena[node].children[side] = plant(arena, text);
        }
        *text = &text[1..];
    }
    node
}

fn settle(arena: &mut Arena<Fruit>, at: u32, bounds: Bounds) {
    if at != NIL {
        let [left, right] = arena[at].children;
        settle(arena, left, [bounds[0], at]);
        settle(arena, right, [at, bounds[1]]);
        arena[at].weight = arena[at].live().weight() + arena.weight(left) + arena.weight(right);
        arena[at].window = window::between(arena, arena[at].live().key(), bounds);
    }
}

/// Rotates the child at `side` above the node with this key, and links it as a caller does.
fn rotated(text: &str, key: &str, side: usize) -> Treap<Fruit> {
    let mut treap = tree(text);
    let (mut at, mut bounds, mut above) = (treap.root, [NIL, NIL], NIL);
    while treap.arena[at].live().0 != key {
        let side = usize::from(*treap.arena[at].live().0 < *key);
        bounds[1 - side] = at;
        above = at;
        at = treap.arena[at].children[side];
    }
    let up = treap.rotate(Step { node: at, bounds }, side);
    match above {
        NIL => treap.root = up,
        _ => treap.arena[above].children[usize::from(bounds[0] == above)] = up,
    }
    treap
}

/// All nodes in the form of the texts, each as `name` gives it. Says where links go round in a circle.
fn shown(treap: &Treap<Fruit>, name: &dyn Fn(&Node<Fruit>) -> String) -> String {
    show(&treap.arena, treap.root, treap.arena.nodes.len(), name)
}

fn show(arena: &Arena<Fruit>, at: u32, depth: usize, name: &dyn Fn(&Node<Fruit>) -> String) -> String {
    let Some(node) = arena.get(at) else {
        return "-".into();
    };
    if depth == 0 {
        return "(and so on, in a circle)".into();
    }
    match node.children {
        [NIL, NIL] => name(node),
        children => {
            let [left, right] = children.map(|child| show(arena, child, depth - 1, name));
            format!("{}({left}, {right})", name(node))
        }
    }
}

fn shape(treap: &Treap<Fruit>) -> String {
    shown(treap, &|node| node.live().0.clone())
}

fn weights(treap: &Treap<Fruit>) -> String {
    shown(treap, &|node| format!("{} weighs {}", node.live().0, node.weight))
}

/// Which windows skip how much.
fn windows(treap: &Treap<Fruit>) -> String {
    shown(treap, &|node| {
        let Fruit(key, _) = node.live();
        let skip = node.window.skip();
        let is_own = node.window == Window::new(key.as_bytes(), skip);
        format!("{key} skips {skip}{}", if is_own { "" } else { " and then has bytes of something else" })
    })
}

/// Compares what `of` says of the rotated tree and of the tree that should have come out.
fn compare(before: &str, key: &str, side: usize, after: &str, of: fn(&Treap<Fruit>) -> String) {
    let got = of(&rotated(before, key, side));
    let given = given(format!("the tree {before}, and to rotate at {key}, side {side}"));
    given.holds(of(&tree(after)) == got, of(&tree(after)), got);
}

/// With two nodes: the child is above, and its parent is its child on the other side.
pub fn a_parent_and_its_child() {
    compare("fig(apple, -)", "fig", 0, "apple(-, fig)", shape);
    compare("apple(-, fig)", "apple", 1, "fig(apple, -)", shape);
}

/// The subtree between the two keys changes its parent, and no node is lost (T1).
pub fn the_inner_subtree_stays_between() {
    let (left, right) = ("pear(fig(apple, kiwi), plum)", "fig(apple, pear(kiwi, plum))");
    compare(left, "pear", 0, right, shape);
    compare(right, "fig", 1, left, shape);
}

/// The node that goes up weighs what the other one weighed, and that one has lost what is not below it any more (T3).
pub fn weights_follow_the_links() {
    let (left, right) = ("pear(fig(apple, kiwi), plum)", "fig(apple, pear(kiwi, plum))");
    compare(left, "pear", 0, right, weights);
    compare(right, "fig", 1, left, weights);
}

/// A node without an inner subtree has nothing to give away, and its weight is right all the same (T3).
pub fn weights_without_an_inner_subtree() {
    compare("pear(fig(apple, -), plum)", "pear", 0, "fig(apple, pear(-, plum))", weights);
    compare("fig(apple, pear(-, plum))", "fig", 1, "pear(fig(apple, -), plum)", weights);
}

/// Records may count for more than 1, or for nothing (T3).
pub fn heavy_records() {
    let (left, right) =
        ("pear*10(fig*20(apple*3, kiwi*7), plum*0)", "fig*20(apple*3, pear*10(kiwi*7, plum*0))");
    compare(left, "pear", 0, right, weights);
    compare(right, "fig", 1, left, weights);
}

/// The node that goes up takes over the interval, and its window skips what the other's skipped (T4).
pub fn the_upper_window() {
    let upper = |treap: &Treap<Fruit>, upper: &str| {
        shown(treap, &|node| match &node.live().0 {
            key if key == upper => format!("{key} skips {}", node.window.skip()),
            key => key.clone(),
        })
    };
    let below = |inner: &str| format!("user:10(-, user:9({inner}, -))");
    let (before, after) = (below("user:19(user:15, -)"), below("user:15(-, user:19)"));
    let (expected, got) =
        (upper(&tree(&after), "user:15"), upper(&rotated(&before, "user:19", 0), "user:15"));
    let given = given(format!("the tree {before}, and to rotate at user:19, side 0"));
    given.holds(expected == got, expected, got);
}

/// The node that goes down has the other as its bound now, on the side where that one was (T4).
pub fn the_lower_window() {
    let below = |inner: &str| format!("user:0(-, user:19({inner}, -))");
    let (left, right) = (
        below("user:17(user:15(user:12, user:16), user:18)"),
        below("user:15(user:12, user:17(user:16, user:18))"),
    );
    compare(&left, "user:17", 0, &right, windows);
    compare(&right, "user:15", 1, &left, windows);
}

/// Rotating there and back leaves everything as it was, far below the root too.
pub fn there_and_back() {
    let text = "m(key:b(a, key:x(key:f(key:d*4, key:h(-, key:k)), -)), z)";
    let mut treap = rotated(text, "key:x", 0);
    let (low, high) = (treap.arena[treap.root].children[0], treap.root);
    let up = treap.arena[low].children[1];
    let back = treap.rotate(Step { node: up, bounds: [low, high] }, 1);
    treap.arena[low].children[1] = back;
    let given = given(format!("the tree {text}, to rotate at key:x, side 0, and then at key:f, side 1"));
    for of in [shape, weights, windows] {
        let (expected, got) = (of(&tree(text)), of(&treap));
        given.holds(expected == got, expected, got);
    }
}

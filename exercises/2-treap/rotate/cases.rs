use heapwood_kit::given;
use heapwood_treap::Record;

use super::subject::window::{self, Window};
use super::subject::{Arena, Bounds, NIL, Node, Step, Treap};

/// A record of a tree that is written as text: `fig(apple, pear)` is fig with two children, `-` is no child; `fig*3` says 3
/// as its `weight()`, and the node of `fig*3=1` counts for 1 all the same. Only the cases see this form.
struct Fruit {
    key: String,
    weight: u32,
    counted: u32,
}

impl Record for Fruit {
    fn key(&self) -> &[u8] {
        self.key.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.weight
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
    let (weight, counted) = weight.split_once('=').unwrap_or((weight, weight));
    let [weight, counted] = [weight, counted].map(|number| number.parse().expect("a weight"));
    let record = Some(Fruit { key: key.into(), weight, counted });
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
        arena[at].weight = arena[at].live().counted + arena.weight(left) + arena.weight(right);
        arena[at].window = window::between(arena, arena[at].live().key(), bounds);
    }
}

/// Rotates the child at `side` above the node with this key, and links it as a caller does. Gives the tree, and what was
/// returned.
fn rotated(text: &str, key: &str, side: usize) -> (Treap<Fruit>, u32) {
    let mut treap = tree(text);
    let (mut at, mut bounds, mut above) = (treap.root, [NIL, NIL], NIL);
    while treap.arena[at].live().key != key {
        let side = usize::from(*treap.arena[at].live().key < *key);
        bounds[1 - side] = at;
        above = at;
        at = treap.arena[at].children[side];
    }
    let up = treap.rotate(Step { node: at, bounds }, side);
    match above {
        NIL => treap.root = up,
        _ => treap.arena[above].children[usize::from(bounds[0] == above)] = up,
    }
    (treap, up)
}

/// The key of the node that a link leads to, or "none".
fn name(treap: &Treap<Fruit>, link: u32) -> &str {
    treap.arena.get(link).map_or("none", |node| &node.live().key)
}

/// All nodes in the order of their keys, one a line: its children, and what `more` says of it.
fn nodes(treap: &Treap<Fruit>, more: impl Fn(&Node<Fruit>) -> String) -> String {
    let mut nodes: Vec<&Node<Fruit>> = treap.arena.nodes.iter().collect();
    nodes.sort_by(|one, other| one.live().key.cmp(&other.live().key));
    let line = |node: &&Node<Fruit>| {
        let [left, right] = node.children.map(|child| name(treap, child));
        format!("{}: left {left}, right {right}{}", node.live().key, more(node))
    };
    nodes.iter().map(line).collect::<Vec<String>>().join("\n")
}

fn shape(treap: &Treap<Fruit>) -> String {
    nodes(treap, |_| String::new())
}

fn weights(treap: &Treap<Fruit>) -> String {
    nodes(treap, |node| format!(", weighs {}", node.weight))
}

fn weights_and_records(treap: &Treap<Fruit>) -> String {
    nodes(treap, |node| format!(", weighs {} (its record has weight() {})", node.weight, node.live().weight))
}

/// Which windows skip how much.
fn windows(treap: &Treap<Fruit>) -> String {
    nodes(treap, |node| {
        let skip = node.window.skip();
        let is_own = node.window == Window::new(node.live().key(), skip);
        format!(", skips {skip}{}", if is_own { "" } else { " and then has bytes of another key" })
    })
}

/// Compares what `of` says of the rotated tree and of the tree that should have come out.
fn compare(before: &str, key: &str, side: usize, after: &str, of: fn(&Treap<Fruit>) -> String) {
    let text = before;
    let before = tree(before);
    let at = before.arena.nodes.iter().find(|node| node.live().key == key).expect("the key");
    let rises = name(&before, at.children[side]);
    let which = ["left", "right"][side];
    let given =
        given(format!("to rotate {key}'s {which} child (side {side}) above it, in:\n{}", of(&before)));
    let (got, up) = rotated(text, key, side);
    let expected = format!("{rises} is returned\n{}", of(&tree(after)));
    let got = format!("{} is returned\n{}", name(&got, up), of(&got));
    given.holds(expected == got, expected, got);
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

/// Records may count for more than 1 or for nothing, and a node may count for less than its record's `weight()`, as one does
/// that is being removed (T3).
pub fn heavy_records() {
    let (left, right) =
        ("pear*10(fig*20(apple*3, kiwi*7), plum*0)", "fig*20(apple*3, pear*10(kiwi*7, plum*0))");
    compare(left, "pear", 0, right, weights_and_records);
    compare(right, "fig", 1, left, weights_and_records);
    let (left, right) = ("pear*1=0(fig*20=9(apple, kiwi), plum)", "fig*20=9(apple, pear*1=0(kiwi, plum))");
    compare(left, "pear", 0, right, weights_and_records);
    compare(right, "fig", 1, left, weights_and_records);
}

/// The node that goes up takes over the interval, and its window skips what the other's skipped (T4).
pub fn the_upper_window() {
    let upper = |treap: &Treap<Fruit>| {
        nodes(treap, |node| match &*node.live().key {
            "user:15" => format!(", skips {}", node.window.skip()),
            "user:19" if node.children[0] != NIL => format!(", skips {}", node.window.skip()),
            _ => String::new(),
        })
    };
    let below = |inner: &str| format!("user:10(-, user:9({inner}, -))");
    compare(&below("user:19(user:15, -)"), "user:19", 0, &below("user:15(-, user:19)"), upper);
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
    let given = |of: fn(&Treap<Fruit>) -> String| {
        given(format!(
            "to rotate key:x's left child (side 0) above it, and then key:f's right child (side 1), in:\n{}",
            of(&tree(text))
        ))
    };
    given(shape);
    let (mut treap, _) = rotated(text, "key:x", 0);
    let (low, high) = (treap.arena[treap.root].children[0], treap.root);
    let up = treap.arena[low].children[1];
    let back = treap.rotate(Step { node: up, bounds: [low, high] }, 1);
    treap.arena[low].children[1] = back;
    for of in [shape, weights, windows] {
        let (expected, got) = (of(&tree(text)), of(&treap));
        given(of).holds(expected == got, expected, got);
    }
}

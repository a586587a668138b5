use heapwood_kit::{Random, given};

use super::subject::{Arena, Bounds, NIL, Node, Step, Treap};

/// Keys in ascending order with priorities.
type Keys = &'static [(&'static str, u32)];

const EIGHT: Keys = &[
    ("apple", 30),
    ("cherry", 70),
    ("fig", 90),
    ("grape", 20),
    ("kiwi", 60),
    ("mango", 80),
    ("pear", 40),
    ("plum", 10),
];

/// The treap of keys, made from its definition: the highest priority is above, and of equal ones the first.
fn treap(keys: &[(&'static str, u32)]) -> Treap {
    let nodes = keys.iter().map(|&(key, priority)| Node { key, children: [NIL; 2], priority }).collect();
    let mut treap = Treap { arena: Arena { nodes }, root: NIL, path: Vec::new(), rotations: Vec::new() };
    treap.root = top(&mut treap.arena, 0, keys.len());
    treap
}

fn top(arena: &mut Arena, from: usize, to: usize) -> u32 {
    let highest = |best: usize, at: usize| {
        if arena.nodes[at].priority > arena.nodes[best].priority { at } else { best }
    };
    let Some(top_one) = (from..to).reduce(highest) else {
        return NIL;
    };
    arena.nodes[top_one].children = [top(arena, from, top_one), top(arena, top_one + 1, to)];
    top_one as u32
}

/// Notes the way to a key, as a search does. Gives the node that has it, or else the bounds of the empty place.
fn trace(treap: &mut Treap, key: &str) -> (u32, Bounds) {
    let (mut at, mut bounds) = (treap.root, [NIL, NIL]);
    treap.path.clear();
    while let Some(node) = treap.arena.get(at) {
        treap.path.push(Step { node: at, bounds });
        if node.key == key {
            break;
        }
        let side = usize::from(node.key < key);
        bounds[1 - side] = at;
        at = node.children[side];
    }
    (at, bounds)
}

fn inserted(keys: &[(&'static str, u32)], key: &'static str, priority: u32) -> Treap {
    let mut treap = treap(keys);
    let (_, bounds) = trace(&mut treap, key);
    treap.arena.nodes.push(Node { key, children: [NIL; 2], priority });
    let node = (treap.arena.nodes.len() - 1) as u32;
    treap.link(bounds, node);
    treap.rise(node);
    treap
}

fn removed(keys: &[(&'static str, u32)], key: &str) -> Treap {
    let mut treap = treap(keys);
    trace(&mut treap, key);
    treap.sink();
    treap
}

/// The tree, one node a line, in the order of the keys; and what the root is.
fn shape(treap: &Treap) -> String {
    let name = |link: u32| treap.arena.get(link).map_or("none", |node| node.key);
    let mut lines = vec![format!("the root: {}", name(treap.root))];
    let mut nodes = below(treap, treap.root);
    nodes.sort_unstable_by_key(|&node| treap.arena[node].key);
    lines.extend(nodes.into_iter().map(|node| {
        let Node { key, children: [left, right], priority } = treap.arena[node];
        format!("{key} {priority}: left {}, right {}", name(left), name(right))
    }));
    lines.join("\n")
}

/// All nodes to which links lead from `at`, each once, also where they go round in a circle.
fn below(treap: &Treap, at: u32) -> Vec<u32> {
    let (mut seen, mut open) = (Vec::new(), vec![at]);
    while let Some(at) = open.pop() {
        if let Some(node) = treap.arena.get(at).filter(|_| !seen.contains(&at)) {
            seen.push(at);
            open.extend(node.children);
        }
    }
    seen
}

/// The rotations that were asked for, with the bounds that were given.
fn rotations(treap: &Treap) -> Vec<String> {
    let key = |link: u32| treap.arena.get(link).map_or("the open end", |node| node.key);
    let rotation = |&(up, Step { node: down, bounds: [low, high] }): &(u32, Step)| {
        format!("{} above {}, between {} and {}", key(up), key(down), key(low), key(high))
    };
    treap.rotations.iter().map(rotation).collect()
}

fn without(keys: &[(&'static str, u32)], key: &str) -> Vec<(&'static str, u32)> {
    keys.iter().copied().filter(|&(other, _)| other != key).collect()
}

/// The tree that keys and their priorities determine.
fn of(keys: &[(&'static str, u32)]) -> String {
    shape(&treap(keys))
}

/// What a case about `rise` is given.
fn rises(key: &str, priority: u32, keys: &[(&'static str, u32)]) -> String {
    format!("the new leaf {key} {priority}, to rise in the tree with\n{}", of(keys))
}

/// What a case about `sink` is given.
fn sinks(key: &str, keys: &[(&'static str, u32)]) -> String {
    format!("{key}, to sink and be cut off, in the tree with\n{}", of(keys))
}

/// Inserts a key of `keys` into the tree of the others, and compares.
fn insert_into_the_rest(keys: &[(&'static str, u32)], key: &'static str, priority: u32) {
    let rest = without(keys, key);
    let given = given(rises(key, priority, &rest));
    let (expected, got) = (of(keys), shape(&inserted(&rest, key, priority)));
    given.holds(expected == got, expected, got);
}

/// Removes a key, and compares.
fn remove_from(keys: &[(&'static str, u32)], key: &str) {
    let given = given(sinks(key, keys));
    let (expected, got) = (of(&without(keys, key)), shape(&removed(keys, key)));
    given.holds(expected == got, expected, got);
}

/// The rotations that are expected, one a line, against those that were asked for.
fn compare_rotations(input: String, work: impl FnOnce() -> Treap, expected: &[&str]) {
    let told = |rotations: &[&str]| match rotations {
        [] => "no rotation".into(),
        _ => rotations.join("\n"),
    };
    let given = given(format!("{input}\nand the rotations that you ask for"));
    let got = rotations(&work());
    let got = told(&got.iter().map(|rotation| &**rotation).collect::<Vec<&str>>());
    given.holds(got == told(expected), told(expected), got);
}

/// A new leaf whose priority is below its parent's stays where it is, and so does one with the same priority.
pub fn a_leaf_that_stays() {
    for (keys, key, priority) in
        [(&without(EIGHT, "grape")[..], "grape", 20), (&[("fig", 50), ("pear", 40)], "cherry", 50)]
    {
        compare_rotations(rises(key, priority, keys), || inserted(keys, key, priority), &[]);
    }
}

/// A new leaf passes the parents with lower priorities, on either side, and stops below the first other one (T2). Each
/// rotation is told the bounds of the node that goes down.
pub fn a_leaf_that_rises() {
    insert_into_the_rest(EIGHT, "mango", 80);
    let rest = without(EIGHT, "mango");
    let expected =
        ["mango above pear, between kiwi and the open end", "mango above kiwi, between fig and the open end"];
    compare_rotations(rises("mango", 80, &rest), || inserted(&rest, "mango", 80), &expected);
}

/// A new leaf with the highest priority becomes the root (T2), and the treap's own link leads to it.
pub fn a_leaf_that_becomes_the_root() {
    insert_into_the_rest(EIGHT, "fig", 90);
}

/// A leaf is cut off, and nothing else happens.
pub fn a_leaf_is_removed() {
    for key in ["apple", "grape", "plum"] {
        remove_from(EIGHT, key);
        compare_rotations(sinks(key, EIGHT), || removed(EIGHT, key), &[]);
    }
}

/// With a left child only, that one goes up.
pub fn a_left_child() {
    for key in ["cherry", "kiwi"] {
        remove_from(EIGHT, key);
    }
}

/// With a right child only, that one goes up.
pub fn a_right_child() {
    remove_from(EIGHT, "pear");
    remove_from(&[("fig", 50), ("pear", 40)], "fig");
}

/// With two children, the one with the higher priority goes up (T2), and so on further down.
pub fn two_children() {
    for key in ["mango", "fig"] {
        remove_from(EIGHT, key);
    }
}

/// Each rotation on the way down is told the bounds of the sinking node: one of them is the node that went up last.
pub fn bounds_on_the_way_down() {
    let expected = [
        "mango above fig, between the open end and the open end",
        "cherry above fig, between the open end and mango",
        "kiwi above fig, between cherry and mango",
        "grape above fig, between cherry and kiwi",
    ];
    compare_rotations(sinks("fig", EIGHT), || removed(EIGHT, "fig"), &expected);
}

/// Many keys come and go: the tree is always the one that its keys and priorities determine (T2).
pub fn many_keys() {
    const NAMES: [&str; 16] =
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"];
    let mut random = Random::new(2);
    for _ in 0..200 {
        let count = 1 + random.below(NAMES.len());
        let mut priorities: Vec<u32> = (10..10 + count as u32).collect();
        random.shuffle(&mut priorities);
        let keys: Vec<(&str, u32)> = NAMES.into_iter().zip(priorities).collect();
        let (key, priority) = keys[random.below(count)];
        insert_into_the_rest(&keys, key, priority);
        remove_from(&keys, key);
    }
}

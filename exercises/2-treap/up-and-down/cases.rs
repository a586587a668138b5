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

/// A tree as text: `fig 90(apple 30, pear 40)` is fig with the priority 90 and two children, `-` is no child.
fn shape(treap: &Treap) -> String {
    show(&treap.arena, treap.root, treap.arena.nodes.len())
}

fn show(arena: &Arena, at: u32, depth: usize) -> String {
    let Some(Node { key, children, priority }) = arena.get(at) else {
        return "-".into();
    };
    if depth == 0 {
        return "(and so on, in a circle)".into();
    }
    match children {
        [NIL, NIL] => format!("{key} {priority}"),
        _ => {
            let [left, right] = children.map(|child| show(arena, child, depth - 1));
            format!("{key} {priority}({left}, {right})")
        }
    }
}

/// The rotations that were asked for, with the bounds that were given.
fn rotations(treap: &Treap) -> Vec<String> {
    let key = |link: u32| treap.arena.get(link).map_or("the open end", |node| node.key);
    let rotation = |&(up, Step { node: down, bounds: [low, high] }): &(u32, Step)| {
        format!("{} above {}, between {} and {}", key(up), key(down), key(low), key(high))
    };
    treap.rotations.iter().map(rotation).collect()
}

fn of(keys: &[(&'static str, u32)]) -> String {
    shape(&treap(keys))
}

fn without(keys: &[(&'static str, u32)], key: &str) -> Vec<(&'static str, u32)> {
    keys.iter().copied().filter(|&(other, _)| other != key).collect()
}

/// A new leaf whose priority is below its parent's stays where it is, and so does one with the same priority.
pub fn a_leaf_that_stays() {
    for (keys, key, priority) in
        [(&without(EIGHT, "grape")[..], "grape", 20), (&[("fig", 50), ("pear", 40)], "cherry", 50)]
    {
        let treap = inserted(keys, key, priority);
        let given = given(format!("the new leaf {key} {priority} in {}", of(keys)));
        given.expect(Vec::<String>::new(), rotations(&treap));
    }
}

/// A new leaf passes the parents with lower priorities, on either side, and stops below the first other one (T2).
pub fn a_leaf_that_rises() {
    let keys = without(EIGHT, "mango");
    given(format!("the new leaf mango 80 in {}", of(&keys)))
        .expect(of(EIGHT), shape(&inserted(&keys, "mango", 80)));
}

/// A new leaf with the highest priority becomes the root (T2), and the treap's own link leads to it.
pub fn a_leaf_that_becomes_the_root() {
    let keys = without(EIGHT, "fig");
    given(format!("the new leaf fig 90 in {}", of(&keys)))
        .expect(of(EIGHT), shape(&inserted(&keys, "fig", 90)));
}

/// A leaf is cut off, and nothing else happens.
pub fn a_leaf_is_removed() {
    for key in ["apple", "grape", "plum"] {
        let treap = removed(EIGHT, key);
        let given = given(format!("to take {key} out of {}", of(EIGHT)));
        given.expect(of(&without(EIGHT, key)), shape(&treap));
        given.expect(Vec::<String>::new(), rotations(&treap));
    }
}

/// With a left child only, that one goes up.
pub fn a_left_child() {
    for key in ["cherry", "kiwi"] {
        let treap = removed(EIGHT, key);
        given(format!("to take {key} out of {}", of(EIGHT))).expect(of(&without(EIGHT, key)), shape(&treap));
    }
}

/// With a right child only, that one goes up.
pub fn a_right_child() {
    let treap = removed(EIGHT, "pear");
    given(format!("to take pear out of {}", of(EIGHT))).expect(of(&without(EIGHT, "pear")), shape(&treap));
    let treap = removed(&[("fig", 50), ("pear", 40)], "fig");
    given("to take fig out of fig 50(-, pear 40)").expect("pear 40", &*shape(&treap));
}

/// With two children, the one with the higher priority goes up (T2), and so on further down.
pub fn two_children() {
    for key in ["mango", "fig"] {
        let treap = removed(EIGHT, key);
        given(format!("to take {key} out of {}", of(EIGHT))).expect(of(&without(EIGHT, key)), shape(&treap));
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
    given(format!("to take fig out of {}", of(EIGHT)))
        .expect(expected.to_vec(), rotations(&removed(EIGHT, "fig")));
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
        let rest = without(&keys, key);
        let new = given(format!("the new leaf {key} {priority} in {}", of(&rest)));
        new.expect(of(&keys), shape(&inserted(&rest, key, priority)));
        given(format!("to take {key} out of {}", of(&keys))).expect(of(&rest), shape(&removed(&keys, key)));
    }
}

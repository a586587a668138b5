use heapwood_kit::{Random, given};

use super::subject::{Node, Tree, cut, merge, size, split};

const KEYS: [u64; 7] = [10, 20, 30, 40, 50, 60, 70];

/// A treap of sorted keys, made from its definition: the highest priority is above. The priorities are drawn.
fn treap(keys: &[u64], random: &mut Random) -> Tree {
    let mut nodes: Vec<(u64, u32)> = keys.iter().map(|&key| (key, random.below(1000) as u32)).collect();
    top(&mut nodes)
}

fn top(nodes: &mut [(u64, u32)]) -> Tree {
    let at = (0..nodes.len()).rev().max_by_key(|&at| nodes[at].1)?;
    let (key, priority) = nodes[at];
    let (left, right) = (top(&mut nodes[..at]), top(&mut nodes[at + 1..]));
    Some(Box::new(Node { key, priority, size: nodes.len(), left, right }))
}

/// A tree as text: `5(2, 9(7, -))` is 5 with two children, `-` is no child.
fn shape(tree: &Tree) -> String {
    match tree.as_deref() {
        None => "-".into(),
        Some(Node { key, left: None, right: None, .. }) => format!("{key}"),
        Some(Node { key, left, right, .. }) => format!("{key}({}, {})", shape(left), shape(right)),
    }
}

/// The keys from left to right, and what is wrong with the tree: the first thing.
fn keys(tree: &Tree) -> (Vec<u64>, String) {
    let (mut keys, mut wrong) = (Vec::new(), Vec::new());
    visit(tree, u32::MAX, &mut keys, &mut wrong);
    if !keys.is_sorted() {
        wrong.push("T1: the keys are not in order".into());
    }
    (keys, wrong.into_iter().next().unwrap_or_else(|| "all invariants hold".into()))
}

fn visit(tree: &Tree, above: u32, keys: &mut Vec<u64>, wrong: &mut Vec<String>) {
    if let Some(node) = tree {
        if node.priority > above {
            wrong.push(format!("T2: the priority of {} is above its parent's", node.key));
        }
        let before = keys.len();
        visit(&node.left, node.priority, keys, wrong);
        keys.push(node.key);
        visit(&node.right, node.priority, keys, wrong);
        if node.size != keys.len() - before {
            let count = keys.len() - before;
            wrong.push(format!(
                "T3: the subtree of {} has {count} nodes, and its size is {}",
                node.key, node.size
            ));
        }
    }
}

fn sound(keys: &[u64]) -> (Vec<u64>, String) {
    (keys.to_vec(), "all invariants hold".into())
}

/// A tree of one key, and none at all, are cut on either side of the key; the key itself belongs to the upper part.
pub fn split_a_leaf() {
    for (key, expected) in [(9, ("-", "10")), (10, ("-", "10")), (11, ("10", "-"))] {
        let this = given(format!("the tree 10, to split at {key}; both parts"));
        let (below, from) = split(Node::leaf(10, 1), key);
        let got = (shape(&below), shape(&from));
        this.expect((expected.0.into(), expected.1.into()), got);
    }
    let (below, from) = split(None, 5);
    given("an empty tree, to split at 5; the sizes of both parts")
        .expect((0, 0), (size(&below), size(&from)));
}

/// At any place, smaller keys go to the one part and the others to the other, in order and none lost (T1).
pub fn split_anywhere() {
    let mut random = Random::new(1);
    for at in (0..=80).step_by(5) {
        let tree = treap(&KEYS, &mut random);
        let given = given(format!("the tree {}, to split at {at}; both parts", shape(&tree)));
        let (below, from) = split(tree, at);
        let here = KEYS.partition_point(|&key| key < at);
        given.expect((KEYS[..here].to_vec(), KEYS[here..].to_vec()), (keys(&below).0, keys(&from).0));
    }
}

/// Both parts are treaps with the right sizes (T2, T3).
pub fn split_keeps_the_invariants() {
    let mut random = Random::new(2);
    for at in (0..=80).step_by(5) {
        let tree = treap(&KEYS, &mut random);
        let given = given(format!("the tree {}, to split at {at}; both parts", shape(&tree)));
        let (below, from) = split(tree, at);
        given.expect(["all invariants hold"; 2], [&*keys(&below).1, &*keys(&from).1]);
    }
}

/// Two leaves: the higher priority is above, and of equal ones the left (T2).
pub fn merge_two_leaves() {
    for (left, right, expected) in [(5, 3, "10(-, 20)"), (3, 5, "20(10, -)"), (4, 4, "10(-, 20)")] {
        let this = given(format!("10 with priority {left} and 20 with priority {right}, to merge"));
        let got = shape(&merge(Node::leaf(10, left), Node::leaf(20, right)));
        this.expect(expected, &*got);
    }
    let this = given("nothing, 10 and nothing, to merge");
    let got = shape(&merge(None, merge(Node::leaf(10, 1), None)));
    this.expect("10", &*got);
}

/// Two trees of any sizes become one treap of all their keys (T1, T2, T3).
pub fn merge_trees() {
    let mut random = Random::new(3);
    for here in 0..=KEYS.len() {
        for _ in 0..4 {
            let (left, right) = (treap(&KEYS[..here], &mut random), treap(&KEYS[here..], &mut random));
            let given = given(format!(
                "the trees {} and {}, to merge; the keys, and what is wrong",
                shape(&left),
                shape(&right)
            ));
            given.expect(sound(&KEYS), keys(&merge(left, right)));
        }
    }
}

/// A range is taken out, its start included and its end not, and the rest is whole again.
pub fn cut_a_range() {
    let mut random = Random::new(4);
    for (start, end) in [(30, 60), (25, 65), (0, 40), (50, 99), (0, 99), (31, 39), (70, 70), (60, 20)] {
        let mut tree = treap(&KEYS, &mut random);
        let given = given(format!(
            "the tree {}, to cut out what is from {start} and below {end}; the range, and the rest",
            shape(&tree)
        ));
        let range = cut(&mut tree, start, end);
        let (inside, outside): (Vec<u64>, Vec<u64>) =
            KEYS.iter().partition(|&&key| start <= key && key < end);
        given.expect((inside, outside), (keys(&range).0, keys(&tree).0));
        given.expect(["all invariants hold"; 2], [&*keys(&range).1, &*keys(&tree).1]);
    }
}

/// A node that is not on the way down is left as it is: so there are no more steps than the tree is high.
pub fn only_the_way_down_changes() {
    const MARK: usize = 1000;
    let leaf = |key| Some(Box::new(Node { key, priority: 1, size: 1, left: None, right: None }));
    let inner = |key, priority, left, right| {
        let size = size(&left) + 1 + size(&right);
        Some(Box::new(Node { key, priority, size, left, right }))
    };
    let mut tree = inner(40, 3, inner(20, 2, leaf(10), leaf(30)), inner(60, 2, leaf(50), leaf(70)));
    mark(&mut tree, MARK);
    let off = |key: &u64| [10, 20, 30, 70].contains(key);
    let expected: Vec<u64> = KEYS.iter().copied().filter(off).collect();
    let how = format!(
        "the tree {}, where 10, 20, 30 and 70 have the wrong size {MARK}: if one of them gets another size, it was visited",
        shape(&tree)
    );
    let parts = given(format!("{how}; to split at 45, and which of the four are as they were"));
    let (below, from) = split(tree, 45);
    let mut untouched = marked(&below, MARK);
    untouched.extend(marked(&from, MARK));
    parts.expect(expected.clone(), untouched);
    let whole = given(format!("{how}; to split at 45 and merge, and which of the four are as they were"));
    let tree = merge(below, from);
    whole.expect(expected, marked(&tree, MARK));
}

/// Gives the nodes that are not on the way to 45 the wrong size `size`.
fn mark(tree: &mut Tree, size: usize) {
    if let Some(node) = tree {
        if [10, 20, 30, 70].contains(&node.key) {
            node.size = size;
        }
        mark(&mut node.left, size);
        mark(&mut node.right, size);
    }
}

/// The keys of the nodes with this size, from left to right.
fn marked(tree: &Tree, size: usize) -> Vec<u64> {
    let Some(node) = tree else {
        return Vec::new();
    };
    let mut keys = marked(&node.left, size);
    keys.extend((node.size == size).then_some(node.key));
    keys.extend(marked(&node.right, size));
    keys
}

/// Ranges go back and forth between two trees, and at the end both have the shape that their keys and priorities determine
/// (T2).
pub fn ranges_change_their_owner() {
    let mut random = Random::new(5);
    let mut nodes: Vec<(u64, u32)> = (0..64).map(|key| (key, 0)).collect();
    let mut priorities: Vec<u32> = (1000..1064).collect();
    random.shuffle(&mut priorities);
    nodes.iter_mut().zip(priorities).for_each(|(node, priority)| node.1 = priority);
    let (mut one, mut other) = (top(&mut nodes), None);
    let mut owner = [false; 64];
    for round in 1..200 {
        let (start, end) = (random.below(64) as u64, random.below(65) as u64);
        let given = given(format!(
            "the keys 0 to 63, and {round} ranges that changed their owner, the last from {start} below {end}"
        ));
        let moved = [cut(&mut one, start, end), cut(&mut other, start, end)];
        let [from_one, from_other] = moved;
        for (tree, range) in [(&mut one, from_other), (&mut other, from_one)] {
            let (below, above) = split(tree.take(), start);
            *tree = merge(merge(below, range), above);
        }
        owner.iter_mut().take(end as usize).skip(start as usize).for_each(|owner| *owner = !*owner);
        for (tree, is_other) in [(&one, false), (&other, true)] {
            let mut own: Vec<(u64, u32)> =
                nodes.iter().copied().filter(|node| owner[node.0 as usize] == is_other).collect();
            let (got, _) = keys(tree);
            let gone: Vec<u64> = own.iter().map(|node| node.0).filter(|key| !got.contains(key)).collect();
            given.holds(gone.is_empty(), "no key is lost", format!("lost: {gone:?}"));
            let more: Vec<&u64> = got.iter().filter(|&&key| owner[key as usize] != is_other).collect();
            given.holds(more.is_empty(), "only its own keys in each tree", format!("also there: {more:?}"));
            given.expect(shape(&top(&mut own)), shape(tree));
        }
    }
}

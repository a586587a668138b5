use std::ops::Bound::{self, Excluded, Included, Unbounded};

use heapwood_kit::{Given, Random, given};
use heapwood_treap::Record;

use super::subject::{Arena, NIL, Node, Slot, Treap, enter};

/// A record that is its key.
struct Fruit(&'static str);

impl Record for Fruit {
    fn key(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

const EIGHT: [&str; 8] = ["apple", "cherry", "fig", "grape", "kiwi", "mango", "pear", "plum"];

/// The tree of the first picture of the chapter's page on search, as text: a node, then its two children; `-` is no child.
const SHAPE: &str = "pear(cherry(apple, kiwi(fig(-, grape), mango)), plum)";

/// The tree of [`SHAPE`].
fn pictured() -> Treap<Fruit> {
    let mut arena = Arena { nodes: Vec::new() };
    let mut add = |key, left, right| {
        arena.nodes.push(Node { children: [left, right], record: Some(Fruit(key)) });
        (arena.nodes.len() - 1) as u32
    };
    let grape = add("grape", NIL, NIL);
    let fig = add("fig", NIL, grape);
    let mango = add("mango", NIL, NIL);
    let kiwi = add("kiwi", fig, mango);
    let apple = add("apple", NIL, NIL);
    let cherry = add("cherry", apple, kiwi);
    let plum = add("plum", NIL, NIL);
    let root = add("pear", cherry, plum);
    Treap { arena, root }
}

/// A tree of sorted keys, its shape drawn at random.
fn treap(keys: &[&'static str], random: &mut Random) -> Treap<Fruit> {
    let mut arena = Arena { nodes: Vec::new() };
    let root = plant(&mut arena, keys, random);
    Treap { arena, root }
}

fn plant(arena: &mut Arena<Fruit>, keys: &[&'static str], random: &mut Random) -> u32 {
    if keys.is_empty() {
        return NIL;
    }
    let (left, rest) = keys.split_at(random.below(keys.len()));
    let children = [plant(arena, left, random), plant(arena, &rest[1..], random)];
    arena.nodes.push(Node { children, record: Some(Fruit(rest[0])) });
    (arena.nodes.len() - 1) as u32
}

/// As [`SHAPE`].
fn shape(arena: &Arena<Fruit>, at: u32) -> String {
    let Some(node) = arena.get(at) else {
        return "-".into();
    };
    match node.children.map(|child| shape(arena, child)) {
        [left, right] if left == "-" && right == "-" => node.live().0.into(),
        [left, right] => format!("{}({left}, {right})", node.live().0),
    }
}

fn bytes(bound: Bound<&'static str>) -> Bound<&'static [u8]> {
    bound.map(str::as_bytes)
}

fn key(treap: &Treap<Fruit>, slot: Slot) -> &'static str {
    treap.arena[slot.0].live().0
}

/// The keys that wait after entering at one end.
fn waiting(treap: &Treap<Fruit>, bound: Bound<&'static str>, end: usize) -> Vec<&'static str> {
    enter(&treap.arena, treap.root, bytes(bound), end)
        .into_iter()
        .map(|node| key(treap, Slot(node)))
        .collect()
}

/// What a case about `enter` is given.
fn entered(bound: Bound<&str>, end: usize) -> Given {
    let which = ["lower", "upper"][end];
    given(format!(
        "the tree {SHAPE}, to enter at {bound:?} from the {which} end ({end}); \
                 those that wait, the next one last"
    ))
}

/// Without a bound, the nodes on the tree's edge wait, the outermost on top. There is no recursion, which would need a stack as
/// high as the tree.
pub fn entering_without_a_bound() {
    const DEEP: u32 = 200_000;
    let treap = pictured();
    for (end, expected) in [(0, vec!["pear", "cherry", "apple"]), (1, vec!["pear", "plum"])] {
        let given = entered(Unbounded, end);
        given.expect(expected, waiting(&treap, Unbounded, end));
    }
    given("an empty tree, to enter unbounded from the lower end (0); those that wait")
        .expect(Vec::<u32>::new(), enter(&Arena::<Fruit> { nodes: Vec::new() }, NIL, Unbounded, 0));
    // A tree as a treap never has it, which tells recursion from a loop.
    let nodes = (0..DEEP).map(|at| {
        let left = if at + 1 < DEEP { at + 1 } else { NIL };
        Node { children: [left, NIL], record: Some(Fruit("fig")) }
    });
    let arena = Arena { nodes: nodes.collect() };
    given(format!(
        "{DEEP} nodes, each the left child of the one before, to enter unbounded from the \
                 lower end (0); how many wait"
    ))
    .expect(DEEP as usize, enter(&arena, 0, Unbounded, 0).len());
}

/// With a bound, those nodes on the way to it wait that are inside; what is outside does not.
pub fn entering_at_the_lower_end() {
    let treap = pictured();
    for (bound, expected) in [
        (Included("d"), vec!["pear", "kiwi", "fig"]),
        (Included("lemon"), vec!["pear", "mango"]),
        (Included("zucchini"), vec![]),
    ] {
        let given = entered(bound, 0);
        given.expect(expected, waiting(&treap, bound, 0));
    }
}

/// At the upper end all of that is mirrored.
pub fn entering_at_the_upper_end() {
    let treap = pictured();
    for (bound, expected) in [
        (Included("d"), vec!["cherry"]),
        (Included("lemon"), vec!["cherry", "kiwi"]),
        (Included("zucchini"), vec!["pear", "plum"]),
    ] {
        let given = entered(bound, 1);
        given.expect(expected, waiting(&treap, bound, 1));
    }
}

/// A bound that is a key waits itself when it is included. When it is excluded, what lies behind it is looked for.
pub fn entering_at_a_key() {
    let treap = pictured();
    for (bound, end, expected) in [
        (Included("fig"), 0, vec!["pear", "kiwi", "fig"]),
        (Excluded("fig"), 0, vec!["pear", "kiwi", "grape"]),
        (Included("kiwi"), 1, vec!["cherry", "kiwi"]),
        (Excluded("kiwi"), 1, vec!["cherry", "fig", "grape"]),
    ] {
        let given = entered(bound, end);
        given.expect(expected, waiting(&treap, bound, end));
    }
}

/// From the lower end come all keys of the tree in ascending order (T1).
pub fn forwards() {
    let treap = pictured();
    let given = given(format!("the tree {SHAPE}, all keys from the lower end"));
    let got: Vec<&str> = treap.range(Unbounded, Unbounded).take(20).map(|slot| key(&treap, slot)).collect();
    given.expect(EIGHT.to_vec(), got);
}

/// A range ends at its upper bound, though larger keys have been passed on the way to the lower one.
pub fn forwards_to_a_bound() {
    let treap = pictured();
    for (start, end, expected) in
        [(Included("d"), Included("mango"), &EIGHT[2..6]), (Unbounded, Excluded("cherry"), &EIGHT[..1])]
    {
        let given = given(format!("the tree {SHAPE}, all from {start:?} to {end:?}"));
        let got: Vec<&str> =
            treap.range(bytes(start), bytes(end)).take(20).map(|slot| key(&treap, slot)).collect();
        given.expect(expected.to_vec(), got);
    }
}

/// From the upper end come the same keys in descending order (T1).
pub fn backwards() {
    let treap = pictured();
    for (start, end, expected) in
        [(Unbounded, Unbounded, &EIGHT[..]), (Included("d"), Excluded("mango"), &EIGHT[2..5])]
    {
        let given = given(format!("the tree {SHAPE}, all from {start:?} to {end:?}, backwards"));
        let range = treap.range(bytes(start), bytes(end)).rev().take(20);
        let got: Vec<&str> = range.map(|slot| key(&treap, slot)).collect();
        let expected: Vec<&str> = expected.iter().rev().copied().collect();
        given.expect(expected, got);
    }
}

/// Read from both ends by turns, each key is given once, and behind the last one comes nothing at either end.
pub fn from_both_ends_by_turns() {
    let treap = pictured();
    let given = given(format!(
        "the tree {SHAPE}, twelve times the next from the lower and from the upper end by turns"
    ));
    let mut range = treap.range(Unbounded, Unbounded);
    let mut got = Vec::new();
    for turn in 0..12 {
        got.push(range.advance(turn % 2).map_or("nothing", |slot| key(&treap, slot)));
    }
    let expected = [
        "apple", "plum", "cherry", "pear", "fig", "mango", "grape", "kiwi", "nothing", "nothing", "nothing",
        "nothing",
    ];
    given.expect(expected.to_vec(), got);
}

/// Any tree, any bounds and any turns give the keys in between, each once.
pub fn any_range() {
    const NAMES: [&str; 12] = ["b", "d", "f", "h", "j", "l", "n", "p", "r", "t", "v", "x"];
    const BOUNDS: [&str; 7] = ["a", "d", "e", "l", "r", "s", "z"];
    let mut random = Random::new(8);
    for _ in 0..400 {
        let count = random.below(NAMES.len() + 1);
        let treap = treap(&NAMES[..count], &mut random);
        let mut bound = || {
            let key = BOUNDS[random.below(BOUNDS.len())];
            [Unbounded, Included(key), Excluded(key)][random.below(3)]
        };
        let (start, end) = (bound(), bound());
        let turns: [usize; 40] = std::array::from_fn(|_| random.below(2));
        let given = given(format!(
            "the tree {}, and the range from {start:?} to {end:?}, read at the ends {}; what came from the lower end (0), and \
             then what came from the upper end (1), backwards",
            shape(&treap.arena, treap.root),
            turns.map(|end| end.to_string()).concat(),
        ));
        let mut range = treap.range(bytes(start), bytes(end));
        let mut got = [Vec::new(), Vec::new()];
        for end in turns {
            got[end].extend(range.advance(end).map(|slot| key(&treap, slot)));
        }
        let [mut got, back] = got;
        got.extend(back.iter().rev());
        let is_after = |key: &&str| match start {
            Unbounded => true,
            Included(bound) => **key >= *bound,
            Excluded(bound) => **key > *bound,
        };
        let is_before = |key: &&str| match end {
            Unbounded => true,
            Included(bound) => **key <= *bound,
            Excluded(bound) => **key < *bound,
        };
        let expected: Vec<&str> =
            NAMES[..count].iter().copied().filter(|key| is_after(key) && is_before(key)).collect();
        given.expect(expected, got);
    }
}

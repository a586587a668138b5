//! Ways down a treap that change nothing: a search, a rank, a range.

use std::cmp::Ordering;
use std::ops::Bound;

use super::Recorder;

impl Recorder {
    pub(super) fn find(&mut self, key: &str) -> Result<(), String> {
        let tree = self.tree.clone();
        let path = tree.path(key);
        for steps in 1..=path.len() {
            let at = &path[steps - 1];
            let caption = match key.cmp(at) {
                Ordering::Less => {
                    format!("{key} is smaller than {at}: everything to the right is ruled out.")
                }
                Ordering::Greater => {
                    format!("{key} is larger than {at}: everything to the left is ruled out.")
                }
                Ordering::Equal => {
                    format!("{key} is found with {steps} comparisons, among {} keys.", tree.nodes.len())
                }
            };
            self.note(&tree, &[(at, "new")], &path[..steps], caption);
        }
        let found = self.treap.find(key.as_bytes()).is_some();
        if found != path.last().is_some_and(|last| last == key) {
            return Err(format!("the treap does not find {key} as the picture does"));
        }
        if !found {
            let caption = format!(
                "There the way ends: {key} is not in the tree, and this is the place where it would go."
            );
            self.note(&tree, &[], &path, caption);
        }
        Ok(())
    }

    pub(super) fn rank(&mut self, key: &str) -> Result<(), String> {
        let tree = self.tree.clone();
        let path = tree.path(key);
        let (mut before, mut sum) = (0, "0".to_owned());
        for steps in 1..=path.len() {
            let at = &path[steps - 1];
            let node = &tree.nodes[at];
            let [left, right] = node.children.each_ref().map(|child| tree.weight(child));
            let caption = match key.cmp(at) {
                Ordering::Less => {
                    format!(
                        "{key} is smaller than {at}: {at} and all on its right come later, and nothing is added."
                    )
                }
                Ordering::Greater => {
                    let more = node.weight - right;
                    (before, sum) = (before + more, format!("{sum} + ({} − {right})", node.weight));
                    format!(
                        "{key} is larger than {at}: of its {} keys all but the {right} on the right come before {key}.",
                        node.weight
                    )
                }
                Ordering::Equal => {
                    (before, sum) = (before + left, format!("{sum} + {left}"));
                    match left {
                        0 => format!("{key} is here, with nothing on its left: the sum is complete."),
                        _ => format!(
                            "{key} is here: of its own subtree the {left} on the left come before it."
                        ),
                    }
                }
            };
            let note = format!("before {key}: {sum} = {before}");
            self.note(&tree, &[(at, "new")], &path[..steps], caption).notes.push(note);
        }
        match self.treap.rank(key.as_bytes()) {
            Some(rank) if rank == u64::from(before) => Ok(()),
            rank => Err(format!("the treap gives {key} the rank {rank:?}, the picture {before}")),
        }
    }

    pub(super) fn range(&mut self, start: &str, end: &str) -> Result<(), String> {
        let bound = |key: &str| (key != "-").then(|| key.to_owned());
        let (start, end) = (bound(start), bound(end));
        let bounds = [&start, &end]
            .map(|key| key.as_ref().map_or(Bound::Unbounded, |key| Bound::Included(key.as_bytes())));
        let slots = self.treap.range(bounds[0], bounds[1]);
        let keys: Vec<String> =
            slots.map(|slot| String::from_utf8_lossy(self.treap.record(slot).key()).into_owned()).collect();
        let tree = self.tree.clone();
        let (mut waiting, mut at, mut way) = (Vec::new(), tree.root.clone(), Vec::new());
        while let Some(node) = at {
            let is_inside = start.as_ref().is_none_or(|start| *start <= node);
            at = tree.nodes[&node].children[usize::from(!is_inside)].clone();
            way.push(node.clone());
            waiting.extend(is_inside.then_some(node));
        }
        let caption = match &start {
            Some(start) => format!(
                "On the way to {start}, every node that is not smaller begins to wait; the last one is next."
            ),
            None => {
                "On the way down the left edge every node begins to wait; the last one is next.".to_owned()
            }
        };
        self.wait(&way, &waiting, &[], caption);
        for (index, key) in keys.iter().enumerate() {
            let next = waiting.pop().ok_or("the picture has no node waiting where the treap has one")?;
            if next != *key {
                return Err(format!("the treap gives {key}, where {next} waits in the picture"));
            }
            let mut below = Vec::new();
            let mut at = tree.nodes[&next].children[1].clone();
            while let Some(node) = at {
                at = tree.nodes[&node].children[0].clone();
                below.push(node);
            }
            waiting.extend(below.iter().cloned());
            if index + 1 == keys.len() {
                // What still waits lies outside; the treap forgets it.
                waiting.clear();
            }
            let caption = match (index + 1 == keys.len(), &below[..]) {
                (true, _) => format!("{key} is the last one inside, and ends the range."),
                (_, []) => format!(
                    "{key} comes out; nothing is on its right, so the one that waits above it is next."
                ),
                (_, [.., last]) => {
                    format!("{key} comes out; the left edge on its right begins to wait, and {last} is next.")
                }
            };
            self.wait(&[], &waiting, &keys[..=index], caption);
        }
        Ok(())
    }

    /// Notes a step of a range: which nodes wait, and which keys came out.
    fn wait(&mut self, way: &[String], waiting: &[String], given: &[String], caption: String) {
        let marks: Vec<(&str, &'static str)> = way
            .iter()
            .map(|key| (key.as_str(), "box"))
            .chain(waiting.iter().map(|key| (key.as_str(), "hot")))
            .chain(given.iter().map(|key| (key.as_str(), "good")))
            .collect();
        let tree = self.tree.clone();
        let lines = [("waiting", waiting), ("given", given)]
            .map(|(name, keys)| format!("{name:<8} {}", keys.join(" ")));
        self.note(&tree, &marks, way, caption).notes.extend(lines);
    }
}

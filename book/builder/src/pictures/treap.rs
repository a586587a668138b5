//! Treaps: a key goes in, comes out, is found, is counted.
//!
//! Keys are words without blanks. Each line does one thing to a real treap:
//!
//! - `seed N`: the seed of the priorities, before all keys; 1 without it.
//! - `show priorities` (in thousandths of the highest; so without this line), `show weights`: what stands below a key.
//! - `start KEY…`: inserts keys, and shows only the result.
//! - `insert KEY…`: each becomes a leaf and rotates up, a step at a time.
//! - `remove KEY…`: each rotates down and is cut off, a step at a time.
//! - `find KEY`: a comparison at a time.
//! - `rank KEY`: the same, and what it adds up.
//! - `range START END`: which nodes wait at the lower end, and each key as it comes; `-` is an open end.
//! - `sorted KEY…`: instead of all these: a search tree without priorities, made for comparison, beside a treap.
//!
//! The treap itself only shows states between whole operations. The steps in between are made by this module, and they
//! have to end in the state that the treap shows.

mod scene;
mod tree;
mod walks;

use heapwood_treap::{Packed, Treap};

use self::scene::{Label, Panel, Scene, draw, thousandths};
use self::tree::Tree;
use super::{Frame, Line, Script};

const MAX_FRAMES: usize = 12;

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let mut recorder = Recorder::new(1);
    for line in &script.lines {
        recorder.carry_out(line)?;
    }
    if recorder.scenes.len() > MAX_FRAMES {
        return Err(format!("{} steps are more than {MAX_FRAMES}", recorder.scenes.len()));
    }
    draw(&recorder.scenes)
}

/// A treap, and what was seen of it.
struct Recorder {
    treap: Treap<Packed>,
    /// The treap as it showed itself last.
    tree: Tree,
    label: Label,
    scenes: Vec<Scene>,
}

impl Recorder {
    fn new(seed: u64) -> Self {
        let treap = Treap::with_seed(seed);
        Self { treap, tree: Tree::default(), label: Label::default(), scenes: Vec::new() }
    }

    fn carry_out(&mut self, line: &Line) -> Result<(), String> {
        let words: Vec<&str> = line.words().collect();
        match (line.verb.as_str(), &words[..]) {
            ("seed", _) if self.treap.is_empty() => {
                *self = Self { label: self.label, ..Self::new(line.number()?) }
            }
            ("show", ["priorities"]) => self.label = Label::Priority,
            ("show", ["weights"]) => self.label = Label::Weight,
            ("start", [_, ..]) => self.start(&words)?,
            ("insert", [_, ..]) => words.iter().try_for_each(|key| self.insert(key))?,
            ("remove", [_, ..]) => words.iter().try_for_each(|key| self.remove(key))?,
            ("find", [key]) => self.find(key)?,
            ("rank", [key]) => self.rank(key)?,
            ("range", [start, end]) => self.range(start, end)?,
            ("sorted", [_, ..]) => self.sorted(&words)?,
            (verb, _) => return Err(format!("a treap cannot \"{verb} {}\"", line.rest)),
        }
        Ok(())
    }

    /// Notes a step: this tree, these keys marked, the links between those on `path` too.
    fn note(
        &mut self,
        tree: &Tree,
        marks: &[(&str, &'static str)],
        path: &[String],
        caption: String,
    ) -> &mut Scene {
        let panel = Panel { heading: String::new(), tree: tree.clone(), label: self.label };
        let mut scene = Scene { panels: vec![panel], path: path.to_vec(), caption, ..Scene::default() };
        for key in path {
            scene.marks.insert(key.clone(), "hot");
        }
        for (key, class) in marks {
            scene.marks.insert((*key).to_owned(), class);
        }
        self.scenes.push(scene);
        self.scenes.last_mut().expect("pushed")
    }

    /// Puts a key into the treap and looks at it.
    fn put(&mut self, key: &str) -> Result<Tree, String> {
        let (_, old) =
            self.treap.insert(Packed::string(key.as_bytes(), b"")).map_err(|full| full.to_string())?;
        if old.is_some() {
            return Err(format!("{key} is there already"));
        }
        self.look()
    }

    /// The treap as it is now, with its invariants checked, and with priorities that can be told apart as written.
    fn look(&self) -> Result<Tree, String> {
        self.treap.check()?;
        let tree = Tree::recorded(&self.treap);
        let mut shown: Vec<u64> = tree.nodes.values().map(|node| thousandths(node.priority)).collect();
        shown.sort_unstable();
        match shown.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("two priorities are written {}; choose another seed", pair[0])),
            None => Ok(tree),
        }
    }

    /// Accepts steps that led to what the treap shows.
    fn agree(&mut self, made: Tree, recorded: Tree) -> Result<(), String> {
        if made != recorded {
            return Err("the steps of the picture do not end in the state that the treap shows".into());
        }
        self.tree = recorded;
        Ok(())
    }

    fn start(&mut self, keys: &[&str]) -> Result<(), String> {
        for key in keys {
            self.tree = self.put(key)?;
        }
        let what = match self.label {
            Label::Weight => "below each stands its weight, the number of keys in its subtree",
            _ => "below each stands its priority, in thousandths of the highest",
        };
        let caption = format!("A treap of {} keys; {what}.", self.tree.nodes.len());
        self.note(&self.tree.clone(), &[], &[], caption);
        Ok(())
    }

    fn insert(&mut self, key: &str) -> Result<(), String> {
        let recorded = self.put(key)?;
        let priority = recorded.nodes[key].priority;
        let mut tree = self.tree.clone();
        tree.plant(key, priority);
        let place = match tree.parent(key) {
            None => "into the empty tree".to_owned(),
            Some(parent) => format!("below {parent}, where the search for it ended"),
        };
        let caption =
            format!("{key} goes in as a leaf {place}, and draws the priority {}", thousandths(priority));
        let caption = format!("{caption}{}", self.verdict(&tree, key));
        self.note(&tree, &[(key, "new")], &[], caption);
        while let Some(parent) = tree.parent(key).filter(|parent| tree.nodes[parent].priority < priority) {
            tree.raise(key);
            let caption = format!("{key} rotates above {parent}{}", self.verdict(&tree, key));
            self.note(&tree, &[(key, "new"), (&parent, "hot")], &[], caption);
        }
        self.agree(tree, recorded)
    }

    /// How a caption about a rising key ends.
    fn verdict(&self, tree: &Tree, key: &str) -> String {
        let Some(parent) = tree.parent(key) else {
            return "; it is the root now.".into();
        };
        let [ours, theirs] = [key, &parent].map(|key| thousandths(tree.nodes[key].priority));
        if ours > theirs {
            format!("; above it {parent} has {theirs}, less than {ours}, so it must go up.")
        } else {
            format!("; above it {parent} has {theirs}, more than {ours}: it stays.")
        }
    }

    fn remove(&mut self, key: &str) -> Result<(), String> {
        if self.treap.remove(key.as_bytes()).is_none() {
            return Err(format!("{key} is not there to remove"));
        }
        let recorded = self.look()?;
        let mut tree = self.tree.clone();
        let mut caption = format!("{key} is to go");
        loop {
            let children: Vec<String> = tree.nodes[key].children.iter().flatten().cloned().collect();
            let Some(up) = children.iter().max_by_key(|child| tree.nodes[*child].priority).cloned() else {
                let caption = format!("{caption}. It has no child any more, and can be cut off.");
                self.note(&tree, &[(key, "dim")], &[], caption);
                break;
            };
            let reason = match &children[..] {
                [left, right] => {
                    let [left_priority, right_priority] =
                        [left, right].map(|child| thousandths(tree.nodes[child].priority));
                    format!(
                        "Of its children {left} has {left_priority} and {right} {right_priority}, so {up} goes up."
                    )
                }
                _ => format!("Its only child, {up}, goes up."),
            };
            self.note(&tree, &[(key, "dim"), (&up, "hot")], &[], format!("{caption}. {reason}"));
            tree.raise(&up);
            caption = format!("{up} has rotated above {key}");
        }
        tree.cut(key);
        self.note(
            &tree,
            &[],
            &[],
            format!("Without {key}: this is the tree that there would be if {key} had never come."),
        );
        self.agree(tree, recorded)
    }

    fn sorted(&mut self, keys: &[&str]) -> Result<(), String> {
        if !self.treap.is_empty() {
            return Err("sorted stands alone".into());
        }
        let mut plain = Tree::default();
        for key in keys {
            plain.plant(key, 0);
            self.tree = self.put(key)?;
            let [levels, ours] = [&plain, &self.tree].map(Tree::levels);
            let caption = format!(
                "{key} goes in: the tree without priorities has {levels} level{}, the treap {ours}.",
                if levels == 1 { "" } else { "s" }
            );
            let panel = |heading: &str, tree: &Tree, label| Panel {
                heading: heading.into(),
                tree: tree.clone(),
                label,
            };
            let panels = vec![
                panel("without priorities", &plain, Label::Nothing),
                panel("a treap", &self.tree, Label::Priority),
            ];
            let marks = [((*key).to_owned(), "new")].into();
            self.scenes.push(Scene { panels, marks, caption, ..Scene::default() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn captions(body: &str) -> Result<Vec<String>, String> {
        let frames = record(&Script::parse(&format!("title A test\n{body}"))?)?;
        Ok(frames.into_iter().map(|frame| frame.caption).collect())
    }

    #[test]
    fn an_insertion_shows_the_leaf_and_each_rotation_and_ends_as_the_treap_does() {
        let seen = captions("seed 1\ninsert fig apple mango").unwrap();
        assert!(seen[0].starts_with("fig goes in as a leaf into the empty tree, and draws the priority "));
        assert!(seen.iter().any(|caption| caption.contains("rotates above")), "{seen:?}");
        assert_eq!(seen, captions("seed 1\ninsert fig apple mango").unwrap());
    }

    #[test]
    fn a_removal_sinks_to_a_leaf_and_is_cut_off() {
        let seen = captions("seed 8\nstart a b c d e f g\nremove d").unwrap();
        let last = &seen[seen.len() - 2..];
        assert!(last[0].contains("can be cut off") && last[1].starts_with("Without d"), "{seen:?}");
    }

    #[test]
    fn searches_ranks_and_ranges_agree_with_the_treap() {
        let start = "seed 8\nshow weights\nstart a b c d e f g";
        assert!(captions(&format!("{start}\nfind c")).unwrap().last().unwrap().starts_with("c is found"));
        assert!(captions(&format!("{start}\nfind cc")).unwrap().last().unwrap().contains("not in the tree"));
        assert!(captions(&format!("{start}\nrank e")).unwrap().last().unwrap().starts_with("e is here"));
        assert_eq!(captions(&format!("{start}\nrange c f")).unwrap().len(), 1 + 1 + 4);
        assert_eq!(captions(&format!("{start}\nrange - b")).unwrap().len(), 1 + 1 + 2);
    }

    #[test]
    fn sorted_keys_make_a_list_of_a_tree_without_priorities() {
        let seen = captions("sorted a b c d e f g").unwrap();
        assert!(seen[6].starts_with("g goes in: the tree without priorities has 7 levels"));
    }

    #[test]
    fn what_cannot_be_carried_out_is_an_error() {
        for bad in
            ["twist a", "insert a a", "remove a", "start a\nrank b", "seed x", "start a\nsorted b", "find"]
        {
            assert!(captions(bad).is_err(), "{bad}");
        }
        assert!(captions("insert a b c d e f g h i j k l m n").unwrap_err().contains("more than 12"));
        assert!(
            captions(
                "start aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
            )
            .unwrap_err()
            .contains("wide")
        );
    }
}

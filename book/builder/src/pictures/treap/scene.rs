//! Drawing trees: a column for each key, in order, and a row for each level.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Frame;
use super::super::svg::{Anchor, CHAR_WIDTH, Drawing};
use super::tree::{Node, Tree};

const MAX_WIDTH: f64 = 720.0;
const ROW: f64 = 62.0;
const BOX_HEIGHT: f64 = 40.0;
const GAP: f64 = 8.0;
const BETWEEN_TREES: f64 = 48.0;
const HEADING: f64 = 24.0;
const NOTE: f64 = 20.0;

/// What is written below a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Label {
    /// The node's priority, in thousandths of the highest.
    #[default]
    Priority,
    /// How many keys its subtree has.
    Weight,
    /// Nothing.
    Nothing,
}

/// A priority as pictures write it: thousandths of the highest.
pub(super) fn thousandths(priority: u32) -> u64 {
    (u64::from(priority) * 1000) >> 32
}

/// A tree to draw, with a line above it.
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    pub(super) heading: String,
    pub(super) tree: Tree,
    pub(super) label: Label,
}

/// One step, before it is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub(super) panels: Vec<Panel>,
    /// Classes of nodes that are not ordinary, by key.
    pub(super) marks: BTreeMap<String, &'static str>,
    /// Keys whose links to each other are what this step is about.
    pub(super) path: Vec<String>,
    /// Lines below.
    pub(super) notes: Vec<String>,
    pub(super) caption: String,
}

/// Draws all steps at the same size. A key has its column from the first step to the last, also while it is not there.
///
/// # Errors
/// They are too wide.
pub(super) fn draw(scenes: &[Scene]) -> Result<Vec<Frame>, String> {
    let columns = columns(scenes);
    let longest = columns.iter().flatten().map(|key| key.chars().count()).max().unwrap_or(0);
    let column = (longest as f64 * CHAR_WIDTH + 12.0).max(36.0) + GAP;
    let width = columns.iter().map(|keys| keys.len() as f64 * column).sum::<f64>()
        + BETWEEN_TREES * columns.len().saturating_sub(1) as f64;
    if width > MAX_WIDTH {
        return Err(format!("the picture is {width} units wide, and {MAX_WIDTH} at most fit"));
    }
    let panels = || scenes.iter().flat_map(|scene| &scene.panels);
    let top = if panels().any(|panel| !panel.heading.is_empty()) { HEADING } else { 0.0 };
    let levels = panels().map(|panel| panel.tree.levels()).max().unwrap_or(0);
    let notes_at = top + levels as f64 * ROW - (ROW - BOX_HEIGHT) + NOTE;
    let notes = scenes.iter().map(|scene| scene.notes.len()).max().unwrap_or(0);
    let least = (width + 4.0, notes_at + notes as f64 * NOTE);
    let frame = |scene: &Scene| {
        let mut drawing = Drawing::new();
        let mut left = 0.0;
        for (panel, keys) in scene.panels.iter().zip(&columns) {
            drawing.text(left, 12.0, &panel.heading, "text small strong", Anchor::Start);
            let place = |key: &String| {
                let index = keys.iter().position(|other| *other == key).unwrap_or(0) as f64;
                (left + (index + 0.5) * column, top + panel.tree.depth(key) as f64 * ROW)
            };
            draw_tree(&mut drawing, panel, scene, place, column - GAP);
            left += keys.len() as f64 * column + BETWEEN_TREES;
        }
        for (line, note) in scene.notes.iter().enumerate() {
            drawing.text(0.0, notes_at + line as f64 * NOTE, note, "text small mono", Anchor::Start);
        }
        Frame { caption: scene.caption.clone(), drawing: drawing.finish(least, &describe(scene)) }
    };
    Ok(scenes.iter().map(frame).collect())
}

/// The keys that each panel ever has, in order.
fn columns(scenes: &[Scene]) -> Vec<BTreeSet<&String>> {
    let panels = scenes.iter().map(|scene| scene.panels.len()).max().unwrap_or(0);
    let mut columns = vec![BTreeSet::new(); panels];
    for scene in scenes {
        for (keys, panel) in columns.iter_mut().zip(&scene.panels) {
            keys.extend(panel.tree.nodes.keys());
        }
    }
    columns
}

/// Draws the links of a tree, then its nodes; `place` is the middle of a node's upper edge.
fn draw_tree(
    drawing: &mut Drawing,
    panel: &Panel,
    scene: &Scene,
    place: impl Fn(&String) -> (f64, f64),
    width: f64,
) {
    for (key, node) in &panel.tree.nodes {
        for child in node.children.iter().flatten() {
            let ((x1, y1), to) = (place(key), place(child));
            let is_hot = scene.path.contains(key) && scene.path.contains(child);
            let class = if is_hot { "line hot" } else { "line" };
            drawing.line((x1, y1 + BOX_HEIGHT), to, class, false);
        }
    }
    for (key, node) in &panel.tree.nodes {
        let (x, y) = place(key);
        let class = scene.marks.get(key).copied().unwrap_or("box");
        drawing.rect(x - width / 2.0, y, width, BOX_HEIGHT, class);
        let label = label(panel.label, node);
        let baseline = if label.is_empty() { 25.0 } else { 17.0 };
        drawing.text(x, y + baseline, key, "text mono", Anchor::Middle);
        drawing.text(x, y + 33.0, &label, "text small", Anchor::Middle);
    }
}

fn label(label: Label, node: &Node) -> String {
    match label {
        Label::Priority => thousandths(node.priority).to_string(),
        Label::Weight => node.weight.to_string(),
        Label::Nothing => String::new(),
    }
}

/// The trees in words: each key with its label and its children.
fn describe(scene: &Scene) -> String {
    let trees = scene.panels.iter().map(|panel| {
        let root =
            panel.tree.root.as_deref().map_or_else(|| "an empty tree".into(), |root| format!("root {root}"));
        let nodes =
            panel.tree.nodes.iter().filter(|(_, node)| node.children != [None, None]).map(|(key, node)| {
                let [left, right] =
                    node.children.each_ref().map(|child| child.as_deref().unwrap_or("nothing"));
                format!("; below {key}: {left} and {right}")
            });
        format!(
            "{}{root}{}",
            if panel.heading.is_empty() { String::new() } else { format!("{}: ", panel.heading) },
            nodes.collect::<String>()
        )
    });
    trees.collect::<Vec<_>>().join(". ")
}

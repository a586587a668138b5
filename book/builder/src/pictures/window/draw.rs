//! Drawing windows: a row for each key, in order, with the tree lying on its side before them, so that bytes of the
//! same place in their keys stand below each other.

use super::super::Frame;
use super::super::svg::{Anchor, Drawing};
use super::rows::{HELD, Row};

const MAX_WIDTH: f64 = 720.0;
const HEADING: f64 = 30.0;
const ROW: f64 = 28.0;
const LEVEL: f64 = 26.0;
const DOT: f64 = 5.0;
const CELL: f64 = 12.0;
const CELL_HEIGHT: f64 = 20.0;

/// One step, before it is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub(super) rows: Vec<Row>,
    /// Keys whose windows are new or moved.
    pub(super) marks: Vec<String>,
    /// Keys that a search has passed, the one at which it is last.
    pub(super) path: Vec<String>,
    /// The key that is sought, and what the window skips at which it is.
    pub(super) sought: Option<(String, usize)>,
    pub(super) caption: String,
}

impl Scene {
    /// Nodes at rest.
    pub(super) fn of(rows: Vec<Row>, caption: String) -> Self {
        Self { rows, caption, ..Self::default() }
    }
}

/// Draws all steps at the same size. A key has its row from the first step to the last, also while it is not there.
///
/// # Errors
/// They are too wide.
pub(super) fn draw(scenes: &[Scene]) -> Result<Vec<Frame>, String> {
    let rows = || scenes.iter().flat_map(|scene| &scene.rows);
    let mut keys: Vec<&str> = rows().map(|row| row.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let levels = rows().map(|row| row.depth + 1).max().unwrap_or(0) as f64;
    let sought = scenes.iter().filter_map(|scene| scene.sought.as_ref());
    let cells = |key: &str, skip: usize| key.len().max(skip + HELD);
    let longest = rows()
        .map(|row| cells(&row.key, row.skip))
        .chain(sought.clone().map(|(key, skip)| cells(key, *skip)))
        .max()
        .unwrap_or(0) as f64;
    let left = levels * LEVEL + 8.0;
    let width = left + longest * CELL + 90.0;
    if width > MAX_WIDTH {
        return Err(format!("the picture is {width} units wide, and {MAX_WIDTH} at most fit"));
    }
    let below = if sought.count() > 0 { 1.6 * ROW } else { 0.0 };
    let least = (width, HEADING + keys.len() as f64 * ROW + below + 4.0);
    let frame = |scene: &Scene| {
        let sheet = Sheet { scene, keys: &keys, left, right: left + longest * CELL + 10.0 };
        Frame { caption: scene.caption.clone(), drawing: sheet.draw().finish(least, &describe(scene)) }
    };
    Ok(scenes.iter().map(frame).collect())
}

/// What is needed to place something.
struct Sheet<'a> {
    scene: &'a Scene,
    keys: &'a [&'a str],
    left: f64,
    right: f64,
}

impl Sheet<'_> {
    fn draw(&self) -> Drawing {
        let mut drawing = Drawing::new();
        let legend = "dashed: skipped; framed: in the window; no frame: only in the record";
        drawing.text(self.left, 12.0, legend, "text small", Anchor::Start);
        for row in &self.scene.rows {
            for child in row.children.iter().flatten() {
                let child = self.scene.rows.iter().find(|other| other.slot == *child);
                child.into_iter().for_each(|child| self.link(&mut drawing, row, child));
            }
        }
        for row in &self.scene.rows {
            self.row(&mut drawing, row);
        }
        if let Some((key, skip)) = &self.scene.sought {
            let y = HEADING + (self.keys.len() as f64 + 0.8) * ROW;
            drawing.text(self.left - 8.0, y + 4.0, "sought", "text small strong", Anchor::End);
            self.key(&mut drawing, y, key, *skip, "hot");
        }
        drawing
    }

    /// Where the dot of a node is.
    fn place(&self, row: &Row) -> (f64, f64) {
        let line = self.keys.iter().position(|key| *key == row.key).unwrap_or(0) as f64;
        (DOT + 2.0 + row.depth as f64 * LEVEL, HEADING + (line + 0.5) * ROW)
    }

    fn link(&self, drawing: &mut Drawing, above: &Row, below: &Row) {
        let passed = |row: &Row| self.scene.path.contains(&row.key);
        let class = if passed(above) && passed(below) { "line hot" } else { "line" };
        drawing.line(self.place(above), self.place(below), class, false);
    }

    fn row(&self, drawing: &mut Drawing, row: &Row) {
        let (x, y) = self.place(row);
        let is_here = self.scene.path.last() == Some(&row.key);
        let is_new = self.scene.marks.contains(&row.key);
        drawing.circle(x, y, DOT, if is_here { "hot" } else { "box" });
        let class = match (is_here, is_new) {
            (true, _) => "hot",
            (_, true) => "new",
            _ => "good",
        };
        self.key(drawing, y, &row.key, row.skip, class);
        let note = if is_here {
            format!("skips {}, here", row.skip)
        } else if is_new {
            format!("skips {}, new", row.skip)
        } else {
            format!("skips {}", row.skip)
        };
        drawing.text(self.right, y + 4.0, &note, "text small", Anchor::Start);
    }

    /// A key around the height `y`, with frames around what is skipped and what a window holds.
    fn key(&self, drawing: &mut Drawing, y: f64, key: &str, skip: usize, class: &str) {
        let (left, top) = (self.left, y - CELL_HEIGHT / 2.0);
        if skip > 0 {
            drawing.rect(left, top, skip as f64 * CELL - 2.0, CELL_HEIGHT, "dim");
        }
        drawing.rect(left + skip as f64 * CELL, top, HELD as f64 * CELL - 2.0, CELL_HEIGHT, class);
        for place in 0..key.len().max(skip + HELD) {
            let is_held = (skip..skip + HELD).contains(&place);
            let class = if is_held { "text mono" } else { "text mono dim" };
            let byte = key.as_bytes().get(place).map(|byte| char::from(*byte).to_string());
            let (text, class) = byte.map_or(("0".into(), "text small dim"), |text| (text, class));
            drawing.text(left + (place as f64 + 0.5) * CELL - 1.0, y + 5.0, &text, class, Anchor::Middle);
        }
    }
}

/// The rows in words.
fn describe(scene: &Scene) -> String {
    let rows = scene.rows.iter().map(|row| {
        let held: String = row.key.chars().skip(row.skip).take(HELD).collect();
        format!("{} at level {} skips {} and holds {held:?}", row.key, row.depth + 1, row.skip)
    });
    rows.collect::<Vec<_>>().join("; ")
}

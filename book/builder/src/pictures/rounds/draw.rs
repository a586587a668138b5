//! A round as a table: a row for each client, and the commit as a bar between what is executed and what is answered.

use super::super::Frame;
use super::super::svg::{Anchor, Drawing};
use super::{Commit, Row, Turn};

const LINE: f64 = 24.0;
const GAP: f64 = 16.0;
const HEAD: f64 = 64.0;
/// Entries of a cell that are drawn; the others are counted.
const MAX_ENTRIES: usize = 5;
const NAME_X: f64 = 6.0;
const READY_X: f64 = 30.0;
const EXECUTED_X: f64 = 122.0;
const EXECUTED_WIDTH: f64 = 176.0;
const COMMIT_X: f64 = 312.0;
const COMMIT_WIDTH: f64 = 64.0;
const ANSWER_X: f64 = 390.0;
const ANSWER_WIDTH: f64 = 102.0;
const WAITS_X: f64 = 506.0;
const RIGHT: f64 = 712.0;

/// Draws them all, in frames of the same size.
pub(super) fn frames(turns: &[Turn]) -> Vec<Frame> {
    let clients = turns.iter().map(|turn| turn.rows.len()).max().unwrap_or(0);
    let lines = |client: usize| {
        let rows = turns.iter().filter_map(|turn| turn.rows.get(client));
        rows.map(Row::lines).max().unwrap_or(1)
    };
    let heights: Vec<f64> = (0..clients).map(|client| lines(client) as f64 * LINE + GAP).collect();
    turns.iter().map(|turn| Frame { caption: turn.caption.clone(), drawing: turn.draw(&heights) }).collect()
}

impl Row {
    fn lines(&self) -> usize {
        let cells = [self.executed.len(), self.answers.len(), self.waits.len(), 2];
        cells.into_iter().max().unwrap_or(1).min(MAX_ENTRIES + 1)
    }

    /// What the drawing says, for those who do not see it.
    fn says(&self) -> String {
        let mut parts = Vec::new();
        if !self.ready.is_empty() {
            parts.push(self.ready.clone());
        }
        if self.read_bytes > 0 {
            parts.push(format!("reads {} bytes", self.read_bytes));
        }
        if !self.executed.is_empty() {
            let executed: Vec<String> =
                self.executed.iter().map(|(place, what)| format!("{place} {what}")).collect();
            parts.push(format!("executes {}", executed.join(", ")));
        }
        if !self.answers.is_empty() {
            parts.push(format!("is answered {}", self.answers.join(", ")));
        }
        if !self.waits.is_empty() {
            parts.push(format!("waits: {}", self.waits.join("; ")));
        }
        match parts.is_empty() {
            true => format!("{}: nothing.", self.name),
            false => format!("{}: {}.", self.name, parts.join(", ")),
        }
    }
}

impl Turn {
    fn commit_text(&self) -> [&'static str; 2] {
        match self.commit {
            Commit::Durable => ["durable", "good"],
            Commit::Withheld => ["not yet", "dim"],
            Commit::Failed => ["failed", "bad"],
        }
    }

    fn draw(&self, heights: &[f64]) -> String {
        let mut drawing = Drawing::new();
        let title = match self.several {
            true => format!("rounds {} and on", self.number),
            false => format!("round {}", self.number),
        };
        drawing.text(NAME_X, 16.0, &title, "text strong", Anchor::Start);
        for (x, head) in [
            (READY_X, "ready, read"),
            (EXECUTED_X, "executed, in order"),
            (COMMIT_X, "commit"),
            (ANSWER_X, "answered"),
            (WAITS_X, "waits after it"),
        ] {
            drawing.text(x, 40.0, head, "text small dim", Anchor::Start);
        }
        drawing.line((0.0, 48.0), (RIGHT, 48.0), "line", false);
        let bottom = HEAD + heights.iter().sum::<f64>() - GAP;
        self.draw_commit(&mut drawing, bottom);
        let mut y = HEAD;
        for (row, height) in self.rows.iter().zip(heights) {
            draw_row(&mut drawing, row, y);
            y += height;
            if y < bottom {
                drawing.line((0.0, y - GAP / 2.0), (COMMIT_X - 4.0, y - GAP / 2.0), "line dim", false);
                let from = COMMIT_X + COMMIT_WIDTH + 4.0;
                drawing.line((from, y - GAP / 2.0), (RIGHT, y - GAP / 2.0), "line dim", false);
            }
        }
        let rows: Vec<String> = self.rows.iter().map(Row::says).collect();
        let earlier = if self.caught_up { "earlier rounds are durable, and of this one " } else { "" };
        let (rows, changes, [word, _]) = (rows.join(" "), self.changes(), self.commit_text());
        let label = format!("{title}. {rows} The commit: {earlier}{changes}, {word}.");
        drawing.finish((RIGHT + 4.0, bottom + 8.0), &label)
    }

    fn changes(&self) -> String {
        match self.changes {
            0 => "no change".into(),
            1 => "1 change".into(),
            many => format!("{many} changes"),
        }
    }

    fn draw_commit(&self, drawing: &mut Drawing, bottom: f64) {
        let [word, class] = self.commit_text();
        drawing.rect(COMMIT_X, HEAD - 8.0, COMMIT_WIDTH, bottom - HEAD + 8.0, class);
        let (x, y) = (COMMIT_X + COMMIT_WIDTH / 2.0, (HEAD + bottom) / 2.0);
        let changes = self.changes();
        let (number, noun) = changes.split_once(' ').unwrap_or((&changes, ""));
        let mut lines = match self.caught_up {
            true => vec![("earlier", false), ("durable", true), ("this one", false)],
            false => vec![(number, false), (noun, false)],
        };
        lines.push((word, true));
        let top = y + 4.0 - 9.0 * (lines.len() - 1) as f64;
        for (line, (text, is_strong)) in lines.into_iter().enumerate() {
            let class = if is_strong { "text small strong" } else { "text small" };
            drawing.text(x, top + 18.0 * line as f64, text, class, Anchor::Middle);
        }
    }
}

fn draw_row(drawing: &mut Drawing, row: &Row, y: f64) {
    drawing.text(NAME_X, y + 12.0, &row.name, "text strong", Anchor::Start);
    drawing.text(READY_X, y + 12.0, &row.ready, "text small", Anchor::Start);
    if row.read_bytes > 0 {
        drawing.text(
            READY_X,
            y + 12.0 + LINE,
            &format!("{} bytes", row.read_bytes),
            "text small",
            Anchor::Start,
        );
    }
    let executed: Vec<String> = row.executed.iter().map(|(place, what)| format!("{place}. {what}")).collect();
    draw_cell(drawing, &executed, (EXECUTED_X, y), EXECUTED_WIDTH, "box");
    draw_cell(drawing, &row.answers, (ANSWER_X, y), ANSWER_WIDTH, "good");
    draw_cell(drawing, &row.waits, (WAITS_X, y), RIGHT - WAITS_X, "dim");
}

fn draw_cell(drawing: &mut Drawing, entries: &[String], at: (f64, f64), width: f64, class: &str) {
    let shown = if entries.len() > MAX_ENTRIES + 1 { MAX_ENTRIES } else { entries.len() };
    for (line, entry) in entries[..shown].iter().enumerate() {
        let y = at.1 + LINE * line as f64;
        drawing.rect(at.0, y - 3.0, width, LINE - 4.0, class);
        drawing.text(at.0 + 6.0, y + 12.0, entry, "text small", Anchor::Start);
    }
    if shown < entries.len() {
        let y = at.1 + LINE * shown as f64 + 12.0;
        let others = format!("… and {} more", entries.len() - shown);
        drawing.text(at.0 + 6.0, y, &others, "text small dim", Anchor::Start);
    }
}

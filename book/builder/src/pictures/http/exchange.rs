//! Bridge, engine and source side by side, with what passes between them.

use super::engine::{Copy, Step};
use crate::pictures::Frame;
use crate::pictures::svg::{Anchor, Drawing};

/// What one frame shows.
pub(super) struct Moment {
    pub(super) caption: String,
    pub(super) now_ms: u64,
    /// What has happened for the present question, the oldest first.
    pub(super) steps: Vec<Step>,
    /// How many of the last steps are new in this frame.
    pub(super) fresh: usize,
    pub(super) copy: Option<Copy>,
}

impl Moment {
    /// How long the copy still has.
    pub(super) fn left_ms(&self) -> Option<u64> {
        let deadline_ms = self.copy.as_ref()?.deadline_ms?;
        Some(deadline_ms.saturating_sub(self.now_ms))
    }
}

/// Where the three stand.
const SOURCE_X: f64 = 70.0;
const BRIDGE_X: f64 = 250.0;
const ENGINE_X: f64 = 640.0;
const ROW: f64 = 34.0;
const TOP: f64 = 70.0;

pub(super) fn draw(moment: &Moment, rows: usize) -> Frame {
    let mut drawing = Drawing::new();
    let clock = format!("{} s on the engine's clock", moment.now_ms / 1_000);
    drawing.text(0.0, 12.0, &clock, "text small dim", Anchor::Start);
    let bottom = TOP + ROW * rows as f64 + 8.0;
    for (x, name) in [(SOURCE_X, "source"), (BRIDGE_X, "bridge"), (ENGINE_X, "engine")] {
        drawing.rect(x - 60.0, 24.0, 120.0, 28.0, "box");
        drawing.text(x, 43.0, name, "text", Anchor::Middle);
        drawing.line((x, 52.0), (x, bottom), "line dim", false);
    }
    for (row, step) in moment.steps.iter().enumerate() {
        let is_fresh = row + moment.fresh >= moment.steps.len();
        draw_step(&mut drawing, TOP + ROW * row as f64, step, is_fresh);
    }
    draw_copy(&mut drawing, bottom, moment);
    Frame {
        caption: moment.caption.clone(),
        drawing: drawing.finish((712.0, bottom + 44.0), &moment.caption),
    }
}

fn draw_step(drawing: &mut Drawing, y: f64, step: &Step, is_fresh: bool) {
    let (line, text) = if is_fresh { ("line hot", "text mono") } else { ("line", "text mono dim") };
    let (to, label) = match step {
        Step::Engine { request, reply } => (ENGINE_X, format!("{request} → {reply}")),
        Step::Source { name, text } => (SOURCE_X, format!("{name} → {text}")),
    };
    drawing.text((BRIDGE_X + to) / 2.0, y + 8.0, &label, text, Anchor::Middle);
    drawing.line((BRIDGE_X, y + 14.0), (to, y + 14.0), line, true);
}

/// What the engine holds, at the foot of its column.
fn draw_copy(drawing: &mut Drawing, y: f64, moment: &Moment) {
    let (class, text) = match (&moment.copy, moment.left_ms()) {
        (Some(copy), Some(0)) => ("dim", format!("{}, its time is over", copy.value)),
        (Some(copy), Some(left_ms)) => ("good", format!("{}, {} s left", copy.value, left_ms / 1_000)),
        (Some(copy), None) => ("bad", format!("{}, for ever", copy.value)),
        (None, _) => ("dim", "none".into()),
    };
    drawing.rect(ENGINE_X - 180.0, y + 6.0, 250.0, 30.0, class);
    drawing.text(ENGINE_X - 55.0, y + 26.0, &format!("copy: {text}"), "text", Anchor::Middle);
}

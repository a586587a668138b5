//! A keyspace as four rows: the keys in key order, their deadlines in the order of time with a line at the present
//! moment, the expired keys that are noted, and what the log was handed.

use super::State;
use crate::pictures::Frame;
use crate::pictures::svg::{Anchor, CHAR_WIDTH, Drawing};

/// Where boxes begin; the rows' names are left of it.
const BOXES_X: f64 = 112.0;
/// Between boxes, wide enough for the line of the present moment.
const GAP: f64 = 24.0;
const KEY_HEIGHT: f64 = 42.0;
const HEIGHT: f64 = 26.0;

const KEYS_Y: f64 = 34.0;
const SCHEDULE_Y: f64 = 124.0;
const NOTED_Y: f64 = 206.0;
const LOG_Y: f64 = 244.0;

/// The frames, all as large as the largest.
pub(super) fn frames(states: &[State]) -> Vec<Frame> {
    let width = states.iter().map(width).fold(0.0, f64::max);
    let least = (width + 6.0, LOG_Y + HEIGHT + 6.0);
    let frame = |state: &State| {
        let mut drawing = Drawing::new();
        draw(state, &mut drawing);
        Frame { caption: state.caption.clone(), drawing: drawing.finish(least, &label(state)) }
    };
    states.iter().map(frame).collect()
}

/// A text in a box, and where it is.
struct Boxed {
    text: String,
    x: f64,
    width: f64,
}

impl Boxed {
    fn middle(&self) -> f64 {
        self.x + self.width / 2.0
    }
}

/// Texts in a row of boxes.
fn row(texts: impl IntoIterator<Item = String>, least_chars: usize) -> Vec<Boxed> {
    let mut x = BOXES_X;
    let place = |text: String| {
        let width = text.chars().count().max(least_chars) as f64 * CHAR_WIDTH + 14.0;
        let boxed = Boxed { text, x, width };
        x += width + GAP;
        boxed
    };
    texts.into_iter().map(place).collect()
}

fn keys(state: &State) -> Vec<Boxed> {
    let longest = state.keys.iter().map(|(_, deadline_ms)| when(*deadline_ms).len()).max();
    row(state.keys.iter().map(|(key, _)| key.clone()), longest.unwrap_or(0))
}

fn schedule(state: &State) -> Vec<Boxed> {
    row(state.schedule.iter().map(|(deadline_ms, key)| format!("{deadline_ms} {key}")), 0)
}

fn when(deadline_ms: Option<u64>) -> String {
    deadline_ms.map_or("stays".into(), |deadline_ms| format!("at {deadline_ms}"))
}

fn width(state: &State) -> f64 {
    let rows = [keys(state), schedule(state), row(state.noted.clone(), 0), row(state.log.clone(), 0)];
    // Room for the present moment's line and its text behind the last entry.
    let right = |boxes: &Vec<Boxed>| boxes.last().map_or(BOXES_X, |last| last.x + last.width) + 60.0;
    rows.iter().map(right).fold(0.0, f64::max)
}

fn draw(state: &State, drawing: &mut Drawing) {
    let rows = [
        (KEYS_Y + 26.0, "keys"),
        (SCHEDULE_Y + 18.0, "deadlines"),
        (NOTED_Y + 18.0, "noted"),
        (LOG_Y + 18.0, "to the log"),
    ];
    for (y, name) in rows {
        drawing.text(0.0, y, name, "text dim", Anchor::Start);
    }
    let mode = if state.replaying { "replaying the log" } else { "" };
    drawing.text(BOXES_X, 16.0, mode, "text strong", Anchor::Start);
    draw_links(state, drawing);
    draw_keys(state, drawing);
    draw_schedule(state, drawing);
    draw_row(&row(state.noted.clone(), 0), NOTED_Y, "dim", drawing);
    draw_row(&row(state.log.clone(), 0), LOG_Y, "good", drawing);
}

/// The lines between each record and its entry: what E1 speaks of.
fn draw_links(state: &State, drawing: &mut Drawing) {
    let (keys, schedule) = (keys(state), schedule(state));
    for (entry, (_, due)) in schedule.iter().zip(&state.schedule) {
        if let Some(key) = keys.iter().find(|key| key.text == *due) {
            let class = if state.hot.contains(due) { "line hot" } else { "line" };
            drawing.line((key.middle(), KEYS_Y + KEY_HEIGHT), (entry.middle(), SCHEDULE_Y), class, false);
        }
    }
}

fn draw_keys(state: &State, drawing: &mut Drawing) {
    for (key, (_, deadline_ms)) in keys(state).iter().zip(&state.keys) {
        let class = if state.hot.contains(&key.text) { "hot" } else { "box" };
        drawing.rect(key.x, KEYS_Y, key.width, KEY_HEIGHT, class);
        drawing.text(key.middle(), KEYS_Y + 17.0, &key.text, "text mono strong", Anchor::Middle);
        drawing.text(key.middle(), KEYS_Y + 35.0, &when(*deadline_ms), "text mono small", Anchor::Middle);
    }
}

/// The entries; those left of the line of the present moment are due, unless a replay goes on.
fn draw_schedule(state: &State, drawing: &mut Drawing) {
    let entries = schedule(state);
    let mut now_x = BOXES_X - GAP / 2.0;
    for (entry, (deadline_ms, key)) in entries.iter().zip(&state.schedule) {
        let class = if state.hot.contains(key) { "hot" } else { "box" };
        drawing.rect(entry.x, SCHEDULE_Y, entry.width, HEIGHT, class);
        drawing.text(entry.middle(), SCHEDULE_Y + 18.0, &entry.text, "text mono", Anchor::Middle);
        if *deadline_ms <= state.now_ms {
            now_x = entry.x + entry.width + GAP / 2.0;
            let said = if state.replaying { "not due" } else { "due" };
            drawing.text(entry.middle(), SCHEDULE_Y + HEIGHT + 15.0, said, "text small", Anchor::Middle);
        }
    }
    drawing.line((now_x, SCHEDULE_Y - 10.0), (now_x, SCHEDULE_Y + HEIGHT + 22.0), "line hot", false);
    let now = format!("now {}", state.now_ms);
    drawing.text(now_x, SCHEDULE_Y + HEIGHT + 36.0, &now, "text strong", Anchor::Middle);
}

fn draw_row(boxes: &[Boxed], y: f64, class: &str, drawing: &mut Drawing) {
    if boxes.is_empty() {
        drawing.text(BOXES_X, y + 18.0, "nothing", "text dim", Anchor::Start);
    }
    for boxed in boxes {
        drawing.rect(boxed.x, y, boxed.width, HEIGHT, class);
        drawing.text(boxed.middle(), y + 18.0, &boxed.text, "text mono", Anchor::Middle);
    }
}

/// The drawing in words.
fn label(state: &State) -> String {
    let keys: Vec<_> = state.keys.iter().map(|(key, ms)| format!("{key} {}", when(*ms))).collect();
    let schedule: Vec<_> = state.schedule.iter().map(|(ms, key)| format!("{ms} {key}")).collect();
    let or_none = |words: String| if words.is_empty() { "none".into() } else { words };
    format!(
        "Now {}. Keys: {}. Deadlines: {}. Noted: {}. Log: {}.",
        state.now_ms,
        or_none(keys.join(", ")),
        or_none(schedule.join(", ")),
        or_none(state.noted.join(", ")),
        or_none(state.log.join(", "))
    )
}

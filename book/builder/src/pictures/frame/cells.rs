//! Draws bytes as cells in rows, field by field.

use crate::pictures::svg::{Anchor, CHAR_WIDTH, Drawing};

/// How many cells a row has at most.
const ROW_CELLS: usize = 18;

/// How many bytes of a long field are drawn; the others are counted.
const LONG_FIELD: usize = 12;

/// The cells that the count of the others takes.
const COUNT_CELLS: usize = 4;

const CELL: f64 = 36.0;
const CELL_HEIGHT: f64 = 26.0;
const ROW_HEIGHT: f64 = 76.0;
const HEAD_HEIGHT: f64 = 46.0;

/// What becomes of a byte's cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is not there yet, or no more.
    Away,
    /// It came with this step.
    New,
    /// It was there before.
    Here,
    /// It proves that something is wrong.
    Bad,
}

/// Bytes that mean one thing.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// What they are, above the cells.
    pub(super) label: String,
    pub(super) bytes: Vec<u8>,
    /// What they say, below the cells; without it each byte's own character stands there.
    pub(super) meaning: Option<String>,
    /// Whether a row begins here even when there is room.
    pub(super) begins: bool,
    /// Whether it stands in one row with the field before it.
    pub(super) joined: bool,
}

/// One step: two lines of text, and the fields with their bytes' states.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) arrived: String,
    pub(super) answer: String,
    pub(super) fields: Vec<(Field, Vec<State>)>,
}

/// How many cells a field takes.
fn cells(field: &Field) -> usize {
    match field.bytes.len() {
        len if len > LONG_FIELD + COUNT_CELLS => LONG_FIELD + COUNT_CELLS,
        len => len,
    }
}

/// The row and the first cell of each field.
fn places(fields: &[(Field, Vec<State>)]) -> Vec<(usize, usize)> {
    let (mut row, mut cell) = (0, 0);
    let mut places = Vec::new();
    for (index, (field, _)) in fields.iter().enumerate() {
        let with_next: usize = cells(field)
            + fields[index + 1..]
                .iter()
                .take_while(|(next, _)| next.joined)
                .map(|(next, _)| cells(next))
                .sum::<usize>();
        if cell > 0 && (field.begins || (!field.joined && cell + with_next > ROW_CELLS)) {
            (row, cell) = (row + 1, 0);
        }
        places.push((row, cell));
        cell += cells(field);
    }
    places
}

/// Draws all steps of a picture, each as large as the largest.
pub(super) fn draw(steps: &[Step]) -> Vec<String> {
    let rows = steps.iter().flat_map(|step| places(&step.fields)).map(|(row, _)| row + 1).max().unwrap_or(1);
    let texts = steps.iter().flat_map(|step| [&step.arrived, &step.answer]);
    let width =
        texts.map(|text| text.chars().count() as f64 * CHAR_WIDTH).fold(ROW_CELLS as f64 * CELL, f64::max);
    let least = (width + 4.0, HEAD_HEIGHT + rows as f64 * ROW_HEIGHT);
    steps.iter().map(|step| draw_step(step, least)).collect()
}

fn draw_step(step: &Step, least: (f64, f64)) -> String {
    let mut drawing = Drawing::new();
    drawing.text(0.0, 14.0, &step.arrived, "text", Anchor::Start);
    drawing.text(0.0, 36.0, &step.answer, "text mono strong", Anchor::Start);
    for ((field, states), (row, cell)) in step.fields.iter().zip(places(&step.fields)) {
        draw_field(&mut drawing, field, states, (cell as f64 * CELL, HEAD_HEIGHT + row as f64 * ROW_HEIGHT));
    }
    drawing.finish(least, &format!("{}; {}", step.arrived, step.answer))
}

fn draw_field(drawing: &mut Drawing, field: &Field, states: &[State], (x, y): (f64, f64)) {
    let class = |state: State| match state {
        State::Away => "dim",
        State::New => "new",
        State::Here => "box",
        State::Bad => "bad",
    };
    let text = |states: &[State]| if states.contains(&State::Away) { "text small dim" } else { "text small" };
    let width = cells(field) as f64 * CELL;
    drawing.text(x + 1.0, y + 14.0, &field.label, text(states), Anchor::Start);
    let drawn = if cells(field) < field.bytes.len() { LONG_FIELD } else { field.bytes.len() };
    let below = y + 20.0 + CELL_HEIGHT + 16.0;
    for (index, (byte, state)) in field.bytes.iter().zip(states).take(drawn).enumerate() {
        let left = x + index as f64 * CELL;
        let middle = left + CELL / 2.0;
        drawing.rect(left + 1.0, y + 20.0, CELL - 2.0, CELL_HEIGHT, class(*state));
        let mono = if *state == State::Away { "text mono dim" } else { "text mono" };
        drawing.text(middle, y + 38.0, &format!("{byte:02x}"), mono, Anchor::Middle);
        if field.meaning.is_none() {
            let shown = if matches!(byte, b'!'..=b'~') { char::from(*byte) } else { '·' };
            drawing.text(middle, below, &shown.to_string(), mono, Anchor::Middle);
        }
    }
    if drawn < field.bytes.len() {
        let left = x + drawn as f64 * CELL;
        let rest = format!("and {} more", field.bytes.len() - drawn);
        drawing.rect(
            left + 1.0,
            y + 20.0,
            COUNT_CELLS as f64 * CELL - 2.0,
            CELL_HEIGHT,
            class(states[drawn]),
        );
        drawing.text(left + COUNT_CELLS as f64 * CELL / 2.0, y + 38.0, &rest, "text small", Anchor::Middle);
    }
    if let Some(meaning) = &field.meaning {
        drawing.text(x + width / 2.0, below, meaning, text(states), Anchor::Middle);
    }
}

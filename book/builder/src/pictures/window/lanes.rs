//! Searches side by side: a row for each lane, a column for each turn.

use std::cmp::Ordering;

use heapwood_treap::{MAX_LANES, Packed, Slot, Treap};

use super::super::Frame;
use super::super::svg::{Anchor, CHAR_WIDTH, Drawing};
use super::rows::{self, Row, Verdict};

const MAX_WIDTH: f64 = 720.0;
const HEADING: f64 = 26.0;
const ROW: f64 = 34.0;
const BOX_HEIGHT: f64 = 26.0;
const GAP: f64 = 6.0;

/// What a lane has asked the processor for, or come to, at the end of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stop {
    /// A node.
    Node(String),
    /// The record of the node at which it is.
    Record(String),
    /// Its answer, and the node.
    Done(Option<String>),
}

/// A lane: its key, and what it did in each turn, its place before the first one.
struct Lane<'a> {
    key: &'a str,
    at: Option<Slot>,
    needs_record: bool,
    stops: Vec<Stop>,
}

/// Records a batch.
///
/// # Errors
/// It does not fit a picture or one group of lanes, or the real batch has other answers.
pub(super) fn record(treap: &Treap<Packed>, keys: &[&str]) -> Result<Vec<Frame>, String> {
    if keys.is_empty() || keys.len() > MAX_LANES {
        return Err(format!("a batch in a picture has 1 to {MAX_LANES} keys"));
    }
    let rows = rows::recorded(treap)?;
    let root = rows.iter().find(|row| Some(row.slot) == treap.root()).ok_or("there is no key yet")?;
    let start = Stop::Node(root.key.clone());
    let mut lanes: Vec<Lane<'_>> = keys
        .iter()
        .map(|key| Lane { key, at: treap.root(), needs_record: false, stops: vec![start.clone()] })
        .collect();
    let mut turns = 0;
    while lanes.iter().any(Lane::is_searching) {
        lanes.iter_mut().filter(|lane| lane.is_searching()).for_each(|lane| lane.advance(&rows));
        turns += 1;
    }
    let bytes: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
    let mut hints = vec![None; keys.len()];
    treap.find_batch(&bytes, &mut hints);
    if !lanes.iter().map(|lane| lane.at).eq(hints) {
        return Err("the drawn lanes end elsewhere than the batch".into());
    }
    draw(&lanes, turns)
}

impl Lane<'_> {
    fn is_searching(&self) -> bool {
        !matches!(self.stops.last(), Some(Stop::Done(_)))
    }

    /// One step, as `Treap::advance` takes it.
    fn advance(&mut self, rows: &[Row]) {
        let Some(row) = rows.iter().find(|row| Some(row.slot) == self.at) else {
            self.stops.push(Stop::Done(None));
            return;
        };
        if row.verdict(self.key) == Verdict::Equal && !self.needs_record {
            self.needs_record = true;
            self.stops.push(Stop::Record(row.key.clone()));
            return;
        }
        self.needs_record = false;
        let side = match self.key.cmp(row.key.as_str()) {
            Ordering::Equal => {
                self.stops.push(Stop::Done(Some(row.key.clone())));
                return;
            }
            order => usize::from(order == Ordering::Greater),
        };
        self.at = row.children[side];
        let next = rows.iter().find(|row| Some(row.slot) == self.at);
        self.stops.push(next.map_or(Stop::Done(None), |next| Stop::Node(next.key.clone())));
    }
}

impl Stop {
    fn text(&self) -> String {
        match self {
            Self::Node(key) => key.clone(),
            Self::Record(key) => format!("[{key}]"),
            Self::Done(Some(_)) => "found".into(),
            Self::Done(None) => "none".into(),
        }
    }
}

/// Draws the state after each turn, from the start on.
fn draw(lanes: &[Lane<'_>], turns: usize) -> Result<Vec<Frame>, String> {
    let texts = lanes.iter().flat_map(|lane| &lane.stops).map(|stop| stop.text().chars().count());
    let column = texts.max().unwrap_or(0).max(6) as f64 * CHAR_WIDTH + 6.0 + GAP;
    let left = lanes.iter().map(|lane| lane.key.len()).max().unwrap_or(0) as f64 * CHAR_WIDTH + 16.0;
    let width = left + (turns + 1) as f64 * column;
    if width > MAX_WIDTH {
        return Err(format!("the picture is {width} units wide, and {MAX_WIDTH} at most fit"));
    }
    let least = (width, HEADING + lanes.len() as f64 * ROW);
    let frame = |turn: usize| {
        let mut drawing = Drawing::new();
        for number in 0..=turn {
            let heading = if number == 0 { "start".into() } else { format!("turn {number}") };
            let x = left + number as f64 * column + (column - GAP) / 2.0;
            drawing.text(x, 12.0, &heading, "text small", Anchor::Middle);
        }
        for (place, lane) in lanes.iter().enumerate() {
            let y = HEADING + place as f64 * ROW;
            drawing.text(0.0, y + 18.0, lane.key, "text mono strong", Anchor::Start);
            for (number, stop) in lane.stops.iter().enumerate().take(turn + 1) {
                let x = left + number as f64 * column;
                let class = match stop {
                    Stop::Done(_) => "good",
                    _ if number == turn => "hot",
                    _ => "box",
                };
                drawing.rect(x, y, column - GAP, BOX_HEIGHT, class);
                let middle = x + (column - GAP) / 2.0;
                drawing.text(middle, y + 18.0, &stop.text(), "text mono", Anchor::Middle);
            }
        }
        let caption = caption(lanes, turn);
        Frame { drawing: drawing.finish(least, &describe(lanes, turn)), caption }
    };
    Ok((0..=turns).map(frame).collect())
}

fn caption(lanes: &[Lane<'_>], turn: usize) -> String {
    if turn == 0 {
        return format!("{} lanes are ready, all at the root.", lanes.len());
    }
    let now: Vec<(&str, &Stop)> =
        lanes.iter().filter_map(|lane| Some((lane.key, lane.stops.get(turn)?))).collect();
    let which = |wanted: fn(&Stop) -> bool| {
        let keys: Vec<&str> = now.iter().filter(|(_, stop)| wanted(stop)).map(|(key, _)| *key).collect();
        keys.join(", ")
    };
    let parts = [
        ("on to the next node, asked for", which(|stop| matches!(stop, Stop::Node(_)))),
        ("windows equal, the record is asked for", which(|stop| matches!(stop, Stop::Record(_)))),
        ("found", which(|stop| matches!(stop, Stop::Done(Some(_))))),
        ("not there", which(|stop| matches!(stop, Stop::Done(None)))),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(what, keys)| format!("{keys} ({what})"))
        .collect();
    let is_last = lanes.iter().all(|lane| lane.stops.len() <= turn + 1);
    let steps: usize = lanes.iter().map(|lane| lane.stops.len() - 1).sum();
    let end =
        if is_last { format!(" The batch took {turn} turns for {steps} steps.") } else { String::new() };
    format!("{}.{end}", said.join("; "))
}

/// The lanes in words.
fn describe(lanes: &[Lane<'_>], turn: usize) -> String {
    let lanes = lanes.iter().map(|lane| {
        let stops: Vec<String> = lane.stops.iter().take(turn + 1).map(Stop::text).collect();
        format!("{}: {}", lane.key, stops.join(", "))
    });
    lanes.collect::<Vec<_>>().join("; ")
}

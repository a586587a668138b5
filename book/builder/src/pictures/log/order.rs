//! Each operation on a round's way to the disk, and what is where after it.

use super::mem_storage::Operation;
use crate::pictures::Frame;
use crate::pictures::svg::{Anchor, Drawing};
use heapwood_aof::LOG_NAME;

const BOX: f64 = 208.0;
const GAP: f64 = 46.0;
const BOX_Y: f64 = 24.0;
const BOX_HEIGHT: f64 = 104.0;
const LINE: f64 = 20.0;

/// Where everything is. Derived from one operation after the other, and compared with the real file in between.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// The commands of the round that is not written yet.
    buffer: Vec<String>,
    file: String,
    end: u64,
    durable: u64,
    /// What was done so far.
    past: Vec<String>,
}

/// One frame's worth.
#[derive(Clone, Debug)]
pub(super) struct Step {
    caption: String,
    /// Which box it is about: 0 the buffer, 1 the file, 2 the disk, 3 none.
    hot: usize,
    failed: bool,
    after: Order,
}

impl Order {
    pub(super) fn new(end: u64, durable: u64) -> Self {
        Self { buffer: Vec::new(), file: LOG_NAME.into(), end, durable, past: Vec::new() }
    }

    fn step(&mut self, said: String, caption: String, hot: usize, failed: bool) -> Step {
        self.past.push(said);
        Step { caption, hot, failed, after: self.clone() }
    }

    /// A command was carried out in memory and recorded.
    pub(super) fn recorded(&mut self, command: String) -> Step {
        let caption = format!(
            "{command} is carried out in memory and recorded in the round's buffer; nothing is written."
        );
        self.buffer.push(command.clone());
        self.step(format!("record {command}"), caption, 0, false)
    }

    /// The log did this to the files.
    pub(super) fn done(&mut self, operation: &Operation, failed: bool) -> Step {
        let (said, caption, hot) = match operation {
            Operation::Write(offset, bytes) if !failed => {
                self.end = offset + bytes.len() as u64;
                let whole = format!(
                    "One write hands the round's line and its {}, {} bytes, to the system: a killed server would lose nothing now, a power cut all of it.",
                    counted(self.buffer.len(), "record"),
                    bytes.len()
                );
                let fresh = format!("{} bytes of the fresh log are written.", bytes.len());
                let caption = if self.file == LOG_NAME { whole } else { fresh };
                (format!("write {offset} to {}", self.end), caption, 1)
            }
            Operation::Write(offset, _) => (
                "write".to_owned() + &format!(" at {offset}"),
                "The write fails: the round stays in its buffer.".into(),
                1,
            ),
            Operation::Sync if !failed => {
                self.durable = self.end;
                let caption = format!("The sync has ended: everything below offset {} is on disk.", self.end);
                ("sync".into(), caption, 2)
            }
            Operation::Sync => {
                let caption =
                    "The sync fails: what reached the disk is unknown, and asking again would prove nothing.";
                ("sync".into(), caption.into(), 2)
            }
            Operation::Truncate(len) => {
                self.end = *len;
                (format!("truncate to {len}"), "The file is cut back to the last whole round.".into(), 1)
            }
            Operation::Create(name) => {
                (self.file, self.end, self.durable) = (name.clone(), 0, 0);
                (format!("create {name}"), "A fresh log is begun under another name.".into(), 1)
            }
            Operation::Rename(_, to) => {
                self.file.clone_from(to);
                (format!("rename to {to}"), "In one step the fresh log takes the old one's place.".into(), 1)
            }
            _ => (
                "sync the directory".into(),
                "The directory is synced: the new name would survive a power cut.".into(),
                2,
            ),
        };
        let said = if failed { format!("{said}: failed") } else { said };
        self.step(said, caption, hot, failed)
    }

    /// The call came back.
    pub(super) fn answered(&mut self, name: &str, answer: &Result<(), String>, always: bool) -> Step {
        let caption = match (name, answer) {
            ("commit", Ok(())) if always => "commit returns Ok: only now may the replies of this round leave.".to_owned(),
            ("commit", Ok(())) => {
                "commit returns Ok without a sync: the replies leave, and a power cut can still take the round.".to_owned()
            }
            ("commit", Err(_)) => {
                "commit returns an error: no reply of this round leaves, and the clients that wrote in it are closed.".to_owned()
            }
            (_, Ok(())) => format!("{name} returns Ok: the log takes writes."),
            (_, Err(error)) => format!("{name} returns an error: {error}."),
        };
        if answer.is_ok() {
            self.buffer.clear();
        }
        let said = format!("{name} returns {}", if answer.is_ok() { "Ok" } else { "an error" });
        self.step(said, caption, 3, answer.is_err())
    }

    /// Whether the real file agrees with what was derived.
    pub(super) fn agrees(&self, end: u64, durable: u64, figures_durable: u64) -> Result<(), String> {
        match (self.end, self.durable) == (end, durable) && figures_durable <= durable {
            true => Ok(()),
            false => Err(format!("derived {self:?}, but the file has {end} bytes, {durable} durable")),
        }
    }
}

/// A number and what it counts.
pub(super) fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Draws all steps in frames of one size.
pub(super) fn draw(steps: &[Step]) -> Vec<Frame> {
    let most = steps.iter().map(|step| step.after.past.len()).max().unwrap_or(0);
    let least = (3.0 * BOX + 2.0 * GAP, BOX_Y + BOX_HEIGHT + 34.0 + most as f64 * LINE);
    steps.iter().map(|step| frame(step, least)).collect()
}

fn frame(step: &Step, least: (f64, f64)) -> Frame {
    let mut drawing = Drawing::new();
    let Order { buffer, file, end, durable, past } = &step.after;
    let titles = ["memory: the round", "the system's cache", "the disk"];
    let texts = [
        if buffer.is_empty() { vec!["(empty)".to_owned()] } else { buffer.clone() },
        vec![file.clone(), format!("bytes 0 to {end}")],
        vec![file.clone(), format!("bytes 0 to {durable}")],
    ];
    for (index, (title, lines)) in titles.iter().zip(&texts).enumerate() {
        let x = index as f64 * (BOX + GAP);
        drawing.text(x, BOX_Y - 8.0, title, "text strong", Anchor::Start);
        let class = match (step.hot == index, step.failed) {
            (true, true) => "bad",
            (true, false) => "hot",
            _ => "box",
        };
        drawing.rect(x, BOX_Y, BOX, BOX_HEIGHT, class);
        for (place, line) in lines.iter().enumerate() {
            let y = BOX_Y + 24.0 + place as f64 * LINE;
            drawing.text(x + 12.0, y, line, "text mono", Anchor::Start);
        }
    }
    for (index, name) in ["write", "sync"].into_iter().enumerate() {
        let x = index as f64 * (BOX + GAP) + BOX;
        let class = if step.hot == index + 1 { "line hot" } else { "line dim" };
        let y = BOX_Y + BOX_HEIGHT / 2.0;
        drawing.line((x + 4.0, y), (x + GAP - 4.0, y), class, true);
        drawing.text(x + GAP / 2.0, y - 8.0, name, "text small", Anchor::Middle);
    }
    for (index, said) in past.iter().enumerate() {
        let y = BOX_Y + BOX_HEIGHT + 30.0 + index as f64 * LINE;
        let class = if index + 1 == past.len() { "text mono strong" } else { "text mono" };
        drawing.text(12.0, y, &format!("{:>2}  {said}", index + 1), class, Anchor::Start);
    }
    let label =
        format!("{}. Bytes in the file: {end}; on disk: {durable}.", past.last().map_or("", String::as_str));
    Frame { caption: step.caption.clone(), drawing: drawing.finish(least, &label) }
}

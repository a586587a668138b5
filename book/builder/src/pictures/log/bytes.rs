//! The file's bytes, taken apart as the stage's own scan takes them apart.

use super::mem_storage::MemStorage;
use crate::pictures::Frame;
use crate::pictures::svg::{Anchor, CHAR_WIDTH, Drawing};
use heapwood_aof::commands::Commands;
use heapwood_aof::reader::Reader;
use heapwood_aof::scan::{BLOCK_BYTES, Scan, scan};
use heapwood_aof::{LOG_NAME, Storage};
use std::ops::Range;

/// Characters in a row.
const ROW: usize = 54;
const ROW_HEIGHT: f64 = 20.0;
/// What a block takes besides its rows.
const BETWEEN: f64 = 12.0;
const TEXT_X: f64 = 56.0;
const LABEL_X: f64 = TEXT_X + ROW as f64 * CHAR_WIDTH + 14.0;
const WIDTH: f64 = 716.0;

/// A stretch of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Line,
    Records,
    Damage,
}

#[derive(Clone, Debug)]
struct Block {
    kind: Kind,
    bytes: Range<usize>,
    label: String,
}

/// One frame's worth.
#[derive(Clone, Debug)]
pub(super) struct View {
    caption: String,
    bytes: Vec<u8>,
    blocks: Vec<Block>,
    /// Everything below is synced, where somebody knows.
    durable: Option<u64>,
    /// What the step is about: bytes of the file.
    hot: Option<Range<usize>>,
    verdict: String,
}

impl View {
    fn new(caption: String, bytes: Vec<u8>, durable: Option<u64>) -> Result<(Self, Scan), String> {
        let (blocks, found) = take_apart(&bytes)?;
        Ok((Self { caption, bytes, blocks, durable, hot: None, verdict: String::new() }, found))
    }

    /// After a call of the log.
    pub(super) fn after(
        name: &str,
        answer: &Result<(), String>,
        bytes: Vec<u8>,
        durable: u64,
    ) -> Result<Self, String> {
        let len = bytes.len();
        let caption = match (name, answer) {
            (_, Err(error)) => format!("{name} answers: {error}."),
            ("commit", Ok(())) if durable == len as u64 => {
                format!("commit has written a round, its line and its records, and synced it: the file has {len} bytes, all of them on disk.")
            }
            ("commit", Ok(())) => {
                format!("commit has written a round; the file has {len} bytes, of which the first {durable} are known to be on disk.")
            }
            ("sync", Ok(())) => format!("A sync has ended: all {len} bytes are on disk."),
            ("close", Ok(())) => {
                "A clean shutdown syncs, and ends the file with an empty round whose synced covers everything.".into()
            }
            _ => format!("{name} is done."),
        };
        let (mut view, _) = Self::new(caption, bytes, Some(durable))?;
        view.verdict = format!("{len} bytes, {durable} of them known to be on disk");
        Ok(view)
    }

    /// As a crash or a hand left it.
    pub(super) fn left(caption: &str, bytes: Vec<u8>, hot: Option<usize>) -> Result<Self, String> {
        let (mut view, found) = Self::new(String::new(), bytes, None)?;
        let (rounds, synced) = (found.rounds, found.synced);
        view.hot = hot.map(|at| at..at + 1);
        let valid = super::order::counted(rounds as usize, "valid round");
        view.verdict = match found.first_damage() {
            None => format!("scan: {valid}, no damage"),
            Some((at, false)) => format!("scan: {valid}, damage at {at}, largest synced {synced}: tail, cut"),
            Some((at, true)) => format!("scan: {valid}, damage at {at}, largest synced {synced}: refused"),
        };
        let reason = match found.first_damage() {
            None => "every round that is left is whole".to_owned(),
            Some((at, false)) => format!(
                "no valid line says that byte {at} was on disk, so everything from there on may be cut as the tail of a crash"
            ),
            Some((0, true)) => "the first round was on disk before the file had its name, so damage to it is no tail, and the start is refused".into(),
            Some((at, true)) => format!(
                "a valid line says that everything below {synced} was on disk, so the damage at {at} is no tail, and the start is refused"
            ),
        };
        view.caption = format!("{caption}: {reason}.");
        Ok(view)
    }

    /// After recovery.
    pub(super) fn recovered(caption: String, bytes: Vec<u8>, durable: u64) -> Result<Self, String> {
        let (mut view, _) = Self::new(format!("{caption}."), bytes, Some(durable))?;
        view.verdict = "recovery: ready to append here".into();
        Ok(view)
    }

    /// After a start that was refused.
    pub(super) fn refused(said: &str, bytes: Vec<u8>) -> Result<Self, String> {
        let (mut view, _) =
            Self::new(format!("The start is refused and not a byte is changed: {said}."), bytes, None)?;
        view.verdict = "recovery: refused, nothing was changed".into();
        Ok(view)
    }

    /// The same, pointing at a field of the last round.
    pub(super) fn pointing_at(&self, name: &str) -> Result<Self, String> {
        let line = self.blocks.iter().rfind(|block| block.kind == Kind::Line).ok_or("there is no round")?;
        let caption = match name {
            "id" => {
                "id is drawn at random for each file, so that no value that a client stores can pass for a line of it."
            }
            "off" => {
                "off is where the line itself stands: a round that was copied to another place is no valid round there."
            }
            "len" => {
                "len is how many bytes of records follow, so that a round can be checked whole before any of it counts."
            }
            "synced" => {
                "synced is how far the file was known to be on disk when the line was written: damage below it is no torn tail."
            }
            "now" => {
                "now is the time of the commit in milliseconds; after a restart the clock does not go back behind it."
            }
            "crc" => {
                "crc is a checksum of the line up to here and of the records: a cut or a flipped bit does not agree with it."
            }
            "records" => {
                "The records are the commands themselves, as a Redis client would send them; \\r\\n is the end of a line."
            }
            _ => return Err("is no field".into()),
        };
        let hot = if name == "records" {
            let records = self.blocks.iter().rfind(|block| block.kind == Kind::Records);
            records.ok_or("the round has no records")?.bytes.clone()
        } else {
            let text = String::from_utf8_lossy(&self.bytes[line.bytes.clone()]).into_owned();
            let start = text.find(&format!(" {name}=")).ok_or("the line has no such field")? + 1;
            let len = text[start..].find([' ', '\n']).unwrap_or(text.len() - start);
            line.bytes.start + start..line.bytes.start + start + len
        };
        Ok(Self { caption: caption.into(), hot: Some(hot), ..self.clone() })
    }

    /// Bytes to a row, block by block.
    fn rows(&self) -> Vec<(usize, Range<usize>)> {
        let mut rows = Vec::new();
        for (index, block) in self.blocks.iter().enumerate() {
            let bytes = &self.bytes[block.bytes.clone()];
            let mut starts = vec![0];
            if block.kind == Kind::Records {
                let mut commands = Commands::new(bytes, 0);
                while let Ok(Some(_)) = commands.next() {
                    starts.push(commands.next_offset() as usize);
                }
            }
            starts.dedup();
            starts.retain(|&start| start < bytes.len());
            for (place, &start) in starts.iter().enumerate() {
                let end = starts.get(place + 1).copied().unwrap_or(bytes.len());
                for row in wrap(&bytes[start..end]) {
                    let at = block.bytes.start + start;
                    rows.push((index, at + row.start..at + row.end));
                }
            }
        }
        rows
    }
}

/// Takes a file apart with the stage's scan.
fn take_apart(bytes: &[u8]) -> Result<(Vec<Block>, Scan), String> {
    let storage = MemStorage::default();
    storage.put(LOG_NAME, bytes);
    let mut blocks: Vec<Block> = Vec::new();
    let found = (|| {
        let file = storage.open(LOG_NAME)?;
        let progress = &mut |_| {};
        let mut reader = Reader::new(&*file, BLOCK_BYTES, progress)?;
        let mut round = 0;
        scan(&mut reader, &mut |line, records| {
            round += 1;
            let (offset, records) = (line.offset as usize, records as usize);
            let end = records + line.len as usize;
            blocks.push(Block { kind: Kind::Line, bytes: offset..records, label: format!("round {round}") });
            if records < end {
                blocks.push(Block { kind: Kind::Records, bytes: records..end, label: "records".into() });
            }
        })
    })()
    .map_err(|error: std::io::Error| error.to_string())?;
    for damage in &found.damage {
        let bytes = damage.start as usize..damage.end as usize;
        blocks.push(Block { kind: Kind::Damage, bytes, label: "damage".into() });
    }
    blocks.sort_by_key(|block| block.bytes.start);
    Ok((blocks, found))
}

/// Where to break bytes into rows: behind a line end of damage, or behind a blank near the end of a row.
fn wrap(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut rows, mut start) = (Vec::new(), 0);
    while start < bytes.len() {
        let zeros = bytes[start..].iter().take_while(|&&byte| byte == 0).count();
        let mut end = start + zeros;
        if zeros == 0 {
            let mut width = 0;
            let mut fits = |byte: &u8| {
                width += byte.escape_ascii().len();
                width <= ROW && *byte != 0
            };
            end = start + bytes[start..].iter().take_while(|byte| fits(byte)).count();
            let row = &bytes[start..end];
            if end < bytes.len() && bytes[end] != 0 {
                let blank = row.iter().rposition(|&byte| byte == b' ').filter(|&at| at > ROW / 2);
                end = blank.map_or(end, |at| start + at + 1);
            }
            let bare_end = bytes[start..end].windows(2).position(|pair| pair[1] == b'\n' && pair[0] != b'\r');
            end = bare_end.map_or(end, |at| start + at + 2);
        }
        rows.push(start..end);
        start = end;
    }
    rows
}

/// What a row says; a stretch of zeros is counted.
fn shown(bytes: &[u8]) -> String {
    match bytes.len() {
        zeros @ 4.. if bytes.iter().all(|&byte| byte == 0) => format!("{zeros} zero bytes"),
        _ => bytes.escape_ascii().to_string(),
    }
}

/// Draws all views in frames of one size.
pub(super) fn draw(views: &[View]) -> Vec<Frame> {
    let needed = |view: &View| view.rows().len() as f64 * ROW_HEIGHT + view.blocks.len() as f64 * BETWEEN;
    let height = views.iter().map(needed).fold(ROW_HEIGHT, f64::max) + 40.0;
    views.iter().map(|view| frame(view, (WIDTH, height))).collect()
}

fn frame(view: &View, least: (f64, f64)) -> Frame {
    let mut drawing = Drawing::new();
    let rows = view.rows();
    let mut y = 4.0;
    for (index, block) in view.blocks.iter().enumerate() {
        let rows: Vec<&Range<usize>> = rows.iter().filter(|row| row.0 == index).map(|row| &row.1).collect();
        let synced = view.durable.map(|durable| block.bytes.end as u64 <= durable);
        let class = match (block.kind, synced) {
            (Kind::Damage, _) => "bad",
            (_, Some(true)) => "good",
            (_, Some(false)) => "dim",
            (_, None) => "box",
        };
        let height = rows.len() as f64 * ROW_HEIGHT + 8.0;
        drawing.rect(TEXT_X - 6.0, y, ROW as f64 * CHAR_WIDTH + 12.0, height, class);
        let label = match (block.kind, synced) {
            (Kind::Line, Some(false)) => format!("{}, not synced", block.label),
            (Kind::Line, Some(true)) => format!("{}, on disk", block.label),
            (Kind::Line, None) => "a valid round".to_owned(),
            _ => block.label.clone(),
        };
        drawing.text(LABEL_X, y + 18.0, &label, "text small", Anchor::Start);
        for row in rows {
            let base = y + 18.0;
            drawing.text(TEXT_X - 14.0, base, &row.start.to_string(), "text small mono dim", Anchor::End);
            if let Some(hot) = &view.hot {
                point(&mut drawing, view, row, hot, y);
            }
            let text = shown(&view.bytes[row.clone()]);
            drawing.text(TEXT_X, base, text.trim_end(), "text mono", Anchor::Start);
            y += ROW_HEIGHT;
        }
        y += BETWEEN;
    }
    if view.blocks.is_empty() {
        drawing.text(TEXT_X, y + 18.0, "(an empty file)", "text dim", Anchor::Start);
    }
    drawing.text(TEXT_X - 6.0, least.1 - 10.0, &view.verdict, "text strong", Anchor::Start);
    let label = format!("The file's bytes. {}. {}", view.verdict, view.caption);
    Frame { caption: view.caption.clone(), drawing: drawing.finish(least, &label) }
}

/// Frames the part of a row that lies in `hot`.
fn point(drawing: &mut Drawing, view: &View, row: &Range<usize>, hot: &Range<usize>, y: f64) {
    let (start, end) = (hot.start.max(row.start), hot.end.min(row.end));
    if start < end {
        let width = |bytes: &[u8]| bytes.escape_ascii().to_string().trim_end().len() as f64 * CHAR_WIDTH;
        let before = view.bytes[row.start..start].escape_ascii().count() as f64 * CHAR_WIDTH;
        drawing.rect(TEXT_X + before - 2.0, y + 4.0, width(&view.bytes[start..end]) + 4.0, 19.0, "hot");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_every_byte_once_and_fit() {
        let bytes = [
            b"#HW1 id=0000000000000004 off=90 len=34 synced=90 now=1700000000000 crc=00000000\n".as_slice(),
            &[0; 40],
            b"*1",
        ]
        .concat();
        let rows = wrap(&bytes);
        assert_eq!(rows.iter().map(|row| &bytes[row.clone()]).collect::<Vec<_>>().concat(), bytes);
        assert!(rows.iter().all(|row| shown(&bytes[row.clone()]).len() <= ROW + 1));
        assert_eq!(rows.len(), 4, "two rows of a line, zeros, the rest");
    }
}

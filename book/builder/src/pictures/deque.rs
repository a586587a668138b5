//! A deque: its blocks, and the room at either end.
//!
//! Lines of a block:
//!
//! - `view bytes`: every byte of every buffer, for small deques; `view blocks` (the default): a bar for each block;
//! - `push front WORD...`, `push back WORD...`: one element after the other, in one step;
//! - `fill front COUNT LEN`, `fill back COUNT LEN`: that many elements of that many bytes, in one step;
//! - `discard front COUNT`, `discard back COUNT`: as many elements from that end, in one step.

use heapwood_deques::{Deque, End};

use super::svg::{Anchor, Drawing};
use super::{Frame, Line, Script};

/// How many bytes of a buffer stand in one row.
const BYTES_PER_ROW: usize = 32;

/// Width and height of a byte.
const BYTE: (f64, f64) = (21.0, 26.0);

/// How many blocks stand in one row.
const BLOCKS_PER_ROW: usize = 4;

/// Width of a block, of its place, and the height of its place.
const BAR: (f64, f64, f64) = (160.0, 178.0, 84.0);

/// A block as it was after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    count: usize,
}

/// What became of a block in a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Same,
    Changed,
    New,
}

/// A step: what is said, and the blocks after it.
struct Step {
    caption: String,
    blocks: Vec<(Shown, Fate)>,
}

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let (mut deque, mut steps, mut bytes) = (Deque::new(), Vec::new(), false);
    for line in &script.lines {
        match (line.verb.as_str(), line.rest.as_str()) {
            ("view", "bytes") => bytes = true,
            ("view", "blocks") => bytes = false,
            _ => steps.push(step(&mut deque, line)?),
        }
    }
    let draw = if bytes { draw_bytes } else { draw_blocks };
    let rows = steps.iter().map(|step| rows(&step.blocks, bytes)).max().unwrap_or(0);
    steps.into_iter().map(|step| draw(step, rows)).collect()
}

/// Carries out one line.
fn step(deque: &mut Deque, line: &Line) -> Result<Step, String> {
    let words: Vec<&str> = line.words().collect();
    let no_such = || format!("{} {} is no operation on a deque", line.verb, line.rest);
    let (&place, rest) = words.split_first().ok_or_else(no_such)?;
    let end = match place {
        "front" => End::Front,
        "back" => End::Back,
        _ => return Err(no_such()),
    };
    let number =
        |word: &str| word.parse::<usize>().map_err(|_| format!("{word} in {} is no number", line.verb));
    let before = shown(deque);
    let said = match (line.verb.as_str(), rest) {
        ("push", [_, ..]) => {
            rest.iter().for_each(|word| deque.push(end, word.as_bytes()));
            format!("{} pushed at the {place}", list(rest))
        }
        ("fill", [count, len]) => {
            let (count, len) = (number(count)?, number(len)?);
            (0..count).for_each(|_| deque.push(end, &vec![b'x'; len]));
            format!("{count} elements of {len} bytes pushed at the {place}")
        }
        ("discard", [count]) => {
            let count = number(count)?;
            if (0..count).any(|_| deque.discard(end).is_none()) {
                return Err(format!("there are fewer than {count} elements to discard"));
            }
            let elements = if count == 1 { "1 element" } else { &format!("{count} elements") };
            format!("{elements} discarded at the {place}")
        }
        _ => return Err(no_such()),
    };
    let blocks = fates(&before, shown(deque), end);
    let caption = format!("{said}: {}.", outcome(&before, &blocks, end, line.verb == "discard"));
    Ok(Step { caption, blocks })
}

fn list(words: &[&str]) -> String {
    match words {
        [one] => format!("{one} is"),
        [most @ .., last] => format!("{} and {last} are", most.join(", ")),
        [] => String::new(),
    }
}

fn shown(deque: &Deque) -> Vec<Shown> {
    let view = deque.blocks();
    view.map(|block| Shown {
        buffer: block.buffer.to_vec(),
        start: block.start,
        end: block.end,
        count: block.count,
    })
    .collect()
}

/// Blocks are compared with those before from the end at which nothing happened.
fn fates(before: &[Shown], after: Vec<Shown>, end: End) -> Vec<(Shown, Fate)> {
    let (len, skipped) = (after.len(), before.len().wrapping_sub(after.len()));
    let mut fates = Vec::with_capacity(len);
    for (place, block) in after.into_iter().enumerate() {
        let place = if end == End::Back { place } else { place.wrapping_add(skipped) };
        let fate = match before.get(place) {
            None => Fate::New,
            Some(old) if *old == block => Fate::Same,
            Some(_) => Fate::Changed,
        };
        fates.push((block, fate));
    }
    fates
}

/// What the step did to the blocks.
fn outcome(before: &[Shown], after: &[(Shown, Fate)], end: End, discarded: bool) -> String {
    let blocks = |count: usize| if count == 1 { "1 block".to_owned() } else { format!("{count} blocks") };
    if after.len() > before.len() && before.is_empty() {
        let elements: usize = after.iter().map(|(block, _)| block.count).sum();
        let first = &after[0].0.buffer;
        if after.len() > 1 || elements > 1 {
            return format!("they take {}", blocks(after.len()));
        }
        return format!("the first block is a buffer of {} bytes, with all its room behind it", first.len());
    }
    if after.len() > before.len() {
        let added = after.len() - before.len();
        let old = if end == End::Front { &after[added..] } else { &after[..before.len()] };
        let stays = |(old, new): (&Shown, &(Shown, Fate))| old.buffer.len() == new.0.buffer.len();
        let moved = if before.iter().zip(old).all(stays) {
            "no older one was copied"
        } else {
            "the last one grew first"
        };
        return format!("{} came at that end, and {moved}", blocks(added));
    }
    if after.len() < before.len() {
        let gone = blocks(before.len() - after.len());
        return format!(
            "a block goes with the last of its elements, here {gone}; {} left",
            blocks(after.len())
        );
    }
    let Some((old, new)) = changed(before, after, end) else {
        return "no block changed".into();
    };
    let resting =
        |block: &Shown| if end == End::Front { block.buffer.len() - block.end } else { block.start };
    if discarded {
        return "an end of the run moves inwards, and not one byte is written".into();
    }
    if new.buffer.len() > old.buffer.len() {
        let (from, to) = (old.buffer.len(), new.buffer.len());
        return format!(
            "the content moves from a buffer of {from} bytes to one of {to}, all new room at that end"
        );
    }
    if resting(old) == resting(new) {
        return "there is room, so nothing moves".into();
    }
    "there is no room at that end, but half of the buffer is free, so the content moves and the room is shared out".into()
}

fn changed<'a>(before: &'a [Shown], after: &'a [(Shown, Fate)], end: End) -> Option<(&'a Shown, &'a Shown)> {
    let place = if end == End::Front { 0 } else { before.len().checked_sub(1)? };
    let (new, fate) = after.get(place)?;
    (*fate == Fate::Changed).then_some((before.get(place)?, new))
}

fn rows(blocks: &[(Shown, Fate)], bytes: bool) -> usize {
    if bytes {
        return blocks.iter().map(|(block, _)| block.buffer.len().div_ceil(BYTES_PER_ROW)).sum();
    }
    blocks.len().div_ceil(BLOCKS_PER_ROW)
}

/// Where the lengths are in a run: the places of their bytes. `Err` where the run cannot be read.
fn lengths(block: &Shown) -> Result<Vec<usize>, String> {
    let (mut places, mut at) = (Vec::new(), block.start);
    for _ in 0..block.count {
        let digits = 1 + block.buffer[at..].iter().take_while(|byte| **byte >= 0x80).count();
        let digit = |(place, byte): (usize, &u8)| usize::from(byte & 0x7f) << (7 * place);
        let len: usize = block.buffer[at..at + digits].iter().enumerate().map(digit).sum();
        let behind = at + digits + len;
        places.extend((at..at + digits).chain(behind..behind + digits));
        at = behind + digits;
    }
    if at == block.end { Ok(places) } else { Err("a recorded block cannot be read".into()) }
}

/// Every byte: room dashed, lengths as numbers in thick boxes, elements as letters.
fn draw_bytes(step: Step, rows: usize) -> Result<Frame, String> {
    let mut drawing = Drawing::new();
    let mut top = 0.0;
    for (block, _) in &step.blocks {
        let lengths = lengths(block)?;
        let count = if block.count == 1 { "1 element".into() } else { format!("{} elements", block.count) };
        let behind = block.buffer.len() - block.end;
        let label = format!(
            "{count} in {} of {} bytes; room: {} before, {behind} behind",
            block.end - block.start,
            block.buffer.len(),
            block.start
        );
        drawing.text(0.0, top + 14.0, &label, "text small", Anchor::Start);
        top += 22.0;
        for (place, &byte) in block.buffer.iter().enumerate() {
            let (row, column) = (place / BYTES_PER_ROW, place % BYTES_PER_ROW);
            let (x, y) = (column as f64 * BYTE.0, top + row as f64 * (BYTE.1 + 4.0));
            let (class, text) = match byte {
                _ if place < block.start || place >= block.end => ("dim", String::new()),
                _ if lengths.contains(&place) => ("hot", byte.to_string()),
                _ => ("good", char::from(byte).to_string()),
            };
            drawing.rect(x, y, BYTE.0 - 2.0, BYTE.1, class);
            drawing.text(x + BYTE.0 / 2.0 - 1.0, y + 18.0, &text, "text small mono", Anchor::Middle);
        }
        top += block.buffer.len().div_ceil(BYTES_PER_ROW) as f64 * (BYTE.1 + 4.0) + 8.0;
    }
    let least = (BYTES_PER_ROW as f64 * BYTE.0 + 4.0, rows as f64 * (BYTE.1 + 4.0) + 34.0);
    Ok(Frame { drawing: drawing.finish(least, &step.caption), caption: step.caption })
}

/// A bar for each block, all equally wide: what is used is filled, room is dashed.
fn draw_blocks(step: Step, rows: usize) -> Result<Frame, String> {
    let mut drawing = Drawing::new();
    for (place, (block, fate)) in step.blocks.iter().enumerate() {
        let x = (place % BLOCKS_PER_ROW) as f64 * BAR.1;
        let y = (place / BLOCKS_PER_ROW) as f64 * BAR.2;
        let scale = BAR.0 / block.buffer.len() as f64;
        let (label, class) = match fate {
            Fate::New => (" (new)", "new"),
            Fate::Changed => (" (changed)", "hot"),
            Fate::Same => ("", "box"),
        };
        let title = format!("{} bytes{label}", block.buffer.len());
        drawing.text(x, y + 14.0, &title, "text small", Anchor::Start);
        drawing.rect(x, y + 20.0, BAR.0, 30.0, "dim");
        let used = (block.end - block.start) as f64;
        drawing.rect(x + block.start as f64 * scale, y + 20.0, used * scale, 30.0, class);
        let count = block.count.to_string();
        drawing.text(
            x + (block.start as f64 + used / 2.0) * scale,
            y + 40.0,
            &count,
            "text small",
            Anchor::Middle,
        );
        let room = format!("room {} | {}", block.start, block.buffer.len() - block.end);
        drawing.text(x, y + 66.0, &room, "text small dim", Anchor::Start);
    }
    let least = (BLOCKS_PER_ROW as f64 * BAR.1, rows as f64 * BAR.2);
    Ok(Frame { drawing: drawing.finish(least, &step.caption), caption: step.caption })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn frames(body: &str) -> Result<Vec<Frame>, String> {
        record(&Script::parse(&format!("title A deque\n{body}"))?)
    }

    #[test]
    fn each_line_is_a_step_that_says_what_moved() {
        let frames =
            frames("view bytes\npush back apple\npush front fig\npush back pear\ndiscard front 1").unwrap();
        let captions: Vec<_> = frames.iter().map(|frame| frame.caption.as_str()).collect();
        assert!(captions[0].contains("buffer of 32 bytes"), "{captions:?}");
        assert!(captions[1].contains("the room is shared out"), "{captions:?}");
        assert!(captions[2].contains("nothing moves"), "{captions:?}");
        assert!(captions[3].contains("not one byte is written"), "{captions:?}");
        assert!(frames[1].drawing.contains("room: 10 before, 10 behind"));
    }

    #[test]
    fn blocks_come_and_go_at_the_ends() {
        let frames = frames("fill back 100 100\nfill front 30 100\ndiscard front 31").unwrap();
        assert!(
            frames[1].caption.contains("1 block came at that end, and no older one was copied"),
            "{}",
            frames[1].caption
        );
        assert!(frames[2].caption.contains("here 1 block"), "{}", frames[2].caption);
        assert!(frames[1].drawing.contains("(new)"));
    }

    #[test]
    fn what_cannot_be_done_is_an_error() {
        for line in
            ["push middle a", "push back", "fill back 1", "fill back x 1", "discard back 1", "peek back"]
        {
            assert!(frames(line).is_err(), "{line}");
        }
    }
}

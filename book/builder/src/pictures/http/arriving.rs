//! A request that arrives in pieces, and what the head reader says after each.

use std::io::Write;

use heapwood_http_bridge::head::{Head, HeadReader};
use heapwood_http_bridge::{ApiError, GuardLimits};

use super::behind::{Application, statuses};
use super::{bytes_of, count, shown};
use crate::pictures::svg::{Anchor, CHAR_WIDTH, Drawing};
use crate::pictures::{Frame, Script};

/// What is known after a piece.
#[derive(Clone, PartialEq)]
enum Verdict {
    /// The head is not complete.
    More,
    /// The head is, the body not.
    Head(Head),
    /// All of the request is here.
    Whole(Head),
    Refused(ApiError),
}

impl Verdict {
    /// How long the request is, once that is known.
    fn request_bytes(&self) -> Option<usize> {
        match self {
            Self::Head(head) | Self::Whole(head) => Some(head.head_bytes + head.body_bytes),
            Self::More | Self::Refused(_) => None,
        }
    }
}

/// All that is sent.
struct Bytes {
    input: Vec<u8>,
    /// Where each piece ends.
    ends: Vec<usize>,
    /// How many of them are the request.
    request_bytes: Option<usize>,
}

pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let (mut reader, mut input, mut ends) = (HeadReader::default(), Vec::new(), Vec::new());
    let mut verdicts: Vec<Verdict> = Vec::new();
    for line in &script.lines {
        if line.verb != "piece" {
            return Err(format!("{} does not go with piece", line.verb));
        }
        if matches!(verdicts.last(), Some(Verdict::Refused(_))) {
            return Err(format!("{:?} comes after a piece that was refused already", line.rest));
        }
        input.extend(bytes_of(&line.rest)?);
        ends.push(input.len());
        verdicts.push(judge(&mut reader, &input));
    }
    compare_with_a_guard(&input, &ends, &verdicts)?;
    let bytes = Bytes { input, ends, request_bytes: verdicts.iter().find_map(Verdict::request_bytes) };
    Ok(verdicts.iter().enumerate().map(|(step, verdict)| frame(&bytes, step, verdict)).collect())
}

fn judge(reader: &mut HeadReader, input: &[u8]) -> Verdict {
    match reader.read(input, &GuardLimits::default()) {
        Err(error) => Verdict::Refused(error),
        Ok(None) => Verdict::More,
        Ok(Some(head)) if input.len() >= head.head_bytes + head.body_bytes => Verdict::Whole(head),
        Ok(Some(head)) => Verdict::Head(head),
    }
}

/// Sends the pieces to a real guard: nothing may reach the application before the piece that completes the request.
fn compare_with_a_guard(input: &[u8], ends: &[usize], verdicts: &[Verdict]) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let application = Application::guarded().map_err(text)?;
    let mut stream = application.connect().map_err(text)?;
    let mut start = 0;
    for (&end, verdict) in ends.iter().zip(verdicts) {
        if application.asked_so_far() > 0 && !matches!(verdict, Verdict::Whole(_)) {
            return Err("the guard let a request through that the head reader has not seen whole".into());
        }
        stream.write_all(&input[start..end]).map_err(text)?;
        start = end;
    }
    let expected = match verdicts.last() {
        Some(Verdict::Whole(_)) => (1, "200".to_owned()),
        Some(Verdict::Refused(error)) => (0, error.status.to_string()),
        // Nothing is answered before it closes.
        _ => return Ok(()),
    };
    let told = statuses(&mut stream).map_err(text)?;
    let status = told.first().map_or("", |line| &line[..3]).to_owned();
    let found = (application.finish().len(), status);
    if found == expected { Ok(()) } else { Err(format!("the guard says {found:?}, the reader {expected:?}")) }
}

fn frame(bytes: &Bytes, step: usize, verdict: &Verdict) -> Frame {
    let (caption, said) = words(verdict, step, bytes.ends[step]);
    let mut drawing = Drawing::new();
    let y = bytes.draw(&mut drawing, step, matches!(verdict, Verdict::Refused(_)));
    let class = match verdict {
        Verdict::Refused(_) => "bad",
        Verdict::Whole(_) => "good",
        _ => "box",
    };
    drawing.rect(0.0, y + 8.0, 700.0, 58.0, class);
    for (index, line) in said.iter().enumerate() {
        drawing.text(12.0, y + 32.0 + 22.0 * index as f64, line, "text", Anchor::Start);
    }
    Frame { drawing: drawing.finish((712.0, y + 70.0), &caption), caption }
}

/// A caption, and two lines for the drawing.
fn words(verdict: &Verdict, step: usize, here: usize) -> (String, [String; 2]) {
    let piece = step + 1;
    match verdict {
        Verdict::More => (
            format!(
                "Piece {piece}: {} so far and no empty line, so nothing is known of the body yet.",
                count(here, "byte")
            ),
            [
                format!("the head is not complete: {} looked at", count(here, "byte")),
                "nothing goes inside".into(),
            ],
        ),
        Verdict::Head(head) => {
            let body = here - head.head_bytes;
            let (body_bytes, head_bytes) = (count(head.body_bytes, "byte"), count(head.head_bytes, "byte"));
            (
                format!(
                    "Piece {piece}: the empty line ends the head, which announces a body; {body} of its {body_bytes} have come, and nothing goes inside (B1)."
                ),
                [
                    format!("a head of {head_bytes}, a body of {body_bytes}"),
                    format!("{body} of the body are here: nothing goes inside"),
                ],
            )
        }
        Verdict::Whole(head) => {
            let whole = head.head_bytes + head.body_bytes;
            let more = here - whole;
            let rest = match more {
                0 => String::new(),
                _ => format!(" {} that follow are never looked at (B2).", count(more, "byte")),
            };
            (
                format!(
                    "Piece {piece}: the request is whole with {}, and only now goes inside (B1).{rest}",
                    count(whole, "byte")
                ),
                [
                    format!(
                        "a head of {}, a body of {}",
                        count(head.head_bytes, "byte"),
                        count(head.body_bytes, "byte")
                    ),
                    format!("all of it is here: {whole} bytes go inside"),
                ],
            )
        }
        Verdict::Refused(error) => (
            format!(
                "Piece {piece} is refused with {}: {}; nothing goes inside (B2).",
                error.status, error.message
            ),
            [format!("{} {}", error.status, error.code), error.message.clone()],
        ),
    }
}

impl Bytes {
    /// Draws a line of the request in each row, cut where the pieces and the request end. Returns where it ends below.
    fn draw(&self, drawing: &mut Drawing, step: usize, refused: bool) -> f64 {
        let (mut x, mut y, mut start) = (0.0, 22.0, 0);
        drawing.text(0.0, 12.0, "bytes, in the order in which they come", "text small dim", Anchor::Start);
        while start < self.input.len() {
            let (end, ends_line) = self.segment(start);
            let text = shown(&self.input[start..end]);
            let width = text.chars().count() as f64 * CHAR_WIDTH + 8.0;
            let class = self.class(start, step, refused);
            drawing.rect(x, y, width, 24.0, class);
            let text_class = if class == "dim" { "text mono dim" } else { "text mono" };
            drawing.text(x + 4.0, y + 17.0, &text, text_class, Anchor::Start);
            x += width + 4.0;
            if ends_line && end < self.input.len() {
                (x, y) = (0.0, y + 30.0);
            }
            start = end;
        }
        y + 24.0
    }

    /// Where the bytes from `start` on that are drawn as one end, and whether a line does.
    fn segment(&self, start: usize) -> (usize, bool) {
        let line = self.input[start..].iter().position(|&byte| byte == b'\n').map(|at| start + at + 1);
        let cuts = self.ends.iter().copied().chain(self.request_bytes).chain(line);
        let end = cuts.filter(|&cut| cut > start).min().unwrap_or(self.input.len());
        (end, line == Some(end))
    }

    /// What the bytes at `start` are in this step: to come or never looked at, new, or here already.
    fn class(&self, start: usize, step: usize, refused: bool) -> &'static str {
        let piece = self.ends.iter().position(|&end| start < end).unwrap_or(self.ends.len() - 1);
        match piece {
            _ if piece > step || self.request_bytes.is_some_and(|end| start >= end) => "dim",
            _ if piece == step && refused => "bad",
            _ if piece == step => "new",
            _ => "box",
        }
    }
}

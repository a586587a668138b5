//! A reply that is written value by value.

use super::cells::{State, Step};
use super::{caption, field, noted, number};
use crate::pictures::{Line, Script};
use heapwood_sockets::{FrameReplies, MAX_BODY_BYTES, Replies};

/// One call of a reply, or its end.
enum Call<'a> {
    Nil,
    Status(&'a str),
    Bytes(&'a str),
    Error(&'a str),
    Integer(i64),
    Array(usize),
    Finish,
}

impl<'a> Call<'a> {
    fn read(line: &'a Line) -> Result<Self, String> {
        let operands = noted(line).0;
        let (kind, operand) = operands.split_once(' ').unwrap_or((operands, ""));
        Ok(match (line.verb.as_str(), kind) {
            ("finish", _) => Self::Finish,
            ("reply", "nil") => Self::Nil,
            ("reply", "status") => Self::Status(operand),
            ("reply", "bytes") => Self::Bytes(operand),
            ("reply", "error") => Self::Error(operand),
            ("reply", "array") => Self::Array(number(operand, "array")?),
            ("reply", "integer") => {
                Self::Integer(operand.parse().map_err(|_| format!("{operand:?} is no number"))?)
            }
            (verb, kind) => return Err(format!("a picture of a reply knows no {verb} {kind:?}")),
        })
    }

    /// The labels of the bytes that the call appends: of the tag, and of what stands before and after.
    fn labels(&self) -> &'static [(&'static str, usize)] {
        match self {
            Self::Nil => &[("nil", 1)],
            Self::Status(_) => &[("status", 1), ("length", 4), ("content", usize::MAX)],
            Self::Bytes(_) => &[("bytes", 1), ("length", 4), ("content", usize::MAX)],
            Self::Error(_) => &[("error", 1), ("length", 4), ("content", usize::MAX)],
            Self::Integer(_) => &[("int", 1), ("integer", 8)],
            Self::Array(_) => &[("array", 1), ("count", 4)],
            Self::Finish => &[],
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Nil => "nil()".into(),
            Self::Status(text) => format!("status({text:?})"),
            Self::Bytes(text) => format!("bytes(b{text:?})"),
            Self::Error(text) => format!("error({text:?})"),
            Self::Integer(number) => format!("integer({number})"),
            Self::Array(len) => format!("array({len})"),
            Self::Finish => "finish()".into(),
        }
    }
}

/// The output after these calls, whether the reply is ended or not.
fn output(calls: &[Call<'_>], room: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut replies = FrameReplies::with_limit(&mut out, room);
    for call in calls {
        match call {
            Call::Nil => replies.nil(),
            Call::Status(text) => replies.status(text),
            Call::Bytes(text) => replies.bytes(text.as_bytes()),
            Call::Error(text) => replies.error(text),
            Call::Integer(number) => replies.integer(*number),
            Call::Array(len) => replies.array(*len),
            Call::Finish => {
                replies.finish();
                return out;
            }
        }
    }
    out
}

/// The captions and steps of a reply.
pub(super) fn record(script: &Script) -> Result<(Vec<String>, Vec<Step>), String> {
    let mut room = MAX_BODY_BYTES;
    let mut calls = Vec::new();
    let mut captions =
        vec!["A reply begins: four bytes are kept free for a length that nobody knows yet.".to_owned()];
    let mut steps = vec![reply_step(&[], room, 0)];
    for line in &script.lines {
        if line.verb == "room" {
            room = number(&line.rest, "room")?;
            continue;
        }
        let before = output(&calls, room).len();
        calls.push(Call::read(line)?);
        let seen = seen(&calls, before, output(&calls, room).len(), room);
        captions.push(caption(&seen, noted(line).1));
        steps.push(reply_step(&calls, room, before));
    }
    Ok((captions, steps))
}

/// What the last call did to the output, that had `before` bytes and has `after` now.
fn seen(calls: &[Call<'_>], before: usize, after: usize, room: usize) -> String {
    let called = calls.last().map_or_else(String::new, Call::text);
    match after.saturating_sub(before) {
        _ if matches!(calls.last(), Some(Call::Finish)) => {
            format!("The reply ends, and its length is written: {} bytes", after.saturating_sub(4))
        }
        0 if before == 4 && calls.len() > 1 => format!("{called} appends nothing"),
        0 => format!("{called} does not fit into {room} bytes"),
        1 => format!("{called} appends 1 byte"),
        more => format!("{called} appends {more} bytes"),
    }
}

/// The output after these calls, of which `before` bytes were there before the last of them.
fn reply_step(calls: &[Call<'_>], room: usize, before: usize) -> Step {
    let bytes = output(calls, room);
    let ended = matches!(calls.last(), Some(Call::Finish));
    let mut length = field("body length", &bytes[..4], false);
    let known = if ended { State::New } else { State::Away };
    if !ended {
        length.meaning = Some("not known yet".into());
    }
    let mut fields = vec![(length, vec![known; 4])];
    let refused = Call::Error("");
    // A call that did not fit left nothing; the error that stands in its place has a tag, a length and a text.
    let too_big = bytes.len() == 4 || output(calls, MAX_BODY_BYTES) != bytes;
    let written = if too_big { std::slice::from_ref(&refused) } else { calls };
    let (mut rest, mut offset) = (&bytes[4..], 4);
    let mut done = 0;
    for call in written {
        done += 1;
        let whole = output(&calls[..done.min(calls.len())], room).len();
        for (index, (label, len)) in call.labels().iter().enumerate() {
            let end = if *len == usize::MAX && !too_big { whole - offset } else { *len };
            let (taken, left) = rest.split_at(end.min(rest.len()));
            if !taken.is_empty() {
                let new = |at: usize| if at >= before { State::New } else { State::Here };
                let states = (offset..offset + taken.len()).map(new).collect();
                fields.push((field(label, taken, index > 0), states));
            }
            (rest, offset) = (left, offset + taken.len());
        }
    }
    let called: Vec<String> = calls.iter().map(Call::text).collect();
    Step { arrived: format!("{} bytes in the output", bytes.len()), answer: called.join("  "), fields }
}

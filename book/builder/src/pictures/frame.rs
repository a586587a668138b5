//! Requests and replies, byte by byte.
//!
//! A picture of requests says what is sent and how it arrives; after each arrival the stage's parser is asked:
//!
//! - `request WORD…`: one more request is sent, encoded by the stage; `""` is an empty argument.
//! - `field LABEL BYTE…`: bytes in hexadecimal are sent as they are; `_` in the label is a space.
//! - `limit BYTES`: the largest body that the parser takes.
//! - `arrive BYTES`, `arrive rest`: more bytes arrive. Without any such line the picture is one step, in which all have.
//!
//! A picture of a reply calls the stage's `FrameReplies`, and draws its output after each call:
//!
//! - `room BYTES`: the largest body that the reply may have.
//! - `reply nil`, `reply status WORD`, `reply bytes WORD`, `reply error WORD…`, `reply integer NUMBER`, `reply array COUNT`.
//! - `finish`: the reply ends.
//!
//! What stands after `-- ` in `arrive`, `reply` and `finish` goes into the step's caption.

mod cells;
mod reply;
mod requests;

use super::{Frame, Line, Script};
use cells::{Field, draw};

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let of_a_reply = script.lines.iter().any(|line| line.verb == "reply");
    let (captions, steps) = if of_a_reply { reply::record(script)? } else { requests::record(script)? };
    let drawings = draw(&steps);
    Ok(captions.into_iter().zip(drawings).map(|(caption, drawing)| Frame { caption, drawing }).collect())
}

/// A line's operands, and its part of the caption.
fn noted(line: &Line) -> (&str, &str) {
    let (operands, note) = line.rest.split_once("-- ").unwrap_or((&line.rest, ""));
    (operands.trim(), note.trim())
}

/// A caption: what was seen, and what the block's author says of it.
fn caption(seen: &str, note: &str) -> String {
    let joint = if seen.contains(": ") { ";" } else { ":" };
    if note.is_empty() { format!("{seen}.") } else { format!("{seen}{joint} {note}") }
}

/// An operand of `verb` that is a number.
fn number(text: &str, verb: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} in {verb} is no number"))
}

/// Bytes of one meaning: text, or a big-endian number.
fn field(label: &str, bytes: &[u8], joined: bool) -> Field {
    let is_text = matches!(label, "argument" | "content");
    let number = bytes.iter().fold(0, |number: i64, byte| number << 8 | i64::from(*byte));
    let meaning = (!is_text).then(|| number.to_string());
    Field { label: label.into(), bytes: bytes.to_vec(), meaning, begins: false, joined }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn captions(body: &str) -> Result<Vec<String>, String> {
        let script = Script::parse(&format!("title t\n{body}"))?;
        Ok(record(&script)?.into_iter().map(|frame| frame.caption).collect())
    }

    #[test]
    fn a_request_is_found_when_its_last_byte_arrives() {
        let seen =
            captions("request PING\nrequest GET a\narrive 15 -- a byte is missing.\narrive 2\narrive rest");
        assert_eq!(
            seen.unwrap_or_default(),
            [
                "36 bytes are sent, and none has arrived.",
                "15 bytes arrive, and no request is complete: a byte is missing.",
                "2 bytes arrive: the parser finds PING, and part of another request.",
                "19 bytes arrive: the parser finds GET a.",
            ]
        );
    }

    #[test]
    fn a_request_by_itself_is_one_step() {
        let seen = captions("request SET apple red");
        assert_eq!(seen.unwrap_or_default(), ["31 bytes as they are sent."]);
    }

    #[test]
    fn a_length_that_lies_is_marked_where_it_is_proved() {
        let script =
            Script::parse("title t\nfield body 00 00 00 10\nfield arguments 00 00 00 00\narrive rest");
        let frames = record(&script.unwrap_or_default()).unwrap_or_default();
        assert!(frames[1].drawing.contains("PROTOCOL a request without arguments"));
        assert_eq!(frames[1].drawing.matches("class=\"bad\"").count(), 4);
    }

    #[test]
    fn a_reply_that_outgrows_its_room_leaves_an_error() {
        let seen = captions("room 16\nreply array 2\nreply bytes apple\nreply bytes red\nfinish")
            .unwrap_or_default();
        assert_eq!(seen[3], "bytes(b\"red\") does not fit into 16 bytes.");
        assert!(seen[4].starts_with("The reply ends, and its length is written: "));
    }

    #[test]
    fn what_cannot_be_carried_out_is_an_error() {
        for bad in [
            "request a\narrive 99",
            "field",
            "field a zz",
            "nonsense",
            "reply fig",
            "reply integer x",
            "request",
        ] {
            assert!(captions(bad).is_err(), "{bad}");
        }
    }
}

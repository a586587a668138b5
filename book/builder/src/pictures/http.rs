//! Requests on their way: through the guard, past it, and from a cache.
//!
//! A block is one of three, by its verbs. In texts, `\r`, `\n`, `\t` and `\x41` stand for bytes.
//!
//! - `piece TEXT`, for each write of a client: what the guard's head reader says after each. A real guard with an
//!   application behind it is sent the same pieces, and must let through exactly what the reader says.
//! - `send TEXT` adds to one client's bytes; then `bare` and `guard` show which requests an application is given when it
//!   stands behind `tiny_http` alone, and behind the guard.
//! - `price NAME TEXT` sets what the slow source says; `ask NAME` reads through the cache; `pass SECONDS` moves the
//!   engine's clock; `together CALLERS NAME` lets so many callers ask at once. Pool, frames, loop and keys are the stages'
//!   own.

mod arriving;
mod aside;
mod behind;
mod engine;
mod exchange;
mod readers;

use super::{Frame, Script};

/// Carries out the operations of a block and notes each step.
///
/// # Errors
/// A line that cannot be carried out, and why.
pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    match script.lines.first().map(|line| line.verb.as_str()) {
        Some("piece") => arriving::record(script),
        Some("send") => readers::record(script),
        Some("price") => aside::record(script),
        _ => Err("a picture of HTTP begins with piece, send or price".into()),
    }
}

/// The bytes that a text of the block stands for.
fn bytes_of(text: &str) -> Result<Vec<u8>, String> {
    let (mut bytes, mut rest) = (Vec::new(), text.chars());
    while let Some(character) = rest.next() {
        if !matches!(character, ' '..='~') {
            return Err(format!("{character:?} in {text:?} must be written as \\x and two digits"));
        }
        if character != '\\' {
            bytes.push(character as u8);
            continue;
        }
        bytes.push(match rest.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).map_err(|_| format!("\\x{digits} in {text:?} is no byte"))?
            }
            _ => return Err(format!("a backslash in {text:?} begins neither \\r, \\n, \\t nor \\x41")),
        });
    }
    Ok(bytes)
}

/// Bytes as a drawing shows them.
fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

/// `1 byte`, `2 bytes`.
fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn captions(body: &str) -> Vec<String> {
        let script = Script::parse(&format!("title A test\n{body}")).expect("it has a title");
        record(&script).expect("it is recorded").into_iter().map(|frame| frame.caption).collect()
    }

    fn error(body: &str) -> String {
        let script = Script::parse(&format!("title A test\n{body}")).expect("it has a title");
        record(&script).expect_err("it is refused")
    }

    #[test]
    fn pieces_are_judged_as_they_come() {
        let captions =
            captions("piece PUT /k HTTP/1.1\\r\\nContent-Length: 3\\r\\n\npiece \\r\\nre\npiece d\n");
        assert_eq!(captions.len(), 3);
        assert!(captions[0].contains("no empty line"), "{captions:?}");
        assert!(captions[1].contains("2 of its 3 bytes"), "{captions:?}");
        assert!(captions[2].contains("goes inside"), "{captions:?}");
    }

    #[test]
    fn a_refused_piece_is_the_last() {
        assert!(captions("piece GET / HTTP/1.1\\n\n")[0].contains("400"));
        assert!(error("piece GET / HTTP/1.1\\n\npiece more\n").contains("refused already"));
    }

    #[test]
    fn two_readers_of_the_same_bytes_are_compared() {
        let block = "send POST /a HTTP/1.1\\r\\nContent-Length: 0\\r\\nContent-Length: 27\\r\\n\\r\\n\n\
                     send GET /smuggled HTTP/1.1\\r\\n\\r\\n\nbare\nguard\n";
        let captions = captions(block);
        assert!(captions[1].contains("2 requests"), "{captions:?}");
        assert!(captions[2].contains("no request") && captions[2].contains("400"), "{captions:?}");
    }

    #[test]
    fn a_copy_is_made_used_and_gone_after_ten_seconds() {
        let captions = captions("price T1 12.50\nask T1\nask T1\npass 10\nask T1\n");
        assert_eq!(captions.len(), 3 + 1 + 1 + 3);
        assert!(captions[0].contains("nil"), "{captions:?}");
        assert!(captions[3].contains("a hit"), "{captions:?}");
        assert!(captions[5].contains("nil"), "{captions:?}");
    }

    #[test]
    fn callers_together_all_read_the_source() {
        let captions = captions("price T1 12.50\ntogether 3 T1\n");
        assert!(captions[1].contains("3 times"), "{captions:?}");
    }

    #[test]
    fn what_cannot_be_carried_out_is_said() {
        assert!(error("piece \\q\n").contains("backslash"));
        assert!(error("price T1 1\nask T2\n").contains("T2"));
        assert!(error("price T1 1\njump\n").contains("jump"));
        assert!(error("listen\n").contains("begins with"));
    }
}

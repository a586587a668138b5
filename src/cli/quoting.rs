//! How a line becomes arguments, and bytes a text that can be read and typed again.
//!
//! Words are separated by blanks. Within double quotes `\"`, `\\`, `\n`, `\r`, `\t`, `\a`, `\b`
//! and `\xHH` stand for what they do in C; within single quotes only `\'` means something else
//! than itself.

use std::fmt;

/// Why a line is no list of arguments. Columns are counted in bytes, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadQuoting {
    /// The quote opened there is not closed.
    Open(usize),
    /// A closing quote there is followed by something else than a blank.
    Glued(usize),
    /// A `\x` there is not followed by two hexadecimal digits.
    Hex(usize),
}

impl fmt::Display for BadQuoting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(column) => write!(f, "the quote at column {column} is not closed"),
            Self::Glued(column) => {
                write!(f, "the closing quote at column {column} needs a blank after it")
            }
            Self::Hex(column) => {
                write!(f, "the \\x at column {column} needs two hexadecimal digits")
            }
        }
    }
}

impl std::error::Error for BadQuoting {}

/// The words of the text before a cursor, the last of which may still grow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Partial {
    /// The words that are complete: a blank follows them.
    pub(super) before: Vec<Vec<u8>>,
    /// Where the word at the cursor begins.
    pub(super) start: usize,
    /// What there is of it, maybe nothing.
    pub(super) current: Vec<u8>,
}

/// The arguments of a line.
///
/// # Errors
///
/// A quote is open or glued to what follows, or an escape is incomplete.
pub(super) fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, BadQuoting> {
    let mut words = Vec::new();
    let mut scanner = Scanner { line, at: 0 };
    while let Some(word) = scanner.word()? {
        if let Some(opened) = word.opened {
            return Err(BadQuoting::Open(opened + 1));
        }
        words.push(word.bytes);
    }
    Ok(words)
}

/// The words of the text before a cursor; `None` when it cannot be part of a line.
pub(super) fn split_partial(text: &[u8]) -> Option<Partial> {
    let mut before = Vec::new();
    let mut scanner = Scanner { line: text, at: 0 };
    while let Some(word) = scanner.word().ok()? {
        if scanner.at == text.len() {
            return Some(Partial { before, start: word.start, current: word.bytes });
        }
        before.push(word.bytes);
    }
    Some(Partial { before, start: text.len(), current: Vec::new() })
}

struct Word {
    start: usize,
    bytes: Vec<u8>,
    /// Where a quote was opened that the line does not close.
    opened: Option<usize>,
}

struct Scanner<'a> {
    line: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn word(&mut self) -> Result<Option<Word>, BadQuoting> {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        let mut word = Word { start: self.at, bytes: Vec::new(), opened: None };
        while let Some(byte) = self.peek().filter(|byte| !byte.is_ascii_whitespace()) {
            if byte == b'"' || byte == b'\'' {
                word.opened = Some(self.at);
                if !self.quoted(byte, &mut word.bytes)? {
                    return Ok(Some(word));
                }
                word.opened = None;
            } else {
                word.bytes.push(byte);
                self.at += 1;
            }
        }
        Ok((self.at > word.start).then_some(word))
    }

    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    /// Reads from an opening quote to behind the closing one; `false` when there is none.
    fn quoted(&mut self, quote: u8, bytes: &mut Vec<u8>) -> Result<bool, BadQuoting> {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == quote {
                return match self.peek() {
                    Some(next) if !next.is_ascii_whitespace() => Err(BadQuoting::Glued(self.at)),
                    _ => Ok(true),
                };
            }
            if byte != b'\\' {
                bytes.push(byte);
            } else if quote == b'"' {
                self.escape(bytes)?;
            } else if self.peek() == Some(b'\'') {
                bytes.push(b'\'');
                self.at += 1;
            } else {
                bytes.push(b'\\');
            }
        }
        Ok(false)
    }

    /// Reads what follows a backslash within double quotes.
    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), BadQuoting> {
        // A backslash at the end of the line: the quote is open, which the caller will find.
        let Some(byte) = self.peek() else {
            return Ok(());
        };
        self.at += 1;
        bytes.push(match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 0x07,
            b'b' => 0x08,
            b'x' => self.hexadecimal()?,
            other => other,
        });
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<u8, BadQuoting> {
        let digits = self.line.get(self.at..self.at + 2);
        let value = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let value = value.ok_or(BadQuoting::Hex(self.at - 1))?;
        self.at += 2;
        Ok(value)
    }
}

/// Appends `bytes` in double quotes: printable text as it is, everything else as escapes.
pub(super) fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            quote_character(character, out);
        }
        chunk.invalid().iter().for_each(|&byte| escape(byte, out));
    }
    out.push(b'"');
}

fn quote_character(character: char, out: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    let encoded = character.encode_utf8(&mut buffer).as_bytes();
    match character {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        _ if shows(character) => out.extend_from_slice(encoded),
        _ => encoded.iter().for_each(|&byte| escape(byte, out)),
    }
}

/// Whether a terminal shows the character and does nothing else: no control, no change of the
/// writing direction, no combination with the character before.
pub(super) fn shows(character: char) -> bool {
    matches!(character, ' '..='~') || (!character.is_ascii() && character.escape_debug().len() == 1)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
}

/// Whether the bytes can be typed as one word without quotes.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let special = |character: char| matches!(character, ' ' | '"' | '\'' | '\\');
    match std::str::from_utf8(bytes) {
        Ok(text) => !text.is_empty() && text.chars().all(|c| shows(c) && !special(c)),
        Err(_) => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    fn words(line: &str) -> Vec<Vec<u8>> {
        split(line.as_bytes()).unwrap()
    }

    fn quoted(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        quote(bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_splits_at_blanks_outside_of_quotes() {
        assert_eq!(words(" SET  a\t'b c' "), [&b"SET"[..], b"a", b"b c"]);
        assert_eq!(words(r#""" '' x"#), [&b""[..], b"", b"x"]);
        assert_eq!(words("  "), Vec::<Vec<u8>>::new());
        assert_eq!(words(r"a\n"), [b"a\\n"]);
    }

    #[test]
    fn double_quotes_take_escapes_and_single_quotes_only_their_own() {
        assert_eq!(words(r#""\x00\xfF\"\\\n\r\t\a\b\q""#), [b"\0\xff\"\\\n\r\t\x07\x08q"]);
        assert_eq!(words(r"'\x00\''"), [b"\\x00'"]);
    }

    #[test]
    fn bad_quoting_is_told_with_its_column() {
        assert_eq!(split(b"GET \"a"), Err(BadQuoting::Open(5)));
        assert_eq!(split(b"GET \"a\\"), Err(BadQuoting::Open(5)));
        assert_eq!(split(b"GET 'a'b"), Err(BadQuoting::Glued(7)));
        assert_eq!(split(b"\"\\x0\""), Err(BadQuoting::Hex(2)));
        assert_eq!(split(b"\"\\x"), Err(BadQuoting::Hex(2)));
    }

    #[test]
    fn the_word_at_the_cursor_is_found_also_within_an_open_quote() {
        let partial = |text: &str| {
            let partial = split_partial(text.as_bytes()).unwrap();
            (partial.before.len(), partial.start, partial.current)
        };
        assert_eq!(partial(""), (0, 0, vec![]));
        assert_eq!(partial("GE"), (0, 0, b"GE".to_vec()));
        assert_eq!(partial("GET "), (1, 4, vec![]));
        assert_eq!(partial("GET \"a b"), (1, 4, b"a b".to_vec()));
        assert_eq!(partial("GET 'a "), (1, 4, b"a ".to_vec()));
        assert_eq!(split_partial(b"GET 'a'b"), None);
    }

    #[test]
    fn what_a_terminal_would_not_show_is_escaped() {
        assert_eq!(quoted("caf\u{e9} \u{65e5}".as_bytes()), "\"caf\u{e9} \u{65e5}\"");
        assert_eq!(quoted(b"\x1b[2J\xff\""), r#""\x1b[2J\xff\"""#);
        assert_eq!(quoted("\u{202e}\u{9b}".as_bytes()), r#""\xe2\x80\xae\xc2\x9b""#);
    }

    proptest! {
        #[test]
        fn quoted_bytes_split_back_into_themselves(bytes: Vec<u8>, text: String) {
            for bytes in [&bytes[..], text.as_bytes()] {
                prop_assert_eq!(split(quoted(bytes).as_bytes()).unwrap(), vec![bytes.to_vec()]);
                if is_plain(bytes) {
                    prop_assert_eq!(split(bytes).unwrap(), vec![bytes.to_vec()]);
                }
            }
        }

        #[test]
        fn any_line_splits_without_panic(line: Vec<u8>) {
            let _ = (split(&line), split_partial(&line));
        }
    }
}

//! Patterns of `KEYS`, `SCAN`, `CONFIG GET` and `COMMAND LIST`, as Redis reads them: `*`, `?`,
//! `[a-z]`, `[^a]` and `\` before a byte that is meant literally.
//!
//! When a byte does not fit, only the last `*` met has to take one more: an earlier one that took
//! more could not help, because everything between the two already fits further left. So matching
//! costs O(pattern × text) at worst, never an exponential search, and needs no recursion. Even that
//! would hold up everybody on long texts, so the steps on each text are limited, in proportion to
//! its length; a pattern that needs more is refused.

use std::cell::Cell;

use super::refusal::{Refusal, Reply};

/// The longest pattern: each key may have to be held against all of it.
pub const MAX_PATTERN_BYTES: usize = 1_024;

/// Bytes of the pattern that may be looked at for each byte of a text, where two or three are usual.
const STEPS_PER_BYTE: usize = 64;
/// A short text has the steps of one of this length.
const SHORT_TEXT_BYTES: usize = 32;

/// A pattern that is not too long, and what it has cost.
pub struct Pattern<'a> {
    bytes: &'a [u8],
    too_costly: Cell<bool>,
}

impl<'a> Pattern<'a> {
    /// The pattern that these bytes are.
    ///
    /// # Errors
    ///
    /// It is longer than [`MAX_PATTERN_BYTES`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_PATTERN_BYTES {
            let len = bytes.len();
            return Err(Refusal::new(format_args!(
                "ERR a pattern of {len} bytes is above the limit of {MAX_PATTERN_BYTES}"
            )));
        }
        Ok(Self { bytes, too_costly: Cell::new(false) })
    }

    /// Whether `text` fits. After all texts [`judge`](Self::judge) says whether that can be trusted.
    pub fn matches(&self, text: &[u8]) -> bool {
        let fits = matches(self.bytes, text);
        self.too_costly.set(self.too_costly.get() || fits.is_none());
        fits == Some(true)
    }

    /// Refuses when some text took too many steps.
    pub fn judge(&self) -> Reply {
        if !self.too_costly.get() {
            return Ok(());
        }
        Err(Refusal::text("ERR the pattern takes too many steps on a long key; use fewer stars or PREFIX"))
    }
}

/// Whether `text` fits `pattern`; none when that takes too many steps.
fn matches(pattern: &[u8], text: &[u8]) -> Option<bool> {
    let mut steps = text.len().max(SHORT_TEXT_BYTES).saturating_mul(STEPS_PER_BYTE);
    let (mut at, mut from) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            last_star = Some((at, from));
            continue;
        }
        let fits = match text.get(from) {
            None if at == pattern.len() => return Some(true),
            // What is left of the pattern wants a byte, and no star can give it one.
            None => return Some(false),
            Some(&byte) => {
                let element = element(&pattern[at..]);
                steps = steps.checked_sub(element.as_ref().map_or(1, |element| element.len))?;
                element.filter(|element| element.takes(byte))
            }
        };
        if let Some(element) = fits {
            at += element.len;
            from += 1;
        } else {
            let Some((after_star, taken)) = last_star else {
                return Some(false);
            };
            last_star = Some((after_star, taken + 1));
            (at, from) = (after_star, taken + 1);
        }
    }
}

/// The literal bytes that every text fitting `pattern` begins with; with an ordered store they
/// bound the search.
pub fn literal_prefix(pattern: &[u8]) -> Vec<u8> {
    let mut prefix = Vec::new();
    let mut at = 0;
    while let Some(element) = element(&pattern[at..]) {
        match element.kind {
            Kind::Byte(byte) if pattern[at] != b'*' => prefix.push(byte),
            _ => break,
        }
        at += element.len;
    }
    prefix
}

/// One thing of a pattern that takes exactly one byte, and how long it is there.
struct Element<'a> {
    kind: Kind<'a>,
    len: usize,
}

enum Kind<'a> {
    Any,
    Byte(u8),
    Class { negated: bool, members: &'a [u8] },
}

impl Element<'_> {
    fn takes(&self, byte: u8) -> bool {
        match self.kind {
            Kind::Any => true,
            Kind::Byte(wanted) => byte == wanted,
            Kind::Class { negated, members } => class_holds(members, byte) != negated,
        }
    }
}

fn element(pattern: &[u8]) -> Option<Element<'_>> {
    let (&first, rest) = pattern.split_first()?;
    let (kind, len) = match (first, rest) {
        (b'?', _) => (Kind::Any, 1),
        (b'\\', [escaped, ..]) => (Kind::Byte(*escaped), 2),
        (b'[', _) => class(rest),
        (byte, _) => (Kind::Byte(byte), 1),
    };
    Some(Element { kind, len })
}

/// A class without its closing bracket ends with the pattern.
fn class(after_bracket: &[u8]) -> (Kind<'_>, usize) {
    let negated = after_bracket.first() == Some(&b'^');
    let begin = usize::from(negated);
    let mut end = begin;
    while end < after_bracket.len() && after_bracket[end] != b']' {
        end += class_member(&after_bracket[end..]).2;
    }
    let closing = usize::from(end < after_bracket.len());
    let members = &after_bracket[begin..end];
    (Kind::Class { negated, members }, 1 + end + closing)
}

fn class_holds(mut members: &[u8], byte: u8) -> bool {
    while !members.is_empty() {
        let (low, high, len) = class_member(members);
        if (low..=high).contains(&byte) {
            return true;
        }
        members = &members[len..];
    }
    false
}

/// The first member of a class as a range of bytes, and its length in the pattern.
fn class_member(members: &[u8]) -> (u8, u8, usize) {
    match *members {
        [b'\\', escaped, ..] => (escaped, escaped, 2),
        [low, b'-', high, ..] => (low.min(high), low.max(high), 3),
        [byte, ..] => (byte, byte, 1),
        [] => (1, 0, 0),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn patterns_fit_as_in_redis() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h*llo", "heeeello", true),
            ("h[ae]llo", "hallo", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hallo", true),
            ("[\\]]", "]", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\", "\\", true),
            ("[abc", "c", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("*a", "aaaab", false),
            ("**", "x", true),
            ("a*", "a", true),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), Some(fits), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = b"a*".repeat(500);
        let text = vec![b'a'; 4_000];
        assert_eq!(matches(&pattern, &text), Some(true));
        let never = [pattern, vec![b'b']].concat();
        assert_eq!(matches(&never, &text), Some(false));
    }

    #[test]
    fn what_takes_pattern_times_text_is_given_up_and_told() {
        let text = vec![b'a'; 100_000];
        let costly = [b"*", &[b'a'; 500][..], b"b"].concat();
        let class = [b"*[", &[b'x'; 200][..], b"]b"].concat();
        for bytes in [costly, class] {
            let pattern = Pattern::new(&bytes).unwrap();
            assert!(!pattern.matches(b"short") && pattern.judge().is_ok());
            assert!(!pattern.matches(&text) && pattern.judge().is_err());
            assert!(!pattern.matches(b"short") && pattern.judge().is_err(), "not forgotten");
        }
        assert!(Pattern::new(&[b'a'; MAX_PATTERN_BYTES + 1]).is_err());
        // A literal as long as its text, and a word searched for in it, are never too much.
        let long = vec![b'a'; MAX_PATTERN_BYTES];
        assert_eq!(matches(&long, &long), Some(true));
        assert_eq!(matches(b"*needle*", &[&text[..], b"needle"].concat()), Some(true));
    }

    #[test]
    fn the_literal_prefix_ends_where_a_choice_begins() {
        assert_eq!(literal_prefix(b"user:*"), b"user:");
        assert_eq!(literal_prefix(b"a\\*b?c"), b"a*b");
        assert_eq!(literal_prefix(b"[ab]c"), b"");
        assert_eq!(literal_prefix(b"whole"), b"whole");
    }
}

//! Patterns of `KEYS`, `SCAN`, `CONFIG GET` and `COMMAND LIST`, as Redis reads them: `*`, `?`,
//! `[a-z]`, `[^a]` and `\` before a byte that is meant literally.
//!
//! When a byte does not fit, only the last `*` met has to take one more: an earlier one that took
//! more could not help, because everything between the two already fits further left. So matching
//! costs O(pattern × text) at worst, never an exponential search, and needs no recursion.

/// Whether `text` fits `pattern`.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            last_star = Some((at, from));
            continue;
        }
        let fits = match text.get(from) {
            None if at == pattern.len() => return true,
            // What is left of the pattern wants a byte, and no star can give it one.
            None => return false,
            Some(&byte) => element(&pattern[at..]).filter(|element| element.takes(byte)),
        };
        if let Some(element) = fits {
            at += element.len;
            from += 1;
        } else {
            let Some((after_star, taken)) = last_star else {
                return false;
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
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = b"a*".repeat(2_000);
        let text = vec![b'a'; 4_000];
        assert!(matches(&pattern, &text));
        let never = [pattern, vec![b'b']].concat();
        assert!(!matches(&never, &text));
    }

    #[test]
    fn the_literal_prefix_ends_where_a_choice_begins() {
        assert_eq!(literal_prefix(b"user:*"), b"user:");
        assert_eq!(literal_prefix(b"a\\*b?c"), b"a*b");
        assert_eq!(literal_prefix(b"[ab]c"), b"");
        assert_eq!(literal_prefix(b"whole"), b"whole");
    }
}

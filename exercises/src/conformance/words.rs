//! The words of a transcript: how they are written, and which bytes they are in one run.

use std::collections::HashMap;

/// A word, as it stands in a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pieces: Vec<Piece>,
    /// How often it is repeated, without anything between.
    times: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Bytes(Vec<u8>),
    /// `@`: what the keys of this run begin with.
    Prefix,
    /// `###`: the number of the repetition, in so many digits at least.
    Number(usize),
    /// `{r+1}`.
    Named(Named),
}

/// What a reply has been given a name for, and what is added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What is added to the number.
    pub plus: i64,
}

/// What the words of one transcript mean in one run.
#[derive(Clone, Debug, Default)]
pub struct Meaning {
    /// What the keys of this run begin with.
    pub prefix: Vec<u8>,
    /// What replies have been given a name for.
    pub named: HashMap<String, Vec<u8>>,
}

impl Meaning {
    /// What a name stands for; `None` where no reply has been given it.
    pub fn of(&self, named: &Named) -> Option<Vec<u8>> {
        let value = self.named.get(&named.name)?;
        if named.plus == 0 {
            return Some(value.clone());
        }
        let number: i64 = std::str::from_utf8(value).ok()?.parse().ok()?;
        Some(number.checked_add(named.plus)?.to_string().into_bytes())
    }
}

impl Word {
    /// Whether it names a key of the run.
    pub fn is_key(&self) -> bool {
        self.pieces.first() == Some(&Piece::Prefix)
    }

    /// The name, where the word is nothing but one.
    pub fn as_named(&self) -> Option<&Named> {
        match &self.pieces[..] {
            [Piece::Named(named)] if self.times == 1 => Some(named),
            _ => None,
        }
    }

    /// The word's bytes in the repetition `number`.
    pub fn bytes(&self, meaning: &Meaning, number: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(piece) => bytes.extend_from_slice(piece),
                Piece::Prefix => bytes.extend_from_slice(&meaning.prefix),
                Piece::Number(digits) => bytes.extend_from_slice(format!("{number:0digits$}").as_bytes()),
                Piece::Named(named) => bytes.extend(meaning.of(named).unwrap_or_default()),
            }
        }
        bytes.repeat(self.times)
    }
}

/// The words of a line.
///
/// # Errors
/// Says what is wrong with it.
pub fn words(line: &str) -> Result<Vec<Word>, String> {
    let mut rest = line.trim();
    let mut words = Vec::new();
    while !rest.is_empty() {
        let (word, after) = word(rest)?;
        words.push(word);
        rest = after.trim_start();
    }
    Ok(words)
}

/// The one word of a line.
///
/// # Errors
/// There are none, or several.
pub fn one(line: &str) -> Result<Word, String> {
    let mut found = words(line)?;
    match (found.pop(), found.is_empty()) {
        (Some(word), true) => Ok(word),
        _ => Err(format!("one word is wanted, not {line:?}")),
    }
}

/// The first word of a text, and what follows it.
fn word(text: &str) -> Result<(Word, &str), String> {
    let mut pieces = Vec::new();
    let rest = match text.strip_prefix('@') {
        None => text,
        Some(rest) => {
            pieces.push(Piece::Prefix);
            rest
        }
    };
    let Some(quoted) = rest.strip_prefix('"') else {
        let (bare, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        pieces.extend(bare_pieces(bare)?);
        return Ok((Word { pieces, times: 1 }, after));
    };
    let (bytes, after) = unquote(quoted)?;
    pieces.push(Piece::Bytes(bytes));
    let (behind, after) = after.split_at(after.find(' ').unwrap_or(after.len()));
    let times = match behind.strip_prefix('*') {
        Some(times) => times.parse().map_err(|_| format!("{times:?} is no number of times"))?,
        None if behind.is_empty() => 1,
        None => return Err(format!("{behind:?} is glued to a closing quote")),
    };
    Ok((Word { pieces, times }, after))
}

/// What a word without quotes is made of.
fn bare_pieces(bare: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = bare;
    while let Some(at) = rest.find(['#', '{']) {
        pieces.push(Piece::Bytes(rest[..at].into()));
        rest = &rest[at..];
        if let Some(inner) = rest.strip_prefix('{') {
            let (inner, after) = inner.split_once('}').ok_or_else(|| format!("no }} in {bare:?}"))?;
            pieces.push(Piece::Named(named(inner)?));
            rest = after;
        } else {
            let digits = rest.len() - rest.trim_start_matches('#').len();
            pieces.push(Piece::Number(digits));
            rest = &rest[digits..];
        }
    }
    pieces.push(Piece::Bytes(rest.into()));
    pieces.retain(|piece| *piece != Piece::Bytes(Vec::new()));
    Ok(pieces)
}

/// What stands between braces.
fn named(inner: &str) -> Result<Named, String> {
    let (name, plus) = inner.split_once('+').unwrap_or((inner, "0"));
    let plus = plus.parse().map_err(|_| format!("{plus:?} is nothing to add"))?;
    Ok(Named { name: name.into(), plus })
}

/// The bytes up to the closing quote, and what follows it.
fn unquote(text: &str) -> Result<(Vec<u8>, &str), String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\']).ok_or_else(|| format!("the quote before {text:?} is not closed"))?;
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let (mark, after) = rest[at..].split_at(1);
        if mark == "\"" {
            return Ok((bytes, after));
        }
        let unknown = || format!("there is no escape \\{}", after.chars().next().unwrap_or(' '));
        let code = after.chars().next().ok_or_else(unknown)?;
        let mut used = 1;
        bytes.push(match code {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            '"' | '\\' => code as u8,
            'x' => {
                used = 3;
                let digits = after.get(1..3).ok_or_else(unknown)?;
                u8::from_str_radix(digits, 16).map_err(|_| unknown())?
            }
            _ => return Err(unknown()),
        });
        rest = &after[used..];
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use pretty_assertions::assert_eq;

    fn read(line: &str) -> Vec<String> {
        let mut meaning = Meaning { prefix: b"p:".to_vec(), ..Meaning::default() };
        meaning.named.insert("r".into(), b"41".to_vec());
        let bytes = words(line).unwrap().iter().map(|word| word.bytes(&meaning, 7)).collect::<Vec<_>>();
        bytes.iter().map(|bytes| bytes.escape_ascii().to_string()).collect()
    }

    #[test]
    fn words_are_separated_by_blanks_and_may_be_quoted() {
        assert_eq!(read("SET  a \"two words\""), ["SET", "a", "two words"]);
        assert_eq!(read(r#""" "\x00\"\\\r\n\xff""#), ["", r#"\x00\"\\\r\n\xff"#]);
        assert_eq!(read(r##""#HW1 {x}""##), ["#HW1 {x}"]);
    }

    #[test]
    fn keys_numbers_names_and_repetitions_are_what_they_are_in_this_run() {
        assert_eq!(
            read(r#"@a @"a b" @k### {r} {r+1} "ab"*3"#),
            ["p:a", "p:a b", "p:k007", "41", "42", "ababab"]
        );
    }

    #[test]
    fn what_is_no_word_is_refused() {
        for line in [r#""a"#, r#""a"b"#, r#""\q""#, r#""\x0""#, "{r", r#""a"*x"#] {
            assert!(words(line).is_err(), "{line}");
        }
    }
}

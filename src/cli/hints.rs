//! What is still missing from the command being typed, from the command's syntax.

use crate::engine::table;

/// A piece of a command's syntax.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// An argument that must be there.
    Required(&'a str),
    /// What stands in brackets.
    Optional(&'a str),
}

/// The rest of the syntax after the `arguments` typed so far, the last of which is complete.
/// `None` when there is nothing left to say, or the command is unknown.
pub(super) fn rest(name: &[u8], arguments: &[Vec<u8>]) -> Option<String> {
    let syntax = table::find(name)?.syntax;
    let pieces = pieces(syntax);
    if leads_with_option(&pieces) && !arguments.is_empty() {
        return None;
    }
    let required = pieces.iter().filter(|piece| matches!(piece, Piece::Required(_)));
    let filled = arguments.len().min(required.count());
    let mut options = &arguments[filled..];
    let mut shown = Vec::new();
    let mut to_skip = filled;
    for piece in &pieces {
        match piece {
            Piece::Required(_) if to_skip > 0 => to_skip -= 1,
            Piece::Required(text) => shown.push((*text).to_owned()),
            Piece::Optional(text) => show_option(text, &mut options, &mut shown),
        }
    }
    (!shown.is_empty()).then(|| shown.join(" "))
}

/// Decides what is shown of an option: all of it, the value that its keyword waits for, or
/// nothing when it was given.
fn show_option(text: &str, options: &mut &[Vec<u8>], shown: &mut Vec<String>) {
    if text.ends_with("...") {
        return shown.push(format!("[{text}]"));
    }
    let mut alternatives = text.split(" | ");
    let given = alternatives.find_map(|alternative| {
        let (keyword, value) = alternative.split_once(' ').unwrap_or((alternative, ""));
        let is_keyword = |word: &Vec<u8>| word.eq_ignore_ascii_case(keyword.as_bytes());
        let place = options.iter().position(is_keyword)?;
        Some((place, value))
    });
    match given {
        // The keyword was typed last: its value is what comes next.
        Some((place, value)) if place + 1 == options.len() && !value.is_empty() => {
            shown.insert(0, value.to_owned());
        }
        Some(_) => {}
        None if !is_keyword(text) && !options.is_empty() => *options = &options[1..],
        None => shown.push(format!("[{text}]")),
    }
}

/// Whether an option begins with a word that is typed as it stands.
fn is_keyword(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Whether an option comes before a required argument, as in AUTH: then the words typed cannot be
/// told apart.
fn leads_with_option(pieces: &[Piece<'_>]) -> bool {
    matches!(pieces, [Piece::Optional(_), .., Piece::Required(_)])
}

fn pieces(syntax: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = syntax.trim();
    while !rest.is_empty() {
        let (piece, after) = match rest.strip_prefix('[') {
            Some(inside) => {
                let end = closing(inside);
                (Piece::Optional(&inside[..end]), inside.get(end + 1..))
            }
            None => {
                let end = rest.find(' ').unwrap_or(rest.len());
                (Piece::Required(&rest[..end]), rest.get(end..))
            }
        };
        pieces.push(piece);
        rest = after.unwrap_or_default().trim_start();
    }
    pieces
}

/// Where the bracket that was opened before `inside` is closed.
fn closing(inside: &str) -> usize {
    let mut depth = 1;
    for (place, character) in inside.char_indices() {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    inside.len()
}

/// The words of a command's syntax that are typed as they stand: `NX`, `EX`, `WITHVALUES`.
pub(super) fn keywords(name: &[u8]) -> Vec<&'static str> {
    let syntax = table::find(name).map_or("", |command| command.syntax);
    let words = syntax.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn hint(line: &str) -> String {
        let mut words = line.split(' ').map(|word| word.as_bytes().to_vec());
        let name = words.next().unwrap_or_default();
        rest(&name, &words.collect::<Vec<_>>()).unwrap_or_default()
    }

    #[test]
    fn what_was_typed_is_no_longer_hinted() {
        assert_eq!(hint("GET"), "key");
        assert_eq!(hint("get a"), "");
        assert_eq!(hint("MGET"), "key [key ...]");
        assert_eq!(hint("MGET a b"), "[key ...]");
        assert_eq!(hint("BLPOP a"), "[key ...] timeout");
        assert_eq!(hint("LPOP a"), "[count]");
        assert_eq!(hint("LPOP a 3"), "");
        assert_eq!(hint("NOSUCH"), "");
    }

    #[test]
    fn options_disappear_when_given_and_ask_for_their_values() {
        assert_eq!(hint("RANGE a z"), "[REV] [LIMIT n] [WITHVALUES]");
        assert_eq!(hint("RANGE a z rev"), "[LIMIT n] [WITHVALUES]");
        assert_eq!(hint("RANGE a z LIMIT"), "n [REV] [WITHVALUES]");
        assert_eq!(hint("RANGE a z LIMIT 3 WITHVALUES"), "[REV]");
    }

    #[test]
    fn words_that_cannot_be_told_apart_are_not_hinted() {
        assert_eq!(hint("AUTH"), "[username] password");
        assert_eq!(hint("AUTH secret"), "");
    }

    #[test]
    fn keywords_come_from_the_syntax() {
        assert_eq!(keywords(b"range"), ["REV", "LIMIT", "WITHVALUES"]);
        assert!(keywords(b"SET").contains(&"EX"));
        assert_eq!(keywords(b"GET"), Vec::<&str>::new());
    }

    #[test]
    fn every_syntax_of_the_table_gives_a_hint() {
        for command in table::TABLE {
            let shown = rest(command.name.as_bytes(), &[]).unwrap_or_default();
            assert_eq!(shown, command.syntax, "{}", command.name);
        }
    }
}

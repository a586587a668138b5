//! What Tab completes: commands and options from the engine's table, keys from the server.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use heapwood_sockets::Value;

use super::connection::Connection;
use super::help::LOCAL_WORDS;
use super::quoting::{self, Partial};
use super::{hints, readable};
use crate::engine::table::{self, Group, TABLE};

/// How many keys are asked for.
const MAX_KEYS: &str = "100";

/// How long somebody who pressed Tab should wait for keys.
const PATIENCE: Duration = Duration::from_millis(500);

/// A word that may be put at the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// How it is listed.
    pub(super) shown: String,
    /// How it is typed, in quotes where it must be.
    pub(super) typed: String,
}

/// Completes the word at the end of `text`: where that word begins, and what it may become.
pub(super) fn complete(text: &str, connection: &Rc<RefCell<Connection>>) -> (usize, Vec<Candidate>) {
    let Some(partial) = quoting::split_partial(text.as_bytes()) else {
        return (text.len(), Vec::new());
    };
    let candidates = match wanted(&partial) {
        Wanted::Words(words) => matching(&words, &partial.current),
        Wanted::Keys => keys(&partial, text, connection),
    };
    (partial.start, candidates)
}

/// What can stand at the cursor.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Words(Vec<&'static str>),
    Keys,
}

fn wanted(partial: &Partial) -> Wanted {
    let place = partial.before.len();
    let Some(name) = partial.before.first() else {
        let names = TABLE.iter().map(|command| command.name);
        return Wanted::Words(names.chain(LOCAL_WORDS.iter().map(|(word, _)| *word)).collect());
    };
    if name.eq_ignore_ascii_case(b"help") {
        return Wanted::Words(TABLE.iter().map(|command| command.name).collect());
    }
    let Some(command) = table::find(name) else {
        return Wanted::Words(Vec::new());
    };
    // As many arguments as the command needs for the one at the cursor to be a key.
    let behind = usize::from((-command.keys.last).max(1).unsigned_abs());
    let mut positions = command.keys.positions(place + behind);
    let order = command.group == Group::Order && is_bound(command, place);
    if order || positions.any(|position| position == place) {
        return Wanted::Keys;
    }
    let given = |word: &&str| partial.before.iter().any(|b| b.eq_ignore_ascii_case(word.as_bytes()));
    let keywords = hints::keywords(name).into_iter();
    Wanted::Words(keywords.filter(|word| !given(word)).collect())
}

/// Whether the argument at `place`, at least 1, is a bound among keys, though no key itself.
fn is_bound(command: &table::Command, place: usize) -> bool {
    let name = command.syntax.split(' ').nth(place - 1);
    matches!(name, Some("start" | "end" | "prefix"))
}

/// The words that begin with what was typed, in its letter case.
fn matching(words: &[&str], typed: &[u8]) -> Vec<Candidate> {
    let lower = typed.iter().any(u8::is_ascii_lowercase);
    let begins = |word: &&&str| {
        let start = word.as_bytes().get(..typed.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(typed))
    };
    let cased = |word: &str| match lower {
        true => word.to_ascii_lowercase(),
        false => word.to_owned(),
    };
    let found: Vec<String> = words.iter().filter(begins).map(|word| cased(word)).collect();
    finished(found.into_iter().map(|word| (word.clone(), word)).collect())
}

/// The server's keys that begin with what was typed.
fn keys(partial: &Partial, text: &str, connection: &Rc<RefCell<Connection>>) -> Vec<Candidate> {
    let command = [b"PREFIX", &partial.current[..], b"LIMIT", MAX_KEYS.as_bytes()];
    let command = command.map(<[u8]>::to_vec);
    // Tab during a call cannot be; were it, there would be nothing to complete with.
    let Ok(mut connection) = connection.try_borrow_mut() else {
        return Vec::new();
    };
    let Some(Value::Array(values)) = connection.ask(&command, PATIENCE) else {
        return Vec::new();
    };
    let keys: Vec<Vec<u8>> = values
        .into_iter()
        .filter_map(|value| match value {
            Value::Bytes(key) => Some(key),
            _ => None,
        })
        .collect();
    // All in quotes or none, so that they keep a beginning in common.
    let opened = text.as_bytes().get(partial.start) == Some(&b'"');
    let quoted = opened || !keys.iter().all(|key| quoting::is_plain(key));
    let typed = |key: &[u8]| {
        let mut out = Vec::new();
        match quoted {
            true => quoting::quote(key, &mut out),
            false => out.extend_from_slice(key),
        }
        String::from_utf8_lossy(&out).into_owned()
    };
    let words = keys.iter().map(|key| typed(key));
    finished(words.map(|word| (readable::printable(&word), word)).collect())
}

/// Candidates from words as shown and as typed; the only one gets a blank behind it.
fn finished(words: Vec<(String, String)>) -> Vec<Candidate> {
    let only = words.len() == 1;
    let blank = if only { " " } else { "" };
    words.into_iter().map(|(shown, typed)| Candidate { shown, typed: typed + blank }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn offline() -> Rc<RefCell<Connection>> {
        Rc::new(RefCell::new(Connection::new(String::new(), 0, None, None)))
    }

    fn typed(text: &str) -> Vec<String> {
        let (_, candidates) = complete(text, &offline());
        candidates.into_iter().map(|candidate| candidate.typed).collect()
    }

    fn wants_keys(text: &str) -> bool {
        wanted(&quoting::split_partial(text.as_bytes()).unwrap()) == Wanted::Keys
    }

    #[test]
    fn commands_complete_in_the_letter_case_typed() {
        assert_eq!(typed("PREF"), ["PREFIX "]);
        assert_eq!(typed("getd"), ["getdel "]);
        assert_eq!(typed("help rena"), ["rename "]);
        assert_eq!(typed("hel"), ["help "]);
        assert_eq!(typed("NOSUCH "), Vec::<String>::new());
    }

    #[test]
    fn options_complete_where_no_key_stands_and_only_once() {
        assert_eq!(typed("RANGE a z WI"), ["WITHVALUES "]);
        assert_eq!(typed("RANGE a z WITHVALUES WI"), Vec::<String>::new());
        assert_eq!(typed("SET a b k"), ["keepttl "]);
    }

    #[test]
    fn keys_complete_where_keys_and_their_bounds_stand() {
        for text in
            ["GET ", "MGET a ", "MSET a 1 ", "BLPOP ", "BLPOP a ", "RANGE ", "RANGE a ", "PREFIX ", "TREE "]
        {
            assert!(wants_keys(text), "{text}");
        }
        for text in ["", "PING ", "GET a ", "MSET a ", "RANGE a z ", "ECHO ", "SCAN "] {
            assert!(!wants_keys(text), "{text}");
        }
    }
}

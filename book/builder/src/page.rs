//! A page of the book, taken apart: text, and what it asks the builder for.

use crate::mutant::{self, Mutant};
use crate::transcript::Block;

/// A piece of a page, and the line (from 1) where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Where it begins in the page.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Markdown as it stands, line ends included.
    Text(String),
    /// A fenced block as it stands, fences included.
    Fence(String),
    /// `{{item PATH NAMES [k/n]}}`.
    Item {
        /// The file.
        path: String,
        /// The items.
        names: Vec<String>,
        /// Which part of how many.
        part: Option<(usize, usize)>,
    },
    /// `{{shelf PATH NAMES}}`.
    Shelf {
        /// The file.
        path: String,
        /// The items.
        names: Vec<String>,
    },
    /// `{{glue PATH [against PATH]}}`.
    Glue {
        /// The file.
        path: String,
        /// The file it is compared with, when that has another name.
        against: Option<String>,
    },
    /// `{{exercise NAME}}`.
    Exercise(String),
    /// A block `picture KIND`.
    Picture {
        /// The kind.
        kind: String,
        /// The operations.
        body: String,
    },
    /// A block `console …`.
    Console(Block),
    /// A block `mutant …`.
    Mutant(Mutant),
}

/// A page and its pieces.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path in `book/src`.
    pub path: String,
    /// What it consists of.
    pub pieces: Vec<Piece>,
}

/// The folder of a page: its chapter.
pub fn chapter_of(page: &str) -> &str {
    page.split_once('/').map_or("", |(chapter, _)| chapter)
}

/// The number in front of a chapter's folder; 0 where there is none.
pub fn number_of(chapter: &str) -> u32 {
    chapter.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

impl Page {
    /// Takes the Markdown of a page apart.
    ///
    /// # Errors
    /// What the page asks for cannot be understood; one error a place, with its line.
    pub fn parse(path: &str, markdown: &str) -> Result<Self, Vec<String>> {
        let mut reader = Reader {
            path,
            lines: markdown.lines().collect(),
            next: 0,
            pieces: Vec::new(),
            errors: Vec::new(),
        };
        while reader.next < reader.lines.len() {
            reader.step();
        }
        match reader.errors.is_empty() {
            true => Ok(Self { path: path.to_owned(), pieces: reader.pieces }),
            false => Err(reader.errors),
        }
    }

    /// Which chapter it belongs to.
    pub fn chapter(&self) -> &str {
        chapter_of(&self.path)
    }

    /// Whether it is a chapter's annotated sources.
    pub fn is_shelf(&self) -> bool {
        self.path.ends_with("/shelf.md")
    }

    /// The words of its prose: text outside of listings, consoles, pictures and tags.
    pub fn words(&self) -> usize {
        let texts = self.pieces.iter().filter_map(|piece| match &piece.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        });
        texts.map(|text| words(text)).sum()
    }
}

/// How many words a text has, tags and lone punctuation left out.
fn words(text: &str) -> usize {
    let (mut plain, mut in_tag) = (String::with_capacity(text.len()), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '<' if characters.peek().is_some_and(|next| next.is_ascii_alphabetic() || *next == '/') => {
                in_tag = true
            }
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            other => plain.push(other),
        }
    }
    plain.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

struct Reader<'a> {
    path: &'a str,
    lines: Vec<&'a str>,
    next: usize,
    pieces: Vec<Piece>,
    errors: Vec<String>,
}

impl Reader<'_> {
    fn step(&mut self) {
        let line = self.lines[self.next];
        let (start, trimmed) = (self.next, line.trim_start());
        if let Some(fence) = fence_of(trimmed) {
            let body_start = start + 1;
            let closes = |line: &&str| {
                let line = line.trim();
                line.len() >= fence.len()
                    && line.starts_with(fence)
                    && line.chars().all(|it| fence.contains(it))
            };
            let length = self.lines[body_start..].iter().position(closes);
            let Some(length) = length else {
                self.refuse(start, "a fenced block is not closed");
                self.next = self.lines.len();
                return;
            };
            let body = self.lines[body_start..body_start + length].join("\n");
            self.next = body_start + length + 1;
            let whole = self.lines[start..self.next].join("\n") + "\n";
            self.block(start, trimmed[fence.len()..].trim(), body, whole);
            return;
        }
        self.next += 1;
        match trimmed.trim_end().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
            Some(asked) => match directive(asked.trim()) {
                Ok(kind) => self.push(start, kind),
                Err(error) => self.refuse(start, &error),
            },
            None if outside_code(line).contains("{{") => {
                self.refuse(start, "what stands between {{ and }} has a line of its own");
            }
            None => self.text(start, line),
        }
    }

    fn block(&mut self, start: usize, info: &str, body: String, whole: String) {
        let (first, rest) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
        let kind = match first {
            "picture" => Kind::Picture { kind: rest.trim().to_owned(), body },
            "console" => Kind::Console(Block {
                chapter: chapter_of(self.path).to_owned(),
                page: self.path.to_owned(),
                line: start + 1,
                info: info.to_owned(),
                body,
            }),
            "mutant" => match mutant::parse(self.path, start + 1, rest, &body) {
                Ok(mutant) => Kind::Mutant(mutant),
                Err(error) => return self.refuse(start, &error),
            },
            _ => Kind::Fence(whole),
        };
        self.push(start, kind);
    }

    fn text(&mut self, line: usize, text: &str) {
        if let Some(Piece { kind: Kind::Text(before), .. }) = self.pieces.last_mut() {
            before.push_str(text);
            before.push('\n');
        } else {
            self.push(line, Kind::Text(format!("{text}\n")));
        }
    }

    fn push(&mut self, line: usize, kind: Kind) {
        self.pieces.push(Piece { line: line + 1, kind });
    }

    fn refuse(&mut self, line: usize, what: &str) {
        self.errors.push(format!("book/src/{}:{}: {what}", self.path, line + 1));
    }
}

/// The fence that a line opens a block with.
fn fence_of(line: &str) -> Option<&str> {
    let character = line.chars().next().filter(|it| matches!(it, '`' | '~'))?;
    let length = line.chars().take_while(|it| *it == character).count();
    (length >= 3 && !line[length..].contains('`')).then(|| &line[..length])
}

/// A line without what stands between backticks.
fn outside_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

fn directive(asked: &str) -> Result<Kind, String> {
    if let Some(name) = asked.strip_prefix("exercise ") {
        return Ok(Kind::Exercise(name.trim().to_owned()));
    }
    let mut words = split_names(asked).into_iter();
    let (verb, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut names: Vec<String> = words.collect();
    let path = repository_path(&path);
    match verb.as_str() {
        "glue" => match &names[..] {
            [] => Ok(Kind::Glue { path, against: None }),
            [word, other] if word == "against" => {
                Ok(Kind::Glue { path, against: Some(repository_path(other)) })
            }
            _ => Err("glue takes a path, and perhaps: against PATH".into()),
        },
        "item" | "shelf" => {
            let part = names.last().and_then(|last| part_of(last));
            if part.is_some() {
                names.pop();
            }
            match (verb.as_str(), names.len(), part) {
                (_, 0, _) => Err(format!("{verb} takes a path and the names of items")),
                ("shelf", _, None) => Ok(Kind::Shelf { path, names }),
                ("item", 1, _) | ("item", _, None) => Ok(Kind::Item { path, names, part }),
                _ => Err("only one item can be shown in parts, and none on the shelf".into()),
            }
        }
        _ => Err(format!("{verb:?} is none of item, shelf, glue and exercise")),
    }
}

/// Words, where `<Type as Trait>::method` is one.
fn split_names(asked: &str) -> Vec<String> {
    let (mut words, mut depth) = (vec![String::new()], 0);
    for character in asked.chars() {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        match character {
            ' ' if depth == 0 => words.push(String::new()),
            other => words.last_mut().expect("there is always a word under way").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `2/3` as a part.
fn part_of(word: &str) -> Option<(usize, usize)> {
    let (part, of) = word.split_once('/')?;
    let (part, of) = (part.parse().ok()?, of.parse().ok()?);
    (1 <= part && part <= of).then_some((part, of))
}

/// A path as pages write it, from the repository's root: what begins with a number is below `stages/`.
pub fn repository_path(path: &str) -> String {
    match path.as_bytes().first() {
        Some(b'0'..=b'9') => format!("stages/{path}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pretty_assertions::assert_eq;

    fn kinds(markdown: &str) -> Vec<Kind> {
        Page::parse("2-treap/index.md", markdown)
            .unwrap()
            .pieces
            .into_iter()
            .map(|piece| piece.kind)
            .collect()
    }

    #[test]
    fn text_and_directives_are_told_apart() {
        let found =
            kinds("One two.\n\n{{item 02-treap/src/a.rs <A as B>::c 2/3}}\nThree.\n```rust\n{{item}}\n```\n");
        let item = Kind::Item {
            path: "stages/02-treap/src/a.rs".into(),
            names: vec!["<A as B>::c".into()],
            part: Some((2, 3)),
        };
        let texts = [Kind::Text("One two.\n\n".into()), Kind::Text("Three.\n".into())];
        let fence = Kind::Fence("```rust\n{{item}}\n```\n".into());
        assert_eq!(found, [texts[0].clone(), item, texts[1].clone(), fence]);
    }

    #[test]
    fn a_directive_that_cannot_be_understood_is_an_error_with_its_line() {
        let errors = Page::parse("a/b.md", "\n{{itme x y}}\n{{item x}}\n```text\n").unwrap_err();
        assert_eq!(
            errors,
            [
                "book/src/a/b.md:2: \"itme\" is none of item, shelf, glue and exercise",
                "book/src/a/b.md:3: item takes a path and the names of items",
                "book/src/a/b.md:4: a fenced block is not closed",
            ]
        );
    }

    #[test]
    fn words_are_counted_without_tags_and_punctuation() {
        assert_eq!(words("<div class=\"x y\">\n\n- **T1**, that *is* `a < b`: two.\n</div>"), 6);
    }
}

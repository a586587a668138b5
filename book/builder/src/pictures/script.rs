//! What a picture block says: a title, and operations, one a line.

/// A block, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// From the line `title …`.
    pub title: String,
    /// All other lines that are neither empty nor comments (`# …`).
    pub lines: Vec<Line>,
}

/// One operation: its first word, and the rest of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What to do.
    pub verb: String,
    /// With what; may be empty.
    pub rest: String,
}

impl Line {
    /// The words of the rest.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.rest.split_whitespace()
    }

    /// The rest as a number.
    ///
    /// # Errors
    /// It is none.
    pub fn number(&self) -> Result<u64, String> {
        self.rest.parse().map_err(|_| format!("{:?} in {} is no number", self.rest, self.verb))
    }
}

impl Script {
    /// Takes a block apart.
    ///
    /// # Errors
    /// It has no title.
    pub fn parse(body: &str) -> Result<Self, String> {
        let mut script = Self::default();
        for line in body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            match verb {
                "title" => script.title = rest.trim().to_owned(),
                _ => script.lines.push(Line { verb: verb.to_owned(), rest: rest.trim().to_owned() }),
            }
        }
        if script.title.is_empty() {
            return Err("a picture needs a line \"title …\"".into());
        }
        Ok(script)
    }
}

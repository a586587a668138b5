//! How a command ends.

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Done, or green.
    Green,
    /// A case is red, or the learner's code does not compile.
    Red,
}

/// Why a command did not do what it was asked for: bad use, or something that is missing.
#[derive(Clone, Debug)]
pub struct Failure(pub String);

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Self(what)
    }
}

impl From<&str> for Failure {
    fn from(what: &str) -> Self {
        Self(what.to_owned())
    }
}

/// What commands give.
pub type Ended = Result<End, Failure>;

/// An error of the system with the path that it is about.
pub fn at(path: &std::path::Path) -> impl Fn(std::io::Error) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}

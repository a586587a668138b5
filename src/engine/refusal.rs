//! Why a command changed nothing: the text of its error reply, with Redis's words where Redis has
//! the command.

use std::borrow::Cow;
use std::fmt;

use heapwood_deques::timeout::TimeoutError;
use heapwood_treap::StringError;
use heapwood_ttl::{ConditionError, TimeError};

use super::table::Command;

/// An error reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(Cow<'static, str>);

/// What a command comes to: it has replied, or it is refused and has neither replied nor changed
/// anything.
pub type Reply = Result<(), Refusal>;

impl Refusal {
    /// Options that do not go together, or that do not exist.
    pub const SYNTAX: Self = Self(Cow::Borrowed("ERR syntax error"));
    /// A number is wanted.
    pub const NOT_AN_INTEGER: Self = Self(Cow::Borrowed("ERR value is not an integer or out of range"));
    /// A number of at least zero is wanted.
    pub const NOT_POSITIVE: Self = Self(Cow::Borrowed(heapwood_deques::lists::BAD_COUNT));
    /// The reply does not fit into a frame, so nothing was done.
    pub const TOO_BIG: Self =
        Self(Cow::Borrowed("TOOBIG the reply does not fit into one frame; nothing was changed"));
    /// A value would become longer than allowed.
    pub const TOO_LONG: Self =
        Self(Cow::Borrowed("ERR string exceeds maximum allowed size (proto-max-bulk-len)"));

    /// Fixed words.
    pub const fn text(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Words made for the occasion.
    pub fn new(text: impl fmt::Display) -> Self {
        Self(Cow::Owned(text.to_string()))
    }

    /// Too few or too many arguments.
    pub fn arity(command: &Command) -> Self {
        Self::arity_of(&command.name.to_ascii_lowercase())
    }

    /// The same for a command with a subcommand, such as `config|get`.
    pub fn arity_of(name: &str) -> Self {
        Self::new(format_args!("ERR wrong number of arguments for '{name}' command"))
    }

    /// The reply's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<StringError> for Refusal {
    fn from(error: StringError) -> Self {
        match error {
            StringError::TooLong => Self::TOO_LONG,
            other => Self::new(other),
        }
    }
}

impl From<TimeError> for Refusal {
    fn from(error: TimeError) -> Self {
        Self::new(error)
    }
}

impl From<ConditionError> for Refusal {
    fn from(error: ConditionError) -> Self {
        Self::new(error)
    }
}

impl From<TimeoutError> for Refusal {
    fn from(error: TimeoutError) -> Self {
        Self::new(error)
    }
}

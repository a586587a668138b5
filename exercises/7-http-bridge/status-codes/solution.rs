//! What the engine says when something is wrong is one line: a word in capitals, a blank, a sentence. A client of HTTP
//! wants a status, a word for programs and a sentence for people. This function stands between the pool, which talks to
//! the engine, and the answers of the bridge.
//!
//! Write `ApiError::from_engine`. The question behind a status is: *whose turn is it to act?* These are the engine's words:
//!
//! | word | what it says |
//! |---|---|
//! | `WRONGTYPE` | the key holds another kind of value than this command is for |
//! | `TOOBIG` | what is asked for does not fit into one reply |
//! | `NOAUTH`, `WRONGPASS`, `NOPERM` | the engine wants another password, or other rights, of the *bridge* |
//! | `MISCONF` | the log cannot be written, so nothing is changed |
//! | `LOADING`, `MAXCLIENTS`, `OOM` | it is still starting; it has no place for a connection; it has no memory left |
//! | `ERR`, and others | something is wrong with the request |
//!
//! And these are the statuses to choose from: 400, the request makes no sense; 409, it is in conflict with what is stored;
//! 413, it is too large; 503, nothing is wrong with the request, try it later.
//!
//! Run it with `cargo learn status-codes`.

use std::borrow::Cow;

/// An error on its way to an HTTP client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status, 400 to 599.
    pub status: u16,
    /// One word in capitals that programs can compare.
    pub code: Cow<'static, str>,
    /// One sentence for people: what, why, what to do.
    pub message: String,
}

impl ApiError {
    /// Maps an error reply of the engine, `CODE message`, to the status that says whose fault it is. The code is the
    /// reply's first word, the message is what follows the blank behind it; a reply without a blank is all code.
    pub fn from_engine(reply: &str) -> Self {
        let (code, message) = reply.split_once(' ').unwrap_or((reply, ""));
        let status = match code {
            "WRONGTYPE" => 409,
            "TOOBIG" => 413,
            "NOAUTH" | "WRONGPASS" | "NOPERM" | "MISCONF" | "LOADING" | "MAXCLIENTS" | "OOM" => 503,
            _ => 400,
        };
        Self { status, code: Cow::Owned(code.to_owned()), message: message.to_owned() }
    }
}

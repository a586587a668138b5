//! What a client sees when something is wrong: a status and `{"error": {"code", "message"}}`.

use std::borrow::Cow;
use std::fmt;

use serde_json::json;

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
    /// An error with a code known when the program was written.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code: Cow::Borrowed(code), message: message.into() }
    }

    /// Maps an error reply of the engine, `CODE message`, to the status that says whose fault it is.
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

    /// The body of the response.
    pub fn to_json(&self) -> Vec<u8> {
        json!({"error": {"code": self.code, "message": self.message}}).to_string().into_bytes()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_codes_become_statuses() {
        let status = |reply: &str| ApiError::from_engine(reply).status;
        assert_eq!(status("WRONGTYPE Operation against a key"), 409);
        assert_eq!(status("MISCONF the log cannot be written"), 503);
        assert_eq!(status("ERR syntax error"), 400);
        assert_eq!(status(""), 400);
    }

    #[test]
    fn the_body_is_one_object_with_code_and_message() {
        let error = ApiError::from_engine("ERR say \"please\"");
        let body: serde_json::Value = serde_json::from_slice(&error.to_json()).unwrap();
        assert_eq!(body, json!({"error": {"code": "ERR", "message": "say \"please\""}}));
    }
}

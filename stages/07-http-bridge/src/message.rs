//! A request and its answer as plain data, so that an application never touches a socket.

use std::io::{self, Write};

use serde_json::Value;

use crate::errors::ApiError;

/// A complete request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    /// The method in the client's own letters, such as `GET`.
    pub method: String,
    /// The path as it was sent, still percent-encoded.
    pub path: String,
    /// What followed the first `?`, still percent-encoded; empty without one.
    pub query: String,
    /// Names and values of the headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body, empty without one.
    pub body: Vec<u8>,
}

impl Incoming {
    /// Takes everything there is to know out of a request of `tiny_http`, its body included.
    ///
    /// The guard has the whole body before `tiny_http` sees the first byte, so reading it does not wait.
    pub fn read(request: &mut tiny_http::Request) -> io::Result<Self> {
        let (path, query) = split_target(request.url());
        let headers = request.headers().iter();
        let mut incoming = Self {
            method: request.method().as_str().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.map(|h| (h.field.to_string(), h.value.to_string())).collect(),
            body: Vec::new(),
        };
        request.as_reader().read_to_end(&mut incoming.body)?;
        Ok(incoming)
    }

    /// All values of a header; letter case of the name does not matter.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let same = move |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
        self.headers.iter().filter(same).map(|(_, v)| v.as_str())
    }
}

/// Splits a request target into path and query.
pub fn split_target(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

/// A response, made in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers besides `Content-Length`, `Connection` and `Date`.
    pub headers: Vec<(&'static str, String)>,
    /// The body; not sent for `HEAD`, 204 and 304.
    pub body: Vec<u8>,
}

impl Answer {
    /// A response with a body of the given type.
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("Content-Type", content_type.to_owned())], body: body.into() }
    }

    /// A JSON value.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    /// 204: done, and nothing to say about it.
    pub fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Writes the response as the last one of its connection.
    ///
    /// `tiny_http::Response` refuses a `Connection` header, and a client must hear that its connection ends here.
    pub fn write(&self, head_only: bool, out: &mut dyn Write) -> io::Result<()> {
        let reason = tiny_http::StatusCode(self.status).default_reason_phrase();
        let mut head = format!("HTTP/1.1 {} {reason}\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {}\r\n", value.replace(['\r', '\n'], " "));
        }
        let bodiless = self.status == 204 || self.status == 304;
        if !bodiless {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        out.write_all((head + "\r\n").as_bytes())?;
        if !bodiless && !head_only {
            out.write_all(&self.body)?;
        }
        out.flush()
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        let answer = Self::new(error.status, "application/json", error.to_json());
        if matches!(error.status, 429 | 503) { answer.with("Retry-After", "1") } else { answer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(answer: &Answer, head_only: bool) -> String {
        let mut out = Vec::new();
        answer.write(head_only, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_answer_ends_its_connection() {
        let text = written(&Answer::new(200, "text/plain", "hi"), false);
        assert_eq!(
            text,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
        );
    }

    #[test]
    fn head_gets_the_length_without_the_body() {
        let text = written(&Answer::new(200, "text/plain", "hi"), true);
        assert!(text.ends_with("Content-Length: 2\r\n\r\n"));
    }

    #[test]
    fn nothing_follows_the_head_of_a_204() {
        assert_eq!(
            written(&Answer::no_content(), false),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        );
    }

    #[test]
    fn a_header_value_cannot_begin_another_header() {
        let answer = Answer::no_content().with("X-Note", "a\r\nSet-Cookie: b");
        assert!(written(&answer, false).contains("X-Note: a  Set-Cookie: b\r\n"));
    }

    #[test]
    fn a_header_is_found_in_any_letter_case() {
        let incoming = Incoming {
            headers: vec![("hOST".into(), "a".into()), ("Host".into(), "b".into())],
            ..Incoming::default()
        };
        assert_eq!(incoming.header("Host").collect::<Vec<_>>(), ["a", "b"]);
    }
}

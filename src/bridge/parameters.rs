//! What a request says besides its path: query, JSON body, and in which encoding its bytes are written.

use heapwood_http_bridge::percent::{decode, query_pairs};
use heapwood_http_bridge::{ApiError, Incoming};
use serde_json::{Map, Value};

use super::base64;

/// How bytes are written in a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As text; bytes that are not UTF-8 cannot be said.
    Text,
    /// As base64, in paths as base64url.
    Base64,
}

impl Encoding {
    /// Reads `?encoding=`.
    pub(crate) fn of(query: &Query) -> Result<Self, ApiError> {
        match query.get("encoding") {
            None | Some("utf-8") => Ok(Self::Text),
            Some("base64") => Ok(Self::Base64),
            Some(other) => Err(bad(format!("encoding is utf-8 or base64, not {other:?}"))),
        }
    }

    /// The bytes that a piece of text in a body or query stands for.
    pub(crate) fn read(self, text: &str) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Text => Ok(text.as_bytes().to_vec()),
            Self::Base64 => from_base64(text.as_bytes()),
        }
    }

    /// The bytes that a part of a path stands for.
    pub(crate) fn read_path(self, part: &str) -> Result<Vec<u8>, ApiError> {
        let bytes = decode(part)?;
        match self {
            Self::Base64 => from_base64(&bytes),
            Self::Text if std::str::from_utf8(&bytes).is_err() => Err(not_utf8()),
            Self::Text => Ok(bytes),
        }
    }

    /// Bytes as the answer says them.
    pub(crate) fn write(self, bytes: &[u8]) -> Result<String, ApiError> {
        match self {
            Self::Base64 => Ok(base64::encode(bytes)),
            Self::Text => std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| not_utf8()),
        }
    }
}

fn from_base64(text: &[u8]) -> Result<Vec<u8>, ApiError> {
    base64::decode(text).ok_or_else(|| bad("with encoding=base64 keys, values and arguments are base64"))
}

fn not_utf8() -> ApiError {
    let message = "a key or value here is not UTF-8; ask again with ?encoding=base64";
    ApiError::new(422, "NOT_UTF8", message)
}

/// A bad parameter.
pub(crate) fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "BAD_PARAMETER", message)
}

/// The decoded query.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes the query of a request. Names that no route knows are ignored; a name said twice is ambiguous.
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        // In a query + also means a space: the form encoding of HTML.
        let text = |part: &str| {
            let bytes = decode(&part.replace('+', " "))?;
            String::from_utf8(bytes).map_err(|_| not_utf8())
        };
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in query_pairs(query) {
            let name = text(name)?;
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(bad(format!("{name:?} is in the query twice")));
            }
            pairs.push((name, text(value)?));
        }
        Ok(Self(pairs))
    }

    /// A parameter's value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A whole number within limits, or the default.
    pub(crate) fn number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> Result<u64, ApiError> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|n| digits && range.contains(n));
        number.ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            bad(format!("{name} is a whole number from {least} to {most}, not {text:?}"))
        })
    }
}

/// The JSON object in a request's body.
pub(crate) struct Body(Map<String, Value>);

impl Body {
    /// Parses the body, whatever `Content-Type` says.
    pub(crate) fn parse(request: &Incoming) -> Result<Self, ApiError> {
        let bad_json = |why: String| ApiError::new(400, "BAD_JSON", why);
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(bad_json("the body is JSON, but no object".to_owned())),
            Err(error) => Err(bad_json(format!("the body is not JSON: {error}"))),
        }
    }

    /// A field, where null means that it is left out.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A string that must be there.
    pub(crate) fn text(&self, name: &str) -> Result<&str, ApiError> {
        let found = self.get(name).and_then(Value::as_str);
        found.ok_or_else(|| bad(format!("{name:?} must be a string")))
    }

    /// A list of at least one string.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&str>, ApiError> {
        let texts = self.get(name).and_then(Value::as_array);
        let texts = texts.and_then(|all| all.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        texts
            .filter(|all| !all.is_empty())
            .ok_or_else(|| bad(format!("{name:?} must be an array of one string or more")))
    }

    /// A whole number within limits, if it is there.
    pub(crate) fn number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value.as_u64().filter(|n| range.contains(n));
        number.map(Some).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            bad(format!("{name:?} must be a whole number from {least} to {most}"))
        })
    }

    /// True or false, if it is there.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(bad(format!("{name:?} must be true or false"))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_and_may_not_repeat_itself() {
        let query = Query::parse("prefix=a%2Bb+c&limit=10").unwrap();
        assert_eq!(query.get("prefix"), Some("a+b c"));
        assert_eq!(query.number("limit", 1..=1_000, 100), Ok(10));
        assert_eq!(query.number("days", 1..=9, 3), Ok(3));
        assert_eq!(Query::parse("a=1&a=2").err().unwrap().status, 400);
        assert_eq!(Query::parse("a=%").err().unwrap().status, 400);
        assert_eq!(Query::parse("a=%ff").err().unwrap().code, "NOT_UTF8");
    }

    #[test]
    fn numbers_outside_their_limits_are_refused() {
        for wrong in ["0", "1001", "-1", "+5", "5.0", "", "a", "99999999999999999999"] {
            let query = Query::parse(&format!("limit={wrong}")).unwrap();
            let error = query.number("limit", 1..=1_000, 100).unwrap_err();
            assert_eq!(error.status, 400, "{wrong}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_need_base64() {
        let error = Encoding::Text.write(b"\xff").unwrap_err();
        assert_eq!((error.status, error.code.as_ref()), (422, "NOT_UTF8"));
        assert_eq!(Encoding::Text.read_path("%ff").unwrap_err().status, 422);
        assert_eq!(Encoding::Base64.write(b"\xff"), Ok("/w==".to_owned()));
        assert_eq!(Encoding::Base64.read_path("_w"), Ok(vec![0xff]));
        assert_eq!(Encoding::Base64.read("?").unwrap_err().status, 400);
    }

    #[test]
    fn a_body_is_an_object_with_fields_of_the_right_kind() {
        let body = |text: &str| Body::parse(&Incoming { body: text.into(), ..Incoming::default() });
        for wrong in ["", "[]", "nonsense", "{\"a\":", "\"a\"", "{\"a\": \"\\ud800\"}"] {
            assert_eq!(body(wrong).err().unwrap().code, "BAD_JSON", "{wrong}");
        }
        assert_eq!(body(&"[".repeat(100_000)).err().unwrap().code, "BAD_JSON");
        let good = body(r#"{"a": "x", "b": ["y"], "c": 3, "d": true, "e": null}"#).unwrap();
        assert_eq!(good.text("a"), Ok("x"));
        assert_eq!(good.texts("b"), Ok(vec!["y"]));
        assert_eq!(good.number("c", 0..=3), Ok(Some(3)));
        assert_eq!(good.number("e", 0..=3), Ok(None));
        assert_eq!(good.flag("d"), Ok(Some(true)));
        assert!(good.text("c").is_err() && good.texts("a").is_err());
        assert!(good.number("c", 4..=5).is_err() && good.number("d", 0..=1).is_err());
        assert!(body("{\"b\": []}").unwrap().texts("b").is_err());
    }
}

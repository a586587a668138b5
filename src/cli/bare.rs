//! Replies for programs: bare bytes, or JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use heapwood_sockets::Value;

/// Appends a reply as bare bytes: an array's values on a line each, a map's keys and values too,
/// nil as nothing. The last line is not ended.
pub(super) fn write_raw(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Nil => {}
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        Value::Status(text) | Value::Error(text) => out.extend_from_slice(text.as_bytes()),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Double(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Boolean(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Array(values) | Value::Push(values) => write_lines(values.iter(), out),
        Value::Map(pairs) => {
            write_lines(pairs.iter().flat_map(|(key, value)| [key, value]), out);
        }
    }
}

fn write_lines<'a>(values: impl Iterator<Item = &'a Value>, out: &mut Vec<u8>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        write_raw(value, out);
    }
}

/// Appends a reply as JSON without line breaks: nil as null, an error as
/// `{"error":{"code":…,"message":…}}`, bytes that are not UTF-8 as `{"base64":…}`, a map as an
/// object, or as an array of pairs where a key is not text.
pub(super) fn write_json(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Nil => out.extend_from_slice(b"null"),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Boolean(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Double(number) if number.is_finite() => {
            out.extend_from_slice(format!("{number:?}").as_bytes());
        }
        Value::Double(number) => write_text(&number.to_string(), out),
        Value::Status(text) => write_text(text, out),
        Value::Error(text) => write_error(text, out),
        Value::Bytes(bytes) => write_bytes(bytes, out),
        Value::Array(values) | Value::Push(values) => {
            write_between(b"[]", values, out, write_json);
        }
        Value::Map(pairs) if pairs.iter().all(|(key, _)| text_of(key).is_some()) => {
            write_between(b"{}", pairs, out, |(key, value), out| {
                write_text(text_of(key).unwrap_or_default(), out);
                out.push(b':');
                write_json(value, out);
            });
        }
        Value::Map(pairs) => write_between(b"[]", pairs, out, |(key, value), out| {
            out.push(b'[');
            write_json(key, out);
            out.push(b',');
            write_json(value, out);
            out.push(b']');
        }),
    }
}

fn write_between<T>(brackets: &[u8; 2], items: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(brackets[0]);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(brackets[1]);
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        Value::Status(text) => Some(text),
        _ => None,
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
}

fn write_error(text: &str, out: &mut Vec<u8>) {
    let (code, message) = text.split_once(' ').unwrap_or((text, ""));
    out.extend_from_slice(b"{\"error\":{\"code\":");
    write_text(code, out);
    out.extend_from_slice(b",\"message\":");
    write_text(message, out);
    out.extend_from_slice(b"}}");
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => write_text(text, out),
        Err(_) => {
            out.extend_from_slice(b"{\"base64\":\"");
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.extend_from_slice(b"\"}");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn bytes(text: &str) -> Value {
        Value::Bytes(text.as_bytes().to_vec())
    }

    fn json(value: &Value) -> String {
        let mut out = Vec::new();
        write_json(value, &mut out);
        let text = String::from_utf8(out).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
        text
    }

    #[test]
    fn each_type_has_its_json() {
        for (value, text) in [
            (Value::Nil, "null"),
            (Value::Integer(i64::MIN), "-9223372036854775808"),
            (Value::Double(2.0), "2.0"),
            (Value::Double(f64::INFINITY), "\"inf\""),
            (Value::Boolean(false), "false"),
            (Value::Status("OK".into()), "\"OK\""),
            (bytes("a\"\n\u{e9}"), "\"a\\\"\\n\u{e9}\""),
            (Value::Error("WRONGTYPE no".into()), r#"{"error":{"code":"WRONGTYPE","message":"no"}}"#),
            (Value::Array(vec![Value::Nil, bytes("")]), "[null,\"\"]"),
            (Value::Map(vec![(bytes("k"), Value::Integer(1))]), "{\"k\":1}"),
            (Value::Map(vec![(Value::Nil, Value::Integer(1))]), "[[null,1]]"),
        ] {
            assert_eq!(json(&value), text);
        }
    }

    #[test]
    fn bytes_that_are_not_text_become_base64() {
        for (value, text) in [(&b"\xff"[..], "/w=="), (b"\xff\xfe", "//4="), (b"\xff\0\x10", "/wAQ")] {
            assert_eq!(json(&Value::Bytes(value.to_vec())), format!("{{\"base64\":\"{text}\"}}"));
        }
    }

    #[test]
    fn bare_values_stand_on_a_line_each() {
        let mut out = Vec::new();
        let nested = Value::Array(vec![Value::Integer(1), Value::Nil]);
        write_raw(&Value::Array(vec![bytes("a\0"), nested, Value::Nil]), &mut out);
        assert_eq!(out, b"a\0\n1\n\n");
    }
}

//! The engine's replies as JSON.

use heapwood_http_bridge::ApiError;
use heapwood_sockets::Value;
use serde_json::{Map, Value as Json, json};

use super::parameters::Encoding;

/// A reply as JSON: nil is null, bytes and status are strings, a map is an object, an error inside an array or map is
/// an object `{"error": {"code", "message"}}`.
pub(crate) fn to_json(value: &Value, encoding: Encoding) -> Result<Json, ApiError> {
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Bytes(bytes) => encoding.write(bytes)?.into(),
        Value::Status(text) => encoding.write(text.as_bytes())?.into(),
        Value::Integer(number) => json!(number),
        // JSON has no infinity and no not-a-number; as a string they can still be told.
        Value::Double(number) if number.is_finite() => json!(number),
        Value::Double(number) => json!(number.to_string()),
        Value::Boolean(flag) => json!(flag),
        Value::Array(values) | Value::Push(values) => {
            let values = values.iter().map(|v| to_json(v, encoding));
            Json::Array(values.collect::<Result<_, _>>()?)
        }
        Value::Map(pairs) => Json::Object(to_object(pairs, encoding)?),
        Value::Error(reply) => {
            let error = ApiError::from_engine(reply);
            json!({"error": {"code": error.code, "message": error.message}})
        }
    })
}

fn to_object(pairs: &[(Value, Value)], encoding: Encoding) -> Result<Map<String, Json>, ApiError> {
    let pair = |(name, value): &(Value, Value)| {
        let name = match to_json(name, encoding)? {
            Json::String(text) => text,
            other => other.to_string(),
        };
        Ok((name, to_json(value, encoding)?))
    };
    pairs.iter().map(pair).collect()
}

/// What a command was expected to answer and did not.
pub(crate) fn unexpected(value: &Value) -> ApiError {
    match value {
        Value::Error(reply) => ApiError::from_engine(reply),
        other => {
            let message = format!("the engine answered something unexpected: {other:.80?}");
            ApiError::new(502, "UNEXPECTED_REPLY", message)
        }
    }
}

/// An integer reply.
pub(crate) fn integer(value: Value) -> Result<i64, ApiError> {
    match value {
        Value::Integer(number) => Ok(number),
        other => Err(unexpected(&other)),
    }
}

/// An array of byte strings; nil is an empty one.
pub(crate) fn byte_strings(value: Value) -> Result<Vec<Vec<u8>>, ApiError> {
    let Value::Array(values) = value else {
        return match value {
            Value::Nil => Ok(Vec::new()),
            other => Err(unexpected(&other)),
        };
    };
    let bytes = |value| match value {
        Value::Bytes(bytes) => Ok(bytes),
        other => Err(unexpected(&other)),
    };
    values.into_iter().map(bytes).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_reply_has_its_json() {
        let bytes = |text: &str| Value::Bytes(text.into());
        let reply = Value::Array(vec![
            Value::Nil,
            bytes("a"),
            Value::Status("OK".into()),
            Value::Integer(-3),
            Value::Double(1.5),
            Value::Double(f64::INFINITY),
            Value::Boolean(true),
            Value::Map(vec![(bytes("k"), Value::Integer(1)), (Value::Integer(2), Value::Nil)]),
            Value::Error("ERR no".into()),
        ]);
        let error = json!({"error": {"code": "ERR", "message": "no"}});
        assert_eq!(
            to_json(&reply, Encoding::Text).unwrap(),
            json!([null, "a", "OK", -3, 1.5, "inf", true, {"k": 1, "2": null}, error])
        );
    }

    #[test]
    fn with_base64_every_string_is_base64() {
        let reply = Value::Map(vec![(Value::Bytes(vec![0xff]), Value::Status("OK".into()))]);
        assert_eq!(to_json(&reply, Encoding::Base64).unwrap(), json!({"/w==": "T0s="}));
        assert_eq!(to_json(&reply, Encoding::Text).unwrap_err().status, 422);
    }
}
